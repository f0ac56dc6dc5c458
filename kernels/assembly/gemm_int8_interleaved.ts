/** Products of few rows of int8 with packed weights, by the 256-bit tile. */
import { NR, INTERLEAVED_ROWS, UNFINISHED_AT as KEPT_AT, WEIGHT_ZERO } from "../build/sizes";
import {
  MOST_COLS,
  PANEL_STEP,
  STEP,
  sumPanels,
} from "./gemm_interleaved";
import { storeTransposed } from "./transpose";
import { base } from "./simd256";

/**
 * `c[m, n] = (accumulate ? c : 0) + a · b`, to the bits of {@link gemm_int8}; only where there is a
 * 256-bit tile.
 *
 * @param a words of four bytes in interleaved panels `[ceil(m / 16)][words][16]`
 * @param sumsA i32[m], of the bytes of each row
 * @param b words, packed `[ceil(n / NR)][words][NR]`
 * @param ldc floats from one row of c to the next
 */
export function gemm_int8_interleaved(
  c: usize,
  a: usize,
  scalesA: usize,
  sumsA: usize,
  b: usize,
  scalesB: usize,
  m: i32,
  n: i32,
  words: i32,
  ldc: i32,
  accumulate: i32,
): void {
  const rowBytes = <usize> ldc << 2;
  const stride = <usize> words * PANEL_STEP;
  for (; m > 0; m -= INTERLEAVED_ROWS) {
    for (let j = 0; j < n; j += MOST_COLS) {
      const column = <usize> j << 2;
      const cols = min(MOST_COLS, n - j);
      sumPanels<i32>(a, b + <usize> (j / NR) * stride, cols, words, stride);
      const rows = min(INTERLEAVED_ROWS, m);
      scalePanels(c + column, scalesA, sumsA, scalesB + column, rows, cols, rowBytes, accumulate);
    }
    c += rowBytes * INTERLEAVED_ROWS;
    a += <usize> words * STEP;
    scalesA += STEP;
    sumsA += STEP;
  }
}

/** The kept sums `[n][16]` to f32 `c[rows, n]`. */
function scalePanels(
  c: usize,
  scalesA: usize,
  sumsA: usize,
  scalesB: usize,
  rows: i32,
  n: i32,
  rowBytes: usize,
  accumulate: i32,
): void {
  let kept = base + KEPT_AT;
  for (; n >= 4; n -= 4) {
    let i = 0;
    for (; i + 4 <= rows; i += 4) {
      const at = <usize> i << 2;
      const excess = i32x4.mul(v128.load(sumsA + at), i32x4.splat(WEIGHT_ZERO));
      const scales = v128.load(scalesA + at);
      storeTransposed(
        c + <usize> i * rowBytes,
        scaled(kept + at, excess, scales, scalesB),
        scaled(kept + at + 64, excess, scales, scalesB + 4),
        scaled(kept + at + 128, excess, scales, scalesB + 8),
        scaled(kept + at + 192, excess, scales, scalesB + 12),
        rowBytes,
        accumulate,
      );
    }
    scaleElements(c, kept, scalesA, sumsA, scalesB, i, rows, 4, rowBytes, accumulate);
    kept += STEP * 4;
    c += 16;
    scalesB += 16;
  }
  scaleElements(c, kept, scalesA, sumsA, scalesB, 0, rows, n, rowBytes, accumulate);
}

/** Four sums of one column. */
@inline
function scaled(sums: usize, excess: v128, scales: v128, scaleB: usize): v128 {
  const whole = f32x4.convert_i32x4_s(i32x4.sub(v128.load(sums), excess));
  return f32x4.mul(whole, f32x4.mul(scales, v128.load32_splat(scaleB)));
}

/** Rows from `first` to below `rows` of `cols` columns. */
function scaleElements(
  c: usize,
  kept: usize,
  scalesA: usize,
  sumsA: usize,
  scalesB: usize,
  first: i32,
  rows: i32,
  cols: i32,
  rowBytes: usize,
  accumulate: i32,
): void {
  for (let i = first; i < rows; i++) {
    const row = <usize> i << 2;
    const excess = load<i32>(sumsA + row) * WEIGHT_ZERO;
    const scale = load<f32>(scalesA + row);
    for (let j = 0; j < cols; j++) {
      const column = <usize> j << 2;
      const at = c + <usize> i * rowBytes + column;
      const sum = load<i32>(kept + <usize> j * STEP + row);
      const value = <f32> (sum - excess) * (scale * load<f32>(scalesB + column));
      store<f32>(at, accumulate ? load<f32>(at) + value : value);
    }
  }
}
