/**
 * Starts training from pretrained weights.
 *
 * @module
 */
import { join } from "node:path";
import type { Layout } from "../layout.ts";
import { openWeights } from "../safetensors/mod.ts";
import { exists } from "../durable.ts";
import { mergeAdapter } from "../lora.ts";
import { loadAdapter, readAdapter } from "./adapter.ts";
import { checkBase } from "./base.ts";
import { loadCheckpoint } from "./load.ts";
import { checkArea, checkTensors, fillArea } from "./tensors.ts";

/**
 * Fills `parameters` with the weights of a Hugging Face Llama folder: f32, f16 or bf16, in one file
 * or in shards, tied or not. A checkpoint of this program is verified first; of an
 * adapter's folder the weights are its base's with the adapter merged in.
 *
 * @param dir has config.json (see {@linkcode readModelConfig}) and the weights
 * @throws {TypeError} when a tensor is missing, of another shape, or not of this architecture
 * @throws {SyntaxError} when a file is damaged
 */
export async function initFromFolder(
  dir: string,
  { layout, parameters }: { layout: Layout; parameters: Float32Array },
): Promise<void> {
  const adapter = await readAdapter(dir);
  if (adapter) {
    if (!await exists(adapter.base)) {
      throw new TypeError(
        `Cannot load the adapter ${dir}: there is no folder ${adapter.base}, its ` +
          "base_model_name_or_path in adapter_config.json",
      );
    }
    await checkBase(dir, adapter.base);
    await initFromFolder(adapter.base, { layout, parameters });
    const loaded = await loadAdapter(dir, { ...adapter, base: layout });
    return mergeAdapter(parameters, { ...loaded, adapter: loaded.parameters });
  }
  if (await exists(join(dir, "state.json"))) {
    await loadCheckpoint(dir, { layout, into: { parameters } });
    return;
  }
  checkArea(parameters, { layout, name: "parameters" });
  using file = await openWeights(dir);
  checkTensors(file, { layout, source: dir });
  const known = new Set(layout.parameters.map(({ name }) => name));
  for (const name of file.tensors.keys()) {
    if (!known.has(name) && !isRedundant(name)) {
      throw new TypeError(`Cannot load ${dir}: tensor ${name} has no place in this model`);
    }
  }
  fillArea(parameters, { file, layout });
}

/** Redundant tensors of old files: RoPE's table and a tied head. */
function isRedundant(name: string): boolean {
  return name.endsWith(".rotary_emb.inv_freq") || name === "lm_head.weight";
}
