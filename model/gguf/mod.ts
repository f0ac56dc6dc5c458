/**
 * Reads and writes GGUF files, those of llama.cpp and programs built on it.
 *
 * @module
 */
import { writeWhole } from "../durable.ts";
import { encodeGguf, type GgufSource } from "./encode.ts";

export type { GgufType } from "./blocks.ts";
export { encodeGguf, type GgufSource } from "./encode.ts";
export { type GgufField, type GgufHead, readGgufHead } from "./head.ts";
export { GGUF_SPLITS, type GgufSplit } from "./metadata.ts";
export { configOf } from "./config.ts";
export { readGguf } from "./read.ts";

/**
 * Writes the GGUF file to `path`: it appears there whole or not at all.
 *
 * @throws what {@linkcode encodeGguf} throws, and what the file system does
 * @example
 * ```ts
 * import { assertGreater } from "@std/assert";
 * import { presetConfig } from "../config.ts";
 * import { createLayout } from "../layout.ts";
 * import { writeGguf } from "./mod.ts";
 * const config = presetConfig("tiny", { vocabSize: 4, endOfTextId: 0 });
 * const layout = createLayout(config);
 * const parameters = new Float32Array(layout.length);
 * const vocab = { "<|endoftext|>": 0, a: 1, b: 2, ab: 3 };
 * const tokenizerJson = JSON.stringify({ model: { vocab, merges: [["a", "b"]] } });
 * const path = await Deno.makeTempFile({ suffix: ".gguf" });
 * const tokenizer = { tokenizerJson, split: "gpt2" } as const;
 * await writeGguf(path, { config, layout, parameters, ...tokenizer, type: "q8_0" });
 * assertGreater((await Deno.stat(path)).size, layout.count);
 * await Deno.remove(path);
 * ```
 */
export async function writeGguf(path: string, source: GgufSource): Promise<void> {
  await writeWhole(path, async (put) => {
    for (const chunk of encodeGguf(source)) await put(chunk);
  });
}
