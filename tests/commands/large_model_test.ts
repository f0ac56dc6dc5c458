/**
 * A model of SmolLM2-135M's exact shape, with random weights: trains with two and with eight workers
 * to the same bits, is killed and goes on, is exported and generates. It takes 6 GiB of memory and
 * many minutes, so it runs only with CLLM_LARGE=1.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { latestCheckpoint, readCheckpointInfo } from "../../model/checkpoint/mod.ts";
import { formatConfig, parseConfig } from "../../model/config_json.ts";
import { initParameters } from "../../model/init.ts";
import { createLayout } from "../../model/layout.ts";
import { writeSafetensors } from "../../model/safetensors/mod.ts";
import { prose } from "./corpus.ts";
import { openFolder, run, start } from "./program.ts";

/** The config.json of SmolLM2-135M, but for what this program does not read. */
const CONFIG = {
  model_type: "llama",
  vocab_size: 49152,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_theta: 100_000,
  tie_word_embeddings: true,
  initializer_range: 0.041666666666666664,
  bos_token_id: 0,
  eos_token_id: 0,
};
const STEPS = 2;

/** A folder as the hub has it: bf16 weights, and a tokenizer of SmolLM2's form and size. */
async function writeModel(dir: string): Promise<void> {
  const config = parseConfig(JSON.stringify(CONFIG), { source: "config.json" });
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  initParameters(parameters, { config, layout, seed: 1 });
  await Deno.mkdir(dir);
  const tensors = layout.parameters.map(({ name, shape, offset, size }) => ({
    name,
    shape,
    data: parameters.subarray(offset, offset + size),
  }));
  await writeSafetensors(join(dir, "model.safetensors"), { tensors, dtype: "BF16" });
  await Deno.writeTextFile(join(dir, "config.json"), formatConfig(config));
  const fixture = new URL("../fixtures/tokenizers/smollm2.json", import.meta.url);
  const { tokenizer } = JSON.parse(await Deno.readTextFile(fixture));
  const { vocab } = tokenizer.model;
  for (let id = Object.keys(vocab).length; id < CONFIG.vocab_size; id++) vocab[`unused${id}`] = id;
  await Deno.writeTextFile(join(dir, "tokenizer.json"), JSON.stringify(tokenizer));
}

Deno.test({
  name: "SmolLM2-135M's shape trains with 2 and 8 workers to the same bits, across a kill",
  ignore: Deno.env.get("CLLM_LARGE") === undefined,
  async fn() {
    await using folder = await openFolder();
    const at = (name: string) => join(folder.path, name);
    await writeModel(at("model"));
    await Deno.mkdir(at("corpus"));
    for (let i = 0; i < 6; i++) {
      await Deno.writeTextFile(join(at("corpus"), `${i}.txt`), prose(i, { words: 900 }));
    }
    const args = (name: string, workers: number) => [
      ...["pipeline", "--run", at(name), "--init", at("model"), "--steps", `${STEPS}`],
      ...["--workers", `${workers}`, "--checkpoint-every", "1", "--keep-last", "1"],
      at("corpus"),
    ];
    const digests = async (name: string) => {
      const dir = await latestCheckpoint(join(at(name), "checkpoints"));
      assert(dir);
      const { step, files } = await readCheckpointInfo(dir);
      assertEquals(step, STEPS);
      return [files["model.safetensors"], files["optimizer.safetensors"]];
    };
    {
      await using program = start(args("killed", 2));
      console.log(await program.line(/^memory/));
      await program.line(/^step 1\//);
      console.log(await program.line(/^step 2\//));
      program.kill("SIGKILL");
      assertEquals((await program.ended).signal, "SIGKILL");
    }
    const resumed = await run(args("killed", 2));
    assertEquals(resumed.code, 0, resumed.err);
    const calm = await run(args("calm", 8));
    assertEquals(calm.code, 0, calm.err);
    console.log(calm.out.match(/^(memory|step).*$/gm)?.join("\n"));
    assertEquals(await digests("calm"), await digests("killed"));
    const exported = await run(["export", "--run", at("calm"), "--format", "gguf-q8_0"]);
    assertEquals(exported.code, 0, exported.err);
    const generated = await run(["generate", "--run", at("calm"), "--max-tokens", "8"]);
    assertEquals(generated.code, 0, generated.err);
    assertStringIncludes(generated.out, " ");
  },
});
