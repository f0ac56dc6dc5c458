import type { Numbers } from "./numbers.ts";

/** `dst[n] += src[n]`. */
export function add(dst: Numbers, src: Numbers, n: number): void {
  for (let i = 0; i < n; i++) dst[i]! += src[i]!;
}

/** `dst[n] = src[n]`. */
export function copy(dst: Numbers, src: Numbers, n: number): void {
  dst.set(src.subarray(0, n));
}

/** `dst[n] = 0`. */
export function zero(dst: Numbers, n: number): void {
  dst.fill(0, 0, n);
}

/** Σ x². */
export function sum_squares(x: Numbers, n: number): number {
  return x.subarray(0, n).reduce((total, value) => total + value * value, 0);
}
