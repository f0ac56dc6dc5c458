/**
 * How the matrices of the model are stored and multiplied: unchanged, or quantised to signed bytes with
 * one scale per row, and activations to bytes at run time ("dynamic" quantisation, the layout of
 * onnxruntime's quantize_dynamic and of `model_quantized.onnx` in transformers.js).
 *
 * @module
 */
import type { Parameter } from "../layout.ts";
import type { Value } from "./graph.ts";
import type { Operators } from "./operators.ts";

/** `float32`, or `int8` for every matrix. */
export type Precision = "float32" | "int8";

/** The name of the scales `[out]` of a quantised matrix `[out, in]`. */
export function scaleName(weight: string): string {
  return `${weight}.scale`;
}

/** Whether a parameter is quantised: the matrices are, the norms are not. */
export function isQuantized({ shape }: Pick<Parameter, "shape">, precision: Precision): boolean {
  return precision === "int8" && shape.length === 2;
}

/** `x · weightᵀ`: weights are stored `[out, in]`. Runtimes transpose a constant once, at load. */
export function linear(
  op: Operators,
  { x, weight, precision }: { x: Value; weight: string; precision: Precision },
): Value {
  const transposed = op.transpose(op.weight(weight), [1, 0]);
  if (precision === "float32") return op.matmul(x, transposed);
  // In the four operators that runtimes recognise and fuse.
  const { bytes, scale, zeroPoint } = op.quantize(x);
  const sums = op.toFloat(op.matmulInteger(bytes, transposed, zeroPoint));
  return op.multiply(sums, op.multiply(scale, op.weight(scaleName(weight))));
}

/** The rows of the embedding `weight` that `ids` name. */
export function embed(
  op: Operators,
  { ids, weight, precision }: { ids: Value; weight: string; precision: Precision },
): Value {
  const rows = op.gather(op.weight(weight), ids); // [B, S, D]
  if (precision === "float32") return rows;
  const scales = op.gather(op.weight(scaleName(weight)), ids); // [B, S]
  return op.multiply(op.toFloat(rows), op.unsqueeze(scales, [2]));
}

/** Signed bytes and scales of a matrix with rows of `columns`. */
export function quantizeRows(
  matrix: Float32Array,
  { columns }: { columns: number },
): { bytes: Int8Array; scales: Float32Array } {
  const bytes = new Int8Array(matrix.length);
  const scales = new Float32Array(matrix.length / columns);
  for (let row = 0; row < scales.length; row++) {
    const values = matrix.subarray(row * columns, (row + 1) * columns);
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = 0; i < columns; i++) {
      bytes[row * columns + i] = Math.round(values[i] as number / scale);
    }
  }
  return { bytes, scales };
}
