import { WEIGHT_ZERO } from "../sizes.ts";
import type { Numbers } from "./numbers.ts";

/** See `Kernels.quantize_rows`; halves may round either way. */
export function quantize_rows(
  q: Numbers,
  scales: Numbers,
  sums: Numbers,
  x: Numbers,
  ...[n, d, limit, offset]: [n: number, d: number, limit: number, offset: number]
): void {
  const ld = Math.ceil(d / 4) * 4;
  for (let i = 0; i < n; i++) {
    let most = 0;
    for (let j = 0; j < d; j++) most = Math.max(most, Math.abs(x[i * d + j]!));
    scales[i] = most / limit;
    sums[i] = 0;
    for (let j = 0; j < ld; j++) {
      q[i * ld + j] = j >= d
        ? 0
        : most === 0
        ? offset
        : Math.round(x[i * d + j]! / most * limit) + offset;
      sums[i]! += q[i * ld + j]!;
    }
  }
}

/** `c[m, n] = (accumulate ? c : 0) + a[m, k] · b[n, k]ᵀ` of bytes, unpacked, and their scales. */
export function gemm_int8(
  c: Numbers,
  a: Numbers,
  scalesA: Numbers,
  b: Numbers,
  scalesB: Numbers,
  ...[m, n, k, ldc, accumulate]: [m: number, n: number, k: number, ldc: number, accumulate: boolean]
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += a[i * k + l]! * (b[j * k + l]! - WEIGHT_ZERO);
      const at = i * ldc + j;
      c[at] = (accumulate ? c[at]! : 0) + sum * scalesA[i]! * scalesB[j]!;
    }
  }
}

/** {@linkcode gemm_int8} of one row. */
export function matvec_int8(
  y: Numbers,
  x: Numbers,
  scaleX: Numbers,
  b: Numbers,
  scalesB: Numbers,
  ...[n, k, accumulate]: [n: number, k: number, accumulate: boolean]
): void {
  gemm_int8(y, x, scaleX, b, scalesB, 1, n, k, n, accumulate);
}
