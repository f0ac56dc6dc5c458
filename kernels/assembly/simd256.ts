/** One block of a matrix product by the tile of kernels/simd256, 6 rows by 16 columns. */
import {
  ADD,
  B_AT,
  BEGUN,
  MR,
  NR,
  B_PANEL_BYTES,
  B_PANELS,
  TILE_BYTES,
  TILE_COLS,
  TILE_STEPS,
  UNFINISHED,
  UNFINISHED_AT,
  UNUSED,
  SIMD256_BYTES,
} from "../build/sizes";
import { storePart, storeWhole } from "./store";

@external("simd256", "gemm_f32_6x16_simd256_at0")
declare function at0(
  steps: i32,
  a4: usize,
  a2: usize,
  mode: i32,
  kept: usize,
  c4: usize,
  c2: usize,
  ldc: usize,
): void;

@external("simd256", "gemm_f32_6x16_simd256_at1")
declare function at1(
  steps: i32,
  a4: usize,
  a2: usize,
  mode: i32,
  kept: usize,
  c4: usize,
  c2: usize,
  ldc: usize,
): void;

@external("simd256", "gemm_f32_6x16_simd256_at2")
declare function at2(
  steps: i32,
  a4: usize,
  a2: usize,
  mode: i32,
  kept: usize,
  c4: usize,
  c2: usize,
  ldc: usize,
): void;

/** The tile of this group of 16 columns. */
@inline
function tile(
  group: i32,
  steps: i32,
  a4: usize,
  a2: usize,
  mode: i32,
  kept: usize,
  c4: usize,
  c2: usize,
  ldc: usize,
): void {
  if (group == 0) at0(steps, a4, a2, mode, kept, c4, c2, ldc);
  else if (group == 1) at1(steps, a4, a2, mode, kept, c4, c2, ldc);
  else at2(steps, a4, a2, mode, kept, c4, c2, ldc);
}

/** Columns of four panels, three tiles side by side. */
const GROUP_COLS: i32 = B_PANELS * NR;
/** Bytes for the unfinished tiles of 16 columns. */
const KEPT_BYTES: i32 = (SIMD256_BYTES - UNFINISHED_AT) / 3;
/** Most rows at once: as many panels as these bytes hold tiles, a multiple of 12 rows. */
const MAX_ROWS: i32 = KEPT_BYTES / TILE_BYTES / 3 * 12;
/** Fewer rows do not pay for copying B. */
const MIN_ROWS: i32 = 12;

/** Where the tile's memory is; 0 where there is none. */
export let base: usize = 0;

/** Where the tile's memory is, from now on; 0 where there is none. */
export function use_simd256(at: usize): void {
  base = at;
}

/** Whether the tile takes a block of this size. */
@inline
export function takesSimd256(m: i32, n: i32, k: i32): bool {
  return base != 0 && m >= MIN_ROWS && n >= TILE_COLS && k > 0;
}

/** `c[m, n] = (accumulate ? c : 0) + a · b`, as the narrow tiles do it and to the same bits. */
export function multiplyBlockSimd256(
  c: usize,
  a: usize,
  b: usize,
  m: i32,
  n: i32,
  k: i32,
  rowBytes: usize,
  strideA: usize,
  strideB: usize,
  accumulate: i32,
): void {
  for (; m > MAX_ROWS; m -= MAX_ROWS) {
    multiplyBlockSimd256(c, a, b, MAX_ROWS, n, k, rowBytes, strideA, strideB, accumulate);
    c += MAX_ROWS * rowBytes;
    a += MAX_ROWS / MR * strideA;
  }
  // Code that is not in the cache of decoded instructions costs as much as a tile: each is used twice in turn.
  let backward = false;
  for (let j = 0; j < n; j += GROUP_COLS) {
    const cols = min(GROUP_COLS, n - j);
    const groups = (cols + TILE_COLS - 1) / TILE_COLS;
    for (let done = 0; done < k;) {
      const steps = stepsOf(k - done);
      const bytes = <usize> steps * (NR * 4);
      let from = b + <usize> done * (NR * 4);
      let to = base + B_AT;
      for (let i = 0; i < cols; i += NR) {
        memory.copy(to, from, bytes);
        from += strideB;
        to += B_PANEL_BYTES;
      }
      if (accumulate && done + steps == k) readAhead(c, m, cols, rowBytes);
      const from4 = a + <usize> done * (MR * 4);
      const mode = (done > 0 ? BEGUN : 0) | (done + steps < k ? UNFINISHED : 0) |
        (accumulate ? ADD : 0);
      for (let i = 0; i < groups; i++) {
        const group = backward ? groups - 1 - i : i;
        const first = group * TILE_COLS;
        const width = min(TILE_COLS, cols - first);
        multiplyColumns(group, c + (<usize> first << 2), from4, m, width, steps, rowBytes, strideA, mode);
      }
      backward = !backward;
      done += steps;
    }
    b += strideB * B_PANELS;
    c += GROUP_COLS * 4;
  }
}

