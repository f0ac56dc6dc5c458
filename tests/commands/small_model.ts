import { join } from "node:path";
import { presetConfig } from "../../model/config.ts";
import { formatConfig } from "../../model/config_json.ts";
import { createLayout } from "../../model/layout.ts";
import { initParameters } from "../../model/init.ts";
import { writeSafetensors } from "../../model/safetensors/mod.ts";
import { formatTokenizer, trainTokenizer } from "../../tokenizer/mod.ts";
import { prose } from "./corpus.ts";

/** Writes a small model with random weights, as a Hugging Face folder. */
export async function writeSmallModel(folder: string): Promise<void> {
  const tokenizer = await trainTokenizer([prose(0), prose(1)], { vocabSize: 300 });
  const config = {
    ...presetConfig("tiny", { ...tokenizer, vocabSize: tokenizer.vocabSize, context: 64 }),
    hidden_size: 32,
    intermediate_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 16,
  };
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  initParameters(parameters, { config, layout, seed: 1 });
  await Deno.mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, "model.safetensors"), {
    tensors: layout.parameters.map(({ name, shape, offset, size }) => ({
      name,
      shape,
      data: parameters.subarray(offset, offset + size),
    })),
  });
  await Deno.writeTextFile(join(folder, "config.json"), formatConfig(config));
  await Deno.writeTextFile(join(folder, "tokenizer.json"), formatTokenizer(tokenizer));
}

/** Lines of JSON. */
export async function writeLines(path: string, values: readonly unknown[]): Promise<void> {
  await Deno.writeTextFile(path, values.map((value) => JSON.stringify(value) + "\n").join(""));
}

/** A conversation with one answer. */
export function conversation(question: string, answer: string) {
  return {
    messages: [{ role: "user", content: question }, { role: "assistant", content: answer }],
  };
}
