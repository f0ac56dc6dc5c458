/**
 * A golden model as a checkpoint's content, and folders to put it in.
 *
 * @module
 */
import type { ModelConfig } from "../../../model/config.ts";
import { createLayout, type Layout } from "../../../model/layout.ts";
import { initFromFolder, readModelConfig, type SavedState } from "../../../model/checkpoint/mod.ts";

/** The folder of the golden models. */
export const GOLDENS = new URL("../../fixtures/goldens/", import.meta.url).pathname;

/** A tokenizer.json with three special tokens and nothing else. */
export const TOKENIZER_JSON = JSON.stringify({
  version: "1.0",
  added_tokens: [
    { id: 1, content: "<|start|>", special: true },
    { id: 2, content: "<|endoftext|>", special: true },
    { id: 3, content: "<|pad|>", special: true },
  ],
  model: { type: "BPE", vocab: {}, merges: [] },
});

/** What `saveCheckpoint` needs of a model. */
export interface Model {
  config: ModelConfig;
  layout: Layout;
  snapshot: SavedState;
}

/** The golden `name`, with moments made up, in shared memory as in training. */
export async function goldenModel(name: string, step = 7): Promise<Model> {
  const config = await readModelConfig(GOLDENS + name);
  const layout = createLayout(config);
  const area = () => new Float32Array(new SharedArrayBuffer(4 * layout.length));
  const parameters = area();
  await initFromFolder(GOLDENS + name, { layout, parameters });
  const snapshot = {
    step,
    totalTokens: step * 1000,
    parameters,
    firstMoment: area().map((_, i) => i - 0.5),
    secondMoment: area().map((_, i) => i / 3),
    cursors: { batch: { epoch: 1, batch: step, state: { window: [3, 1, 2], offset: 12 } } },
  };
  return { config, layout, snapshot };
}

/** Areas to load into, of NaN, so that what is not filled shows. */
export function emptyAreas(layout: Layout) {
  const area = () => new Float32Array(layout.length).fill(NaN);
  return { parameters: area(), firstMoment: area(), secondMoment: area() };
}

/** Sorted names of what is in a folder. */
export async function namesIn(dir: string): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(dir), ({ name }) => name);
  return names.sort();
}
