import type { Numbers } from "./numbers.ts";

/** See `Kernels.softmax_weights`. */
export function softmax_weights(
  weights: Numbers,
  logits: Numbers,
  n: number,
  inverse: number,
): number {
  const own = Array.from(logits.subarray(0, n));
  const top = own.reduce((most, x) => x > most ? x : most, -Infinity);
  weights.set(own.map((x) => Math.exp((x - top) * inverse)));
  return Number.isFinite(top) ? own.reduce((sum, _, i) => sum + weights[i]!, 0) : NaN;
}
