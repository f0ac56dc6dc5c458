/**
 * Products of few rows with packed weights. The 256-bit tile's sixteen columns are rows of the left
 * operand, side by side in an interleaved panel, and its six rows are columns of the weights, which so
 * stay as they lie, without being copied.
 */
import {
  B_AT,
  BEGUN,
  INTERLEAVED_ROWS,
  NR,
  SIMD256_BYTES,
  TILE_BYTES,
  UNFINISHED_AT as KEPT_AT,
  UNUSED,
  WEIGHT_ZERO,
} from "../build/sizes";
import { depthOf } from "./gemm";
import { packFour } from "./pack";
import { readAhead } from "./read_ahead";
import { base, stepsOf } from "./simd256";
import { storeTransposed } from "./transpose";

@external("simd256", "panel_f32_6x16_simd256")
declare function panel_f32_6x16_simd256(
  steps: i32,
  a: usize,
  mode: i32,
  kept: usize,
): void;

@external("simd256", "panel_int8_6x16_simd256")
declare function panel_int8_6x16_simd256(
  steps: i32,
  a: usize,
  mode: i32,
  kept: usize,
): void;

/** Bytes of one k in an interleaved panel and in one of the weights. */
const STEP: usize = INTERLEAVED_ROWS * 4;
const PANEL_STEP: usize = NR * 4;
/** A panel's unfinished tiles, and the most panels that there is room for. */
const PANEL_BYTES: i32 = 2 * TILE_BYTES;
const MOST_PANELS: i32 = (SIMD256_BYTES - KEPT_AT) / PANEL_BYTES;
/** Weights that stay in the second cache while all rows are multiplied by them. */
const GROUP_BYTES: i32 = 1 << 19;

/** `src[m, k]`, rows `ld` floats apart, to interleaved panels `[ceil(m / 16)][k][16]`, zero padded. */
export function pack_interleaved(dst: usize, src: usize, m: i32, k: i32, ld: i32): void {
  const rowBytes = <usize> ld << 2;
  for (; m > 0; m -= INTERLEAVED_ROWS) {
    packPanel(dst, src, min(INTERLEAVED_ROWS, m), k, rowBytes);
    dst += <usize> k * STEP;
    src += rowBytes * INTERLEAVED_ROWS;
  }
}

function packPanel(dst: usize, src: usize, rows: i32, k: i32, rowBytes: usize): void {
  for (let r = 0; r < INTERLEAVED_ROWS; r += 4) {
    packFour(dst, src, min(4, rows - r), k, rowBytes, STEP);
    dst += 16;
    src += rowBytes * 4;
  }
}

/**
 * `c[m, n] = (accumulate ? c : 0) + a · b`, to the bits of {@link gemm}; only where there is
 * a 256-bit tile.
 *
 * @param a interleaved panels, from {@link pack_interleaved}
 * @param b packed `[ceil(n / NR)][k][NR]`
 * @param ldc floats from one row of c to the next
 */
export function gemm_interleaved(
  c: usize,
  a: usize,
  b: usize,
  m: i32,
  n: i32,
  k: i32,
  ldc: i32,
  accumulate: i32,
): void {
  const rowBytes = <usize> ldc << 2;
  const stride = <usize> k * PANEL_STEP;
  const depth = depthOf(k);
  const group = groupOf(n, k);
  for (; n > 0; n -= group) {
    const cols = min(group, n);
    // A tile comes back to its panel for every few steps of k, and would wait for it each time.
    if (m > 0) readAhead(b, stride * panelsOf(cols), base + UNUSED);
    for (let i = 0; i < m; i += INTERLEAVED_ROWS) {
      const rows = min(INTERLEAVED_ROWS, m - i);
      const to = c + <usize> i * rowBytes;
      const from = a + <usize> i * (<usize> k << 2);
      for (let k0 = 0; k0 < k; k0 += depth) {
        const at = <usize> k0;
        const steps = min(depth, k - k0);
        sumPanels<f32>(from + at * STEP, b + at * PANEL_STEP, cols, steps, stride);
        storePanels<f32>(to, 0, 0, 0, rows, cols, rowBytes, accumulate | i32(k0 > 0));
      }
    }
    b += stride * (group / NR);
    c += <usize> group << 2;
  }
}

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
  const group = groupOf(n, words);
  for (; n > 0; n -= group) {
    const cols = min(group, n);
    // A tile comes back to its panel for every few steps of k, and would wait for it each time.
    if (m > 0) readAhead(b, stride * panelsOf(cols), base + UNUSED);
    for (let i = 0; i < m; i += INTERLEAVED_ROWS) {
      const rows = min(INTERLEAVED_ROWS, m - i);
      const from = a + <usize> i * (<usize> words << 2);
      sumPanels<i32>(from, b, cols, words, stride);
      const at = <usize> i << 2;
      storePanels<i32>(c + <usize> i * rowBytes, scalesA + at, sumsA + at, scalesB, rows, cols, rowBytes, accumulate);
    }
    b += stride * (group / NR);
    c += <usize> group << 2;
    scalesB += <usize> group << 2;
  }
}

