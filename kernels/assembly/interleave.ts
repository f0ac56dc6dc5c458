/** How tiles interleave two rows of C into two vectors, and how these get to memory. */
import { storePart, storeWhole } from "./store";

/** [v1, v0, v3, v2] */
@inline
export function swapPairs(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 1, 0, 3, 2);
}

/** The upper of two interleaved rows. */
@inline
export function upper(s: v128, t: v128): v128 {
  return v128.shuffle<f32>(s, t, 0, 4, 2, 6);
}

/** The lower of two interleaved rows. */
@inline
export function lower(s: v128, t: v128): v128 {
  return v128.shuffle<f32>(s, t, 5, 1, 7, 3);
}

@inline
export function storeRow3(c: usize, v0: v128, v1: v128, v2: v128, cols: i32, accumulate: i32): void {
  storeWhole(c, v0, accumulate);
  storeWhole(c + 16, v1, accumulate);
  if (cols == 12) storeWhole(c + 32, v2, accumulate);
  else storePart(c + 32, v2, cols - 8, accumulate);
}

@inline
export function storeRow2(c: usize, v0: v128, v1: v128, cols: i32, accumulate: i32): void {
  storeWhole(c, v0, accumulate);
  if (cols == 8) storeWhole(c + 16, v1, accumulate);
  else storePart(c + 16, v1, cols - 4, accumulate);
}

/** Two interleaved rows, of which `rows` are wanted. */
export function storeRows4(
  c: usize,
  s: v128,
  t: v128,
  ldc: usize,
  rows: i32,
  cols: i32,
  accumulate: i32,
): void {
  if (rows < 1) return;
  const first = upper(s, t);
  if (cols == 4) storeWhole(c, first, accumulate);
  else storePart(c, first, cols, accumulate);
  if (rows < 2) return;
  const second = lower(s, t);
  if (cols == 4) storeWhole(c + ldc, second, accumulate);
  else storePart(c + ldc, second, cols, accumulate);
}
