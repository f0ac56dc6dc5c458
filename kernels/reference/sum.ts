import type { Numbers } from "./numbers.ts";

/** `dst[n] += src[n]`. */
export function add(dst: Numbers, src: Numbers, n: number): void {
  for (let i = 0; i < n; i++) dst[i]! += src[i]!;
}

/** Σ x². */
export function sum_squares(x: Numbers, n: number): number {
  return x.subarray(0, n).reduce((total, value) => total + value * value, 0);
}
