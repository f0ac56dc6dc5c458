import type { Numbers } from "./numbers.ts";

/** `y[n] = (accumulate ? y : 0) + x[k] · b[k, n]`, unpacked. */
export function matvec(
  y: Numbers,
  x: Numbers,
  b: Numbers,
  n: number,
  k: number,
  accumulate: boolean,
): void {
  for (let j = 0; j < n; j++) {
    let sum = accumulate ? y[j]! : 0;
    for (let l = 0; l < k; l++) sum += x[l]! * b[l * n + j]!;
    y[j] = sum;
  }
}