@inline
function panelsOf(cols: i32): i32 {
  return (cols + NR - 1) / NR;
}

/** Columns of a group: about {@link GROUP_BYTES} of weights, and groups about alike. */
function groupOf(n: i32, k: i32): i32 {
  const panels = panelsOf(n);
  const most = min(MOST_PANELS, max(1, GROUP_BYTES / (k * <i32> PANEL_STEP)));
  const groups = (panels + most - 1) / most;
  return groups > 0 ? (panels + groups - 1) / groups * NR : NR;
}

/** Products of an interleaved panel with `n` columns of panels `stride` bytes apart, to the kept tiles. */
function sumPanels<T>(a: usize, b: usize, n: i32, k: i32, stride: usize): void {
  for (let done = 0; done < k;) {
    const steps = stepsOf(k - done);
    const at = <usize> done;
    memory.copy(base + B_AT, a + at * STEP, <usize> steps * STEP);
    stepPanels<T>(b + at * PANEL_STEP, stride, n, steps, done > 0 ? BEGUN : 0);
    done += steps;
  }
}

/** Some steps of k of all panels. */
function stepPanels<T>(b: usize, stride: usize, n: i32, steps: i32, mode: i32): void {
  let kept = base + KEPT_AT;
  for (; n > 0; n -= NR) {
    if (isInteger<T>()) {
      panel_int8_6x16_simd256(steps, b, mode, kept);
      panel_int8_6x16_simd256(steps, b + 24, mode, kept + TILE_BYTES);
    } else {
      panel_f32_6x16_simd256(steps, b, mode, kept);
      panel_f32_6x16_simd256(steps, b + 24, mode, kept + TILE_BYTES);
    }
    kept += PANEL_BYTES;
    b += stride;
  }
}

/** The kept tiles `[n][16]` to `c[rows, n]`; those of int8 are sums to be scaled. */
function storePanels<T>(
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
      const from = kept + at;
      let excess = i32x4.splat(0);
      let scales = excess;
      if (isInteger<T>()) {
        // The weights' zero times a row's sum is in each of its sums too much.
        excess = i32x4.mul(v128.load(sumsA + at), i32x4.splat(WEIGHT_ZERO));
        scales = v128.load(scalesA + at);
      }
      storeTransposed(
        c + <usize> i * rowBytes,
        valuesOf<T>(v128.load(from), excess, scales, scalesB),
        valuesOf<T>(v128.load(from, 64), excess, scales, scalesB + 4),
        valuesOf<T>(v128.load(from, 128), excess, scales, scalesB + 8),
        valuesOf<T>(v128.load(from, 192), excess, scales, scalesB + 12),
        rowBytes,
        accumulate,
      );
    }
    storeElements<T>(c, kept, scalesA, sumsA, scalesB, i, rows, 4, rowBytes, accumulate);
    kept += STEP * 4;
    c += 16;
    scalesB += 16;
  }
  storeElements<T>(c, kept, scalesA, sumsA, scalesB, 0, rows, n, rowBytes, accumulate);
}

/** What four sums of a column stand for. */
@inline
function valuesOf<T>(sums: v128, excess: v128, scales: v128, scaleB: usize): v128 {
  if (!isInteger<T>()) return sums;
  const whole = f32x4.convert_i32x4_s(i32x4.sub(sums, excess));
  return f32x4.mul(whole, f32x4.mul(scales, v128.load32_splat(scaleB)));
}

/** Rows from `first` to below `rows` of `cols` columns. */
function storeElements<T>(
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
    for (let j = 0; j < cols; j++) {
      const column = <usize> j << 2;
      const at = c + <usize> i * rowBytes + column;
      const sum = kept + <usize> j * STEP + row;
      let value: f32;
      if (isInteger<T>()) {
        const scale = load<f32>(scalesA + row) * load<f32>(scalesB + column);
        value = <f32> (load<i32>(sum) - load<i32>(sumsA + row) * WEIGHT_ZERO) * scale;
      } else {
        value = load<f32>(sum);
      }
      store<f32>(at, accumulate ? load<f32>(at) + value : value);
    }
  }
}
