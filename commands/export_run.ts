/**
 * The export folder: config.json, tokenizer files and onnx/model.onnx, as transformers.js lays a
 * model out; `generate` and `serve` run it.
 *
 * @module
 */
import { join } from "node:path";
import type { ModelConfig } from "../model/config.ts";
import { createLayout } from "../model/layout.ts";
import { initFromFolder, readModelConfig } from "../model/checkpoint/mod.ts";
import { writeOnnx } from "../model/onnx/mod.ts";

/** Where the ONNX file lies in an export folder. */
export const ONNX_FILE = "onnx/model.onnx";

/** Small files that go along unchanged. */
const COMPANIONS = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
];

/**
 * Exports the checkpoint `from`, or any Hugging Face Llama folder, to the folder `to`.
 *
 * @returns the configuration of the model
 */
export async function exportFolder(
  { from, to }: { from: string; to: string },
): Promise<ModelConfig> {
  const config = await readModelConfig(from);
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  await initFromFolder(from, { layout, parameters });
  await Deno.mkdir(join(to, "onnx"), { recursive: true });
  for (const name of COMPANIONS) {
    try {
      await Deno.copyFile(join(from, name), join(to, name));
    } catch (cause) {
      // A folder made by others may lack a tokenizer; the model itself is complete without.
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    }
  }
  await writeOnnx(join(to, ONNX_FILE), { config, layout, parameters });
  return config;
}
