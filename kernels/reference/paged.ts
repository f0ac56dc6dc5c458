import { MR, PAGE } from "../sizes.ts";
import type { Numbers } from "./numbers.ts";

/** Where component d of the key, or value, of token `at` lies; `pageSize` in floats. */
function places(table: ArrayLike<number>, at: number, headDim: number, pageSize: number) {
  const page = table[Math.floor(at / PAGE)]! * pageSize;
  const slot = at % PAGE;
  const values = page + headDim * PAGE + slot * Math.ceil(headDim / 4) * 4;
  const keys = page + Math.floor(slot / MR) * headDim * MR + slot % MR;
  return { key: (d: number) => keys + d * MR, value: (d: number) => values + d };
}

/** See `Kernels.cache_write`; `pageSize` in floats. */
export function cache_write(
  cache: Numbers,
  table: ArrayLike<number>,
  k: Numbers,
  v: Numbers,
  ...[n, position, headDim, ld, pageSize]: [
    n: number,
    position: number,
    headDim: number,
    ld: number,
    pageSize: number,
  ]
): void {
  for (let i = 0; i < n; i++) {
    const { key, value } = places(table, position + i, headDim, pageSize);
    for (let d = 0; d < headDim; d++) {
      cache[key(d)] = k[i * ld + d]!;
      cache[value(d)] = v[i * ld + d]!;
    }
  }
}

/** See `Kernels.attend_paged`; `pageSize` in floats. */
export function attend_paged(
  out: Numbers,
  q: Numbers,
  cache: Numbers,
  table: ArrayLike<number>,
  ...[n, count, heads, headDim, ldOut, ldQ, pageSize]: [
    n: number,
    count: number,
    heads: number,
    headDim: number,
    ldOut: number,
    ldQ: number,
    pageSize: number,
  ]
): void {
  for (let i = 0; i < n; i++) {
    for (let h = 0; h < heads; h++) {
      const scores = Array.from({ length: count + i }, (_, j) => {
        const { key } = places(table, j, headDim, pageSize);
        let sum = 0;
        for (let d = 0; d < headDim; d++) sum += q[i * ldQ + h * headDim + d]! * cache[key(d)]!;
        return sum / Math.sqrt(headDim);
      });
      const top = Math.max(...scores);
      const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
      for (let d = 0; d < headDim; d++) {
        out[i * ldOut + h * headDim + d] = scores.reduce((sum, score, j) => {
          const { value } = places(table, j, headDim, pageSize);
          return sum + Math.exp(score - top) / total * cache[value(d)]!;
        }, 0);
      }
    }
  }
}