/**
 * Reads a word of each cache line of `cols` columns of c. Together they wait for memory about once; the
 * tiles, each of which adds to six rows, would wait one after the other.
 */
function readAhead(c: usize, m: i32, cols: i32, rowBytes: usize): void {
  const last = <usize> (cols - 1) << 2;
  const second = min(last, 64);
  const third = min(last, 128);
  let sum = 0;
  for (; m > 0; m--) {
    sum += load<i32>(c) + load<i32>(c + second) + load<i32>(c + third) + load<i32>(c + last);
    c += rowBytes;
  }
  store<i32>(base + UNUSED, sum);
}

/** How many steps of what is left of k the tile takes at once: 1 to 3, a multiple of 4, or 125 to 127. */
@inline
export function stepsOf(k: i32): i32 {
  if (k > TILE_STEPS) return k & 3 ? TILE_STEPS - 4 + (k & 3) : TILE_STEPS;
  return k > TILE_STEPS - 4 || k < 4 ? k : k & ~3;
}

/** All rows by column group `group`, 16 columns, over some steps of k: three panels of four rows are two tiles of six. */
function multiplyColumns(
  group: i32,
  c: usize,
  a: usize,
  m: i32,
  cols: i32,
  steps: i32,
  rowBytes: usize,
  strideA: usize,
  mode: i32,
): void {
  let kept = base + UNFINISHED_AT + <usize> group * KEPT_BYTES;
  if (cols == TILE_COLS) {
    for (; m >= 12; m -= 12) {
      const middle = a + strideA;
      tile(group, steps, a, middle, mode, kept, c, c + 4 * rowBytes, rowBytes);
      kept += TILE_BYTES;
      const last = c + 8 * rowBytes;
      const c2 = c + 6 * rowBytes;
      tile(group, steps, middle + strideA, middle + 8, mode, kept, last, c2, rowBytes);
      kept += TILE_BYTES;
      a = middle + 2 * strideA;
      c += 12 * rowBytes;
    }
  }
  // A panel by itself: the tile computes two rows too many, and keeps what it has.
  for (; m > 0; m -= MR) {
    tile(group, steps, a, a, mode | UNFINISHED, kept, 0, 0, 0);
    if (!(mode & UNFINISHED)) {
      storeRows(c, kept, min(m, MR), cols, rowBytes, mode & ADD);
    }
    kept += TILE_BYTES;
    a += strideA;
    c += MR * rowBytes;
  }
}

/** A tile's rows to c. */
function storeRows(
  c: usize,
  kept: usize,
  rows: i32,
  cols: i32,
  rowBytes: usize,
  accumulate: i32,
): void {
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < cols; i += 4) {
      const at = <usize> i << 2;
      if (cols - i >= 4) storeWhole(c + at, v128.load(kept + at), accumulate);
      else storePart(c + at, v128.load(kept + at), cols - i, accumulate);
    }
    c += rowBytes;
    kept += TILE_COLS * 4;
  }
}
