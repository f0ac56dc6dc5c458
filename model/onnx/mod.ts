/**
 * Writes the model as an ONNX file that onnxruntime, transformers.js and others run.
 *
 * @module
 */
import { joinBytes } from "../bytes.ts";
import { writeWhole } from "../durable.ts";
import { encodeOnnx, type OnnxSource } from "./encode.ts";

export { checkOnnx } from "./check.ts";
export type { OnnxSource } from "./encode.ts";
export type { Precision } from "./precision.ts";

/**
 * The whole ONNX file in memory; {@linkcode writeOnnx} needs far less.
 *
 * @example
 * ```ts
 * import { assertGreater } from "@std/assert";
 * import { presetConfig } from "../config.ts";
 * import { createLayout } from "../layout.ts";
 * import { exportOnnx } from "./mod.ts";
 * const config = presetConfig("tiny", { vocabSize: 512, endOfTextId: 0 });
 * const layout = createLayout(config);
 * const file = exportOnnx({ config, layout, parameters: new Float32Array(layout.length) });
 * assertGreater(file.length, layout.count * 4);
 * ```
 */
export function exportOnnx(source: OnnxSource): Uint8Array<ArrayBuffer> {
  return joinBytes([...encodeOnnx(source)]);
}

/**
 * Writes the ONNX file to `path`: it appears there whole or not at all.
 *
 * @throws what {@linkcode encodeOnnx} throws, and what the file system does
 */
export async function writeOnnx(path: string, source: OnnxSource): Promise<void> {
  await writeWhole(path, async (put) => {
    for (const chunk of encodeOnnx(source)) await put(chunk);
  });
}
