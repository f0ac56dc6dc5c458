/**
 * Checks the size of a configuration against the weights beside it.
 *
 * @module
 */
import { join } from "node:path";
import type { ModelConfig } from "../config.ts";
import { exists } from "../durable.ts";
import { layerGroups } from "../layout.ts";

/** Exports have at least four bits per weight. */
const MOST_WEIGHTS_A_BYTE = 2;
/** Files of weights, in one or several parts, including external data of ONNX. */
const WEIGHTS = /\.(safetensors|gguf|onnx|onnx_data(_\d+)?|onnx\.data)$/;

/** Number of parameters of a model, by arithmetic alone. */
export function countParameters(config: ModelConfig): number {
  const { vocab_size: V, hidden_size: D, num_hidden_layers: L } = config;
  const layer = layerGroups(config).flatMap(([, ...tensors]) => tensors)
    .reduce((sum, [, ...shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return V * D * (config.tie_word_embeddings ? 1 : 2) + L * layer + D;
}

/**
 * Checks that the weights in the folder `dir` can belong to the model of `config`, before anything is
 * allocated for it. A folder without weights passes.
 *
 * @throws {SyntaxError} naming both sizes
 */
export async function checkModelSize(dir: string, config: ModelConfig): Promise<void> {
  let bytes = 0, files = 0;
  for (const folder of [dir, join(dir, "onnx")]) {
    if (!await exists(folder)) continue;
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory || !WEIGHTS.test(name) || !await exists(join(folder, name))) continue;
      bytes += (await Deno.stat(join(folder, name))).size;
      files++;
    }
  }
  const count = countParameters(config);
  if (files === 0 || count <= MOST_WEIGHTS_A_BYTE * bytes) return;
  throw new SyntaxError(
    `Cannot use ${join(dir, "config.json")}: it describes ${count} parameters, and the weights ` +
      `beside it are ${bytes} bytes`,
  );
}
