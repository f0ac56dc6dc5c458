/**
 * Writes the model as an ONNX file that onnxruntime, transformers.js and others run.
 *
 * @module
 */
import { dirname } from "node:path";
import { syncFolder } from "../durable.ts";
import { encodeOnnx, type OnnxSource } from "./encode.ts";

export type { OnnxSource } from "./encode.ts";

/**
 * The whole ONNX file in memory; {@linkcode writeOnnx} needs far less.
 *
 * @example
 * ```ts
 * import { presetConfig } from "../config.ts";
 * import { createLayout } from "../layout.ts";
 * import { exportOnnx } from "./mod.ts";
 * const config = presetConfig("tiny", { vocabSize: 512, endOfTextId: 0 });
 * const layout = createLayout(config);
 * const file = exportOnnx({ config, layout, parameters: new Float32Array(layout.length) });
 * console.assert(file.length > layout.count * 4);
 * ```
 */
export function exportOnnx(source: OnnxSource): Uint8Array<ArrayBuffer> {
  const chunks = [...encodeOnnx(source)];
  const file = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  return file;
}

/**
 * Writes the ONNX file to `path`: it appears there whole or not at all.
 *
 * @throws what {@linkcode encodeOnnx} throws, and what the file system does
 */
export async function writeOnnx(path: string, source: OnnxSource): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  const file = await Deno.open(temporary, { write: true, createNew: true });
  try {
    try {
      for (const chunk of encodeOnnx(source)) await writeAll(file, chunk);
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await Deno.remove(temporary);
    throw error;
  }
}

/** One `write` may take less than it was given. */
async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
