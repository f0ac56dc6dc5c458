import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../cli/flags.ts";
import { presetConfig } from "../../model/config.ts";
import { encodeGguf } from "../../model/gguf/mod.ts";
import { decodeRows } from "../../model/gguf/blocks.ts";
import { createLayout } from "../../model/layout.ts";
import { openWasmEngine } from "../../engine/mod.ts";
import { findModels } from "../../run/model_folder.ts";
import { openModel } from "../../run/model_source.ts";
import { readTokenizer } from "../../tokenizer/mod.ts";

const { tokenizer, json } = await readTokenizer(
  new URL("../fixtures/bpe/tokenizer.json", import.meta.url).pathname,
);
const config = {
  ...presetConfig("tiny", tokenizer),
  hidden_size: 64,
  intermediate_size: 96,
  head_dim: 16,
  num_hidden_layers: 2,
  max_position_embeddings: 64,
};
const layout = createLayout(config);
const parameters = Float32Array.from(
  { length: layout.length },
  (_, i) => Math.sin(i * 12.9898) / 8,
);
const PROMPT = "The quick brown fox";

/** Writes a GGUF file of the model. */
async function write(path: string, type: "f32" | "f16" | "q8_0"): Promise<void> {
  const source = { config, layout, parameters, tokenizerJson: json, split: "gpt2" as const };
  const chatTemplate = "{{ messages[0].content }}{{ eos_token }}";
  using file = await Deno.create(path);
  for (const chunk of encodeGguf({ ...source, chatTemplate, type })) await file.write(chunk);
}

/** Logits after the prompt. */
async function logitsOf(engine: Awaited<ReturnType<typeof openWasmEngine>>): Promise<Float32Array> {
  using sequence = engine.createSequence(tokenizer.encode(PROMPT));
  const [logits] = await engine.step([sequence]);
  assert(logits);
  return logits.slice();
}

Deno.test("a GGUF file is served with its own tokenizer and template", async () => {
  const folder = await Deno.makeTempDir();
  const settings = { threads: 1, "cache-mib": 1 };
  await using original = await openWasmEngine({
    config,
    parameters,
    workers: 1,
    cacheBytes: 1 << 20,
  });
  const expected = await logitsOf(original);
  const most = Math.max(...expected.map(Math.abs));
  for (const [type, tolerance] of [["f32", 0], ["f16", 1e-2], ["q8_0", 0.1]] as const) {
    const path = join(folder, `${type}.gguf`);
    await write(path, type);
    const opened = await openModel({ run: "", model: path, ...settings });
    await using engine = opened.engine;
    assertEquals(engine.fingerprint, `${type}.gguf`);
    for (const text of [PROMPT, "naïve 12 345\n\n", "  👍"]) {
      assertEquals(opened.codec.encode(text), tokenizer.encode(text));
    }
    assertEquals(opened.codec.endOfTextId, tokenizer.endOfTextId);
    assert(opened.stopIds.has(tokenizer.endOfTextId));
    const end = tokenizer.idToToken(tokenizer.endOfTextId) ?? "";
    assertEquals(opened.chatTemplate?.render([{ role: "user", content: "Hi" }]), `Hi${end}`);
    const logits = await logitsOf(engine);
    const distance = Math.max(...logits.map((x, i) => Math.abs(x - (expected[i] ?? NaN))));
    assert(distance <= tolerance * most, `${type}: ${distance} of ${most}`);
  }
  const found = await findModels(folder, settings);
  assertEquals(found.map(({ name }) => name), ["f16", "f32", "q8_0"]);
  assert((await found[0]?.bytes() ?? 0) > layout.length * 4);
  await assertRejects(
    () => openModel({ run: "", model: join(folder, "f32.gguf"), engine: "onnx" }),
    UsageError,
    "--engine onnx",
  );
  const path = join(folder, "none.gguf");
  await assertRejects(() => openModel({ run: "", model: path }), UsageError, "no such file");
  const whole = await Deno.readFile(join(folder, "f32.gguf"));
  for (const length of [0, 3, 20, 500, whole.length >> 1, whole.length - 1]) {
    await Deno.writeFile(path, whole.subarray(0, length));
    await assertRejects(() => openModel({ run: "", model: path, ...settings }), SyntaxError, path);
  }
  await Deno.remove(folder, { recursive: true });
});

// Blocks as ggml's block_q4_0 lays them out: an f16, then the first sixteen numbers in the lower bits.
Deno.test("q4_0 and bf16 are read as ggml stores them", () => {
  const block = new Uint8Array(18);
  new DataView(block.buffer).setFloat16(0, 0.5, true);
  for (let i = 0; i < 16; i++) block[2 + i] = i | ((15 - i) << 4);
  const numbers = new Float32Array(32);
  decodeRows(numbers, block, "q4_0");
  const expected = Array.from({ length: 32 }, (_, i) => 0.5 * ((i < 16 ? i : 31 - i) - 8));
  assertEquals([...numbers], expected);
  const pair = new Float32Array(2);
  decodeRows(pair, Uint8Array.of(0x80, 0x3f, 0x49, 0xc0), "bf16");
  assertEquals([...pair], [1, -3.140625]);
});
