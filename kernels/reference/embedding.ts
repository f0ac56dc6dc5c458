import type { Numbers } from "./numbers.ts";

/** `out[n, d]`: the rows of `table[., d]` at `ids[n]`. */
export function embedding(
  out: Numbers,
  table: Numbers,
  ids: ArrayLike<number>,
  n: number,
  d: number,
): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) out[i * d + j] = table[ids[i]! * d + j]!;
  }
}

/** `dtable[ids[i]] += dx[i]`. */
export function embedding_backward(
  dtable: Numbers,
  dx: Numbers,
  ids: ArrayLike<number>,
  n: number,
  d: number,
): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) dtable[ids[i]! * d + j]! += dx[i * d + j]!;
  }
}
