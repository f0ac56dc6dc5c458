import type { Numbers } from "./numbers.ts";

/** In place on the first `heads` heads of each row of `qkv[n, ld]`; `sign` -1 turns back. */
export function rope(
  qkv: Numbers,
  cos: Numbers,
  sin: Numbers,
  positions: ArrayLike<number>,
  n: number,
  heads: number,
  headDim: number,
  ld: number,
  sign: number,
): void {
  const half = headDim / 2;
  for (let i = 0; i < n; i++) {
    for (let h = 0; h < heads; h++) {
      for (let j = 0; j < half; j++) {
        const at = i * ld + h * headDim + j;
        const c = cos[positions[i]! * half + j]!;
        const s = sin[positions[i]! * half + j]! * sign;
        const [a, b] = [qkv[at]!, qkv[at + half]!];
        qkv[at] = a * c - b * s;
        qkv[at + half] = b * c + a * s;
      }
    }
  }
}
