import type { Numbers } from "./numbers.ts";

/** `c[m, n] = (accumulate ? c : 0) + a[m, k] · b[k, n]`, unpacked. */
export function gemm(
  c: Numbers,
  a: Numbers,
  b: Numbers,
  m: number,
  n: number,
  k: number,
  ldc: number,
  accumulate: boolean,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = accumulate ? c[i * ldc + j]! : 0;
      for (let l = 0; l < k; l++) sum += a[i * k + l]! * b[l * n + j]!;
      c[i * ldc + j] = sum;
    }
  }
}
