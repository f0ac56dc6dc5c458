/**
 * Time spent in each kernel, for benchmarks. Two clock readings per call cost about a microsecond,
 * so it is off by default.
 *
 * @module
 */
import type { Kernels } from "../kernels/mod.ts";

/** Kernels in the order of a profile's columns; the step calls no others. */
export const PROFILED = [
  "gemm",
  "pack_a",
  "pack_a_transposed",
  "pack_b",
  "pack_b_transposed",
  "widen_bf16",
  "widen_int8",
  "attention",
  "attention_backward",
  "rms_norm",
  "rms_norm_backward",
  "rope",
  "swiglu",
  "swiglu_backward",
  "embedding",
  "embedding_backward",
  "cross_entropy",
  "cross_entropy_loss",
  "add",
  "copy",
  "zero",
  "sum_squares",
  "adamw",
  "muon_momentum",
  "scale",
  "blend",
  "mirror",
] as const satisfies readonly (keyof Kernels)[];

/** Wraps `kernels` so that each call adds its milliseconds to its column of `totals`. */
export function profileKernels(kernels: Kernels, totals: Float64Array): Kernels {
  const wrapped = PROFILED.map((name, column) => {
    const kernel = kernels[name] as (...args: number[]) => number | void;
    return [name, (...args: number[]) => {
      const start = performance.now();
      const result = kernel(...args);
      totals[column] = (totals[column] as number) + performance.now() - start;
      return result;
    }];
  });
  return { ...kernels, ...Object.fromEntries(wrapped) };
}
