/**
 * Reads the tensors of a GGUF file.
 *
 * @module
 */
import type { ModelConfig } from "../config.ts";
import type { Layout } from "../layout.ts";
import { bytesOf, decodeRows } from "./blocks.ts";
import { rowLength } from "./encode.ts";
import { readAt, readGgufHead } from "./head.ts";
import { ggufTensors } from "./tensors.ts";

/**
 * Fills `parameters` with the weights in the file, in Hugging Face's order of rows.
 *
 * @throws {SyntaxError} when the file is damaged or truncated
 * @throws {TypeError} when a tensor of `layout` is missing or of another shape
 */
export async function readGguf(
  path: string,
  { config, layout, parameters }: {
    config: ModelConfig;
    layout: Layout;
    parameters: Float32Array;
  },
): Promise<void> {
  const { tensors } = await readGgufHead(path);
  using file = await Deno.open(path);
  const { size: fileSize } = await file.stat();
  for (
    const { name, derived, parameter: { shape, size, offset }, sourceRow } of ggufTensors(
      config,
      layout,
    )
  ) {
    const stored = tensors.get(name);
    if (stored?.shape.join() !== shape.join()) {
      throw new TypeError(
        `Cannot read ${path}: tensor ${name} is [${stored?.shape}], not [${shape}]`,
      );
    }
    const { begin, type } = stored;
    const length = bytesOf(size, type);
    if (begin + length > fileSize) {
      throw new SyntaxError(
        `Cannot read ${path}: tensor ${name} ends past the file, it is truncated`,
      );
    }
    if (derived) continue;
    const tensor = new Float32Array(size);
    decodeRows(tensor, await readAt(file, { begin, length }), type);
    const columns = rowLength(shape);
    for (let row = 0; row * columns < size; row++) {
      const values = tensor.subarray(row * columns, (row + 1) * columns);
      parameters.set(values, offset + sourceRow(row) * columns);
    }
  }
}
