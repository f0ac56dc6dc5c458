import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { type ModelConfig, presetConfig } from "../../model/config.ts";
import { formatConfig } from "../../model/config_json.ts";
import { initParameters } from "../../model/init.ts";
import { createLayout } from "../../model/layout.ts";
import { type FloatDtype, writeSafetensors } from "../../model/safetensors/mod.ts";
import { formatTokenizer, trainTokenizer } from "../../tokenizer/mod.ts";
import { prose, writeCorpus } from "./corpus.ts";
import { openFolder, run } from "./program.ts";

/** No preset has these sizes; grouped queries, heads that do not add up to the width. */
const CONFIG: ModelConfig = {
  ...presetConfig("tiny", { vocabSize: 280, endOfTextId: 279 }),
  hidden_size: 48,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  max_position_embeddings: 96,
};

/** Writes a Hugging Face folder with `shards` files of weights. */
async function writeFolder(
  dir: string,
  { dtype, shards, tied }: { dtype: FloatDtype; shards: number; tied: boolean },
): Promise<void> {
  await Deno.mkdir(dir);
  const tokenizer = await trainTokenizer([prose(0), prose(1)], { vocabSize: CONFIG.vocab_size });
  const eos = tokenizer.endOfTextId;
  const config = { ...CONFIG, tie_word_embeddings: tied, bos_token_id: eos, eos_token_id: eos };
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  initParameters(parameters, { config, layout, seed: 3 });
  const tensors = layout.parameters.map(({ name, shape, offset, size }) => ({
    name,
    shape,
    data: parameters.subarray(offset, offset + size),
  }));
  const weight_map: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard++) {
    const file = shards === 1 ? "model.safetensors" : `model-${shard + 1}-of-${shards}.safetensors`;
    const part = tensors.filter((_, i) => i % shards === shard);
    for (const { name } of part) weight_map[name] = file;
    await writeSafetensors(join(dir, file), { tensors: part, dtype });
  }
  if (shards > 1) {
    const index = JSON.stringify({ metadata: {}, weight_map });
    await Deno.writeTextFile(join(dir, "model.safetensors.index.json"), index);
  }
  await Deno.writeTextFile(join(dir, "config.json"), formatConfig(config));
  await Deno.writeTextFile(join(dir, "tokenizer.json"), formatTokenizer(tokenizer));
}

const TEMPLATE = "{% for m in messages %}[{{ m.content }}]{% endfor %}";
const TEMPLATES = [{ name: "default", template: TEMPLATE }, { name: "rag", template: "rag" }];

const FURTHER = "additional_chat_templates/tool_use.jinja";

/** Adds chat templates in every form, and a second end of an answer, to a folder. */
async function addCompanions(dir: string): Promise<void> {
  await Deno.mkdir(join(dir, "additional_chat_templates"));
  await Deno.writeTextFile(join(dir, FURTHER), "tools");
  await Deno.writeTextFile(join(dir, "chat_template.jinja"), TEMPLATE);
  const tokenizerConfig = JSON.stringify({ chat_template: TEMPLATES });
  await Deno.writeTextFile(join(dir, "tokenizer_config.json"), tokenizerConfig);
  await Deno.writeTextFile(join(dir, "generation_config.json"), '{"eos_token_id":[7]}');
}

/** Checks that a folder has what {@linkcode addCompanions} added to another. */
async function assertCompanions(dir: string): Promise<void> {
  const read = (name: string) => Deno.readTextFile(join(dir, name));
  assertEquals([await read("chat_template.jinja"), await read(FURTHER)], [TEMPLATE, "tools"]);
  assertEquals(JSON.parse(await read("tokenizer_config.json")).chat_template, TEMPLATES);
  const { eos_token_id: [own, added] } = JSON.parse(await read("config.json"));
  assertEquals([typeof own, added], ["number", 7]);
  assert(JSON.parse(await read("generation_config.json")).eos_token_id.includes(7));
}

Deno.test("pipeline and train go on from folders of every dtype, sharded or not, tied or not", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 11 });
  const batches = join(folder.path, "batch.json");
  const inputIds = [[5, 6, 7, 8], [9, 10, 11, 12]];
  const targetIds = [[6, 7, 8, 9], [10, 11, 12, 13]];
  const mask = [[1, 1, 1, 1], [1, 1, 1, 0]];
  await Deno.writeTextFile(batches, JSON.stringify({ inputIds, targetIds, mask }));
  const first: Record<string, number> = {};
  for (
    const [dtype, shards, tied] of [
      ["F32", 1, false],
      ["F16", 3, false],
      ["BF16", 2, false],
      ["F32", 2, true],
      ["BF16", 1, true],
    ] as const
  ) {
    const name = `${dtype}-${shards}-${tied ? "tied" : "untied"}`;
    const init = join(folder.path, name);
    await writeFolder(init, { dtype, shards, tied });
    const trained = await run(
      ["train", "--init", init, "--batches", batches, "--steps", "2", "--json"],
    );
    assertEquals([trained.code, trained.err], [0, "opening the model\ntraining\n"], name);
    first[name] = JSON.parse(trained.out.split("\n")[0] ?? "").loss;
  }
  // The same weights but for rounding: bfloat16 has eight bits.
  const [f32, f16, bf16, tied, tiedHalf] = Object.values(first) as [number, ...number[]];
  for (const [value, wanted, by] of [[f16, f32, 1e-3], [bf16, f32, 1e-2], [tiedHalf, tied, 1e-2]]) {
    assert(Math.abs((value ?? NaN) - (wanted ?? NaN)) < (by ?? 0), JSON.stringify(first));
  }

  const init = join(folder.path, "BF16-2-untied");
  await addCompanions(init);
  const runDir = join(folder.path, "run");
  const flags = ["pipeline", "--run", runDir, "--json"];
  const begun = await run([...flags, "--steps", "2", "--init", init, corpus]);
  assertEquals([begun.code, begun.err], [0, ""]);
  const saved = join(runDir, "checkpoints", "step-000002");
  const config = JSON.parse(await Deno.readTextFile(join(saved, "config.json")));
  for (const key of ["hidden_size", "num_key_value_heads", "head_dim", "vocab_size"] as const) {
    assertEquals(config[key], CONFIG[key], key);
  }
  await assertCompanions(saved);
  await assertCompanions(join(runDir, "export"));
  // The folder is needed only to begin with.
  await Deno.remove(init, { recursive: true });
  const longer = await run([...flags, "--steps", "3", "--force"]);
  assertEquals(longer.code, 0, longer.err);
  await assertCompanions(join(runDir, "checkpoints", "step-000003"));
  const verified = await run(["verify", runDir]);
  assertEquals([verified.code, verified.err], [0, ""], verified.out);

  const other = join(folder.path, "F32-1-untied");
  await addCompanions(other);
  const output = join(folder.path, "exported");
  const exported = await run(
    ["export", "--checkpoint", other, "--format", "safetensors-f16", "--output", output],
  );
  assertEquals(exported.code, 0, exported.err);
  await assertCompanions(output);
  const path = join(other, "config.json");
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace('"vocab_size": 280', '"vocab_size": 270'));
  const refused = await run(["pipeline", "--run", `${runDir}2`, "--init", other, corpus]);
  assertEquals(refused.code, 2);
  assertStringIncludes(
    refused.err,
    `Cannot start from --init ${other}: its vocabulary has 270 entries and ${runDir}2/tokenizer.json 280`,
  );
});
