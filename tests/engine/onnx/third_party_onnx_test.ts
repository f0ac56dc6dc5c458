/** A model file that PyTorch's own exporter wrote, with names of its own for the cache's outputs. */
import { assert, assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { argmax } from "../../../engine/sampling/distribution.ts";
import type { Engine } from "../../../engine/engine.ts";
import { openOnnxEngine } from "../../../engine/onnx/engine.ts";
import { readSignature } from "../../../engine/onnx/signature.ts";
import { openWasmEngine } from "../../../engine/wasm/mod.ts";
import { formatTokenizer, parseTokenizer, trainTokenizer } from "../../../tokenizer/mod.ts";
import { UsageError } from "../../../cli/flags.ts";
import { locateModel } from "../../../run/locate_model.ts";
import { openModel } from "../../../run/model_source.ts";
import { openFolder, start } from "../../commands/program.ts";
import { distance, readGolden } from "../golden.ts";

const FILE = new URL("../../fixtures/torch_onnx/model.onnx", import.meta.url).pathname;
const GOLDEN = new URL("../../fixtures/goldens/gqa_untied/", import.meta.url).pathname;

Deno.test("a file of PyTorch's exporter gives PyTorch's logits, for prompts and one by one", async () => {
  const golden = await readGolden("gqa_untied");
  await using engine = await openOnnxEngine({ model: FILE, config: golden.config });
  for (const row of [0, 1]) {
    const ids = golden.inputIds[row] ?? [];
    using sequence = engine.createSequence(ids.slice(0, 9));
    for (let at = 8; at < ids.length; at++) {
      const [logits] = await engine.step([sequence]);
      assert(logits);
      assertLess(distance(logits, golden.logits(row, at)), 1e-4);
      if (at + 1 < ids.length) sequence.append(ids[at + 1] ?? NaN);
    }
  }
});

/** A tokenizer of 61 tokens: letters, a space and some marks. */
async function smallTokenizer(): Promise<string> {
  const json = JSON.parse(formatTokenizer(await trainTokenizer(["a"], { vocabSize: 258 })));
  const end = json.added_tokens[0].content;
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const marks = [...letters, ...letters.toUpperCase(), "Ġ", ..."',.;:!?"];
  json.model.vocab = Object.fromEntries([end, ...marks].map((token, id) => [token, id]));
  json.model.merges = [];
  json.added_tokens[0].id = 0;
  return JSON.stringify(json);
}

/** The likeliest `count` tokens after `promptIds`. */
async function greedy(engine: Engine, promptIds: ArrayLike<number>, count: number) {
  using sequence = engine.createSequence(promptIds);
  const ids: number[] = [];
  while (ids.length < count) {
    const [logits] = await engine.step([sequence]);
    if (!logits) continue;
    ids.push(argmax(logits));
    sequence.append(ids.at(-1) ?? NaN);
  }
  return ids;
}

Deno.test("serve answers with such a file, and flags that cannot go with it are refused", async () => {
  const golden = await readGolden("gqa_untied");
  await using folder = await openFolder();
  const tokenizerJson = await smallTokenizer();
  await Deno.copyFile(FILE, join(folder.path, "model.onnx"));
  const config = JSON.parse(await Deno.readTextFile(join(GOLDEN, "config.json")));
  // The end of a text is this tokenizer's, id 0.
  await Deno.writeTextFile(
    join(folder.path, "config.json"),
    JSON.stringify({ ...config, eos_token_id: 0 }),
  );
  await Deno.writeTextFile(join(folder.path, "tokenizer.json"), tokenizerJson);
  const tokenizer = parseTokenizer(tokenizerJson, { source: "the test" });
  // Another engine on the same weights, read from the safetensors file.
  await using wasm = await openWasmEngine({ ...golden, cacheBytes: 1 << 20 });
  const expected = tokenizer.decode(await greedy(wasm, tokenizer.encode("Once upon"), 20));
  const path = join(folder.path, "model.onnx");
  await using program = start(["serve", "--model", path, "--port", "0"]);
  const [origin = ""] = /http:\S+/.exec(await program.line(/^Serving model .*onnx/)) ?? [];
  const response = await fetch(`${origin}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt: "Once upon", max_tokens: 20, temperature: 0 }),
  });
  assertEquals((await response.json()).choices[0].text, expected);
  program.kill("SIGTERM");
  assertEquals((await program.ended).code, 0);

  const located = { folder: folder.path, onnxFile: path };
  assertEquals(await locateModel({ run: "", model: folder.path }), located);
  assertEquals(await locateModel({ run: "", model: path, engine: "onnx" }), located);
  for (
    const [choice, reason] of [
      [{ model: path, engine: "wasm" }, "leave --engine out"],
      [{ model: folder.path, engine: "wasm" }, "--engine wasm needs its model.safetensors"],
      [{ model: path, weights: "int8" }, "Cannot use --weights int8 with --engine onnx"],
      [{ model: `${folder.path}/other.onnx` }, "there is no such file"],
    ] as const
  ) {
    await assertRejects(() => openModel({ run: "", ...choice }), UsageError, reason);
  }
});

Deno.test("files that cannot be run are refused by name", async () => {
  const { config } = await readGolden("gqa_untied");
  const places = ["0.key", "0.value", "1.key", "1.value"];
  type Tensor = {
    name: string;
    isTensor: true;
    type: "float32" | "float16";
    shape: (number | string)[];
  };
  const past = (shape: Tensor["shape"] = ["b", 2, "p", 12], type: Tensor["type"] = "float32") =>
    places.map((place): Tensor => ({
      name: `past_key_values.${place}`,
      isTensor: true,
      type,
      shape,
    }));
  const logits = (size = 61): Tensor[] => [
    { name: "logits", isTensor: true, type: "float32", shape: ["b", "s", size] },
  ];
  const inputNames = [
    "input_ids",
    "attention_mask",
    "position_ids",
    ...past().map(({ name }) => name),
  ];
  const outputNames = ["logits", ...places.map((place) => `present.${place}`)];
  const whole = { inputNames, outputNames, inputMetadata: past(), outputMetadata: logits() };
  assertEquals(readSignature(whole, config), {
    takesPositions: true,
    cache: places.map((place) => ({
      past: `past_key_values.${place}`,
      present: `present.${place}`,
    })),
  });
  const cases: [Partial<typeof whole>, string][] = [
    [
      { inputNames: ["input_ids", "attention_mask"] },
      "lacks the inputs past_key_values.0.key, past_",
    ],
    [{ inputNames: [...inputNames, "encoder_hidden_states"] }, "also wants encoder_hidden_states"],
    [{ outputNames: outputNames.slice(1) }, "lacks the output logits; it has present.0.key"],
    [{ outputNames: outputNames.slice(0, 4) }, "lacks the output present.1.value or present_key_"],
    [
      { inputMetadata: past(["b", 4, "p", 12]) },
      "[b, 4, p, 12], and by config.json it must be [any, 2",
    ],
    [
      { inputMetadata: past(undefined, "float16") },
      "past_key_values.0.key is of float16; export it",
    ],
    [{ outputMetadata: logits(99) }, "logits has the shape [b, s, 99]"],
  ];
  for (const [change, reason] of cases) {
    assertThrows(() => readSignature({ ...whole, ...change }, config), TypeError, reason);
  }
});
