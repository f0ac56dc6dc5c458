import { INTERLEAVED_ROWS, MR, NR } from "../sizes.ts";
import type { Numbers } from "./numbers.ts";

/** `src[m, k]`, rows `ld` apart, to `dst[ceil(m/MR)][k][MR]`, zero padded. */
export function pack_a(dst: Numbers, src: Numbers, m: number, k: number, ld: number): void {
  for (let i = 0; i < Math.ceil(m / MR) * MR; i++) {
    for (let l = 0; l < k; l++) {
      const panel = Math.floor(i / MR);
      dst[(panel * k + l) * MR + i % MR] = i < m ? src[i * ld + l]! : 0;
    }
  }
}

/** `src[m, k]`, rows `ld` apart, to `dst[ceil(m/INTERLEAVED_ROWS)][k][INTERLEAVED_ROWS]`, zero padded. */
export function pack_interleaved(
  dst: Numbers,
  src: Numbers,
  m: number,
  k: number,
  ld: number,
): void {
  for (let i = 0; i < Math.ceil(m / INTERLEAVED_ROWS) * INTERLEAVED_ROWS; i++) {
    for (let l = 0; l < k; l++) {
      const panel = Math.floor(i / INTERLEAVED_ROWS);
      dst[(panel * k + l) * INTERLEAVED_ROWS + i % INTERLEAVED_ROWS] = i < m ? src[i * ld + l]! : 0;
    }
  }
}

/** As {@linkcode pack_a} of srcᵀ, `src[k, m]`. */
export function pack_a_transposed(
  dst: Numbers,
  src: Numbers,
  m: number,
  k: number,
  ld: number,
): void {
  pack_a(dst, transpose(src, k, m, ld), m, k, k);
}

/** `src[k, n]`, rows `ld` apart, to panels `[k][NR]`, `panelStride` apart, zero padded. */
export function pack_b(
  dst: Numbers,
  src: Numbers,
  k: number,
  n: number,
  ld: number,
  panelStride: number,
): void {
  for (let j = 0; j < Math.ceil(n / NR) * NR; j++) {
    for (let l = 0; l < k; l++) {
      dst[Math.floor(j / NR) * panelStride + l * NR + j % NR] = j < n ? src[l * ld + j]! : 0;
    }
  }
}

/** As {@linkcode pack_b} of srcᵀ, `src[n, k]`. */
export function pack_b_transposed(
  dst: Numbers,
  src: Numbers,
  k: number,
  n: number,
  ld: number,
  panelStride: number,
): void {
  pack_b(dst, transpose(src, n, k, ld), k, n, n, panelStride);
}

function transpose(src: Numbers, rows: number, cols: number, ld: number): Numbers {
  const result = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) result[j * rows + i] = src[i * ld + j]!;
  }
  return result;
}
