/**
 * Products of few rows with packed weights. The 256-bit tile's sixteen columns are rows of the left
 * operand, side by side in an interleaved panel, and its six rows are columns of the weights, which so
 * stream through it as they lie, without being copied.
 */
import {
  B_AT,
  BEGUN,
  NR,
  INTERLEAVED_ROWS,
  TILE_BYTES,
  UNFINISHED_AT as KEPT_AT,
  SIMD256_BYTES,
} from "../build/sizes";
import { depthOf } from "./gemm";
import { packFour } from "./pack";
import { storeTransposed } from "./transpose";
import { base, stepsOf, storeElements } from "./simd256";

@external("simd256", "panel_f32_6x16_simd256")
declare function panel_f32_6x16_simd256(
  steps: i32,
  a: usize,
  mode: i32,
  kept: usize,
  next: usize,
): void;

@external("simd256", "panel_int8_6x16_simd256")
declare function panel_int8_6x16_simd256(
  steps: i32,
  a: usize,
  mode: i32,
  kept: usize,
  next: usize,
): void;

/** Bytes of one k in an interleaved panel and in one of the weights. */
export const STEP: usize = INTERLEAVED_ROWS * 4;
export const PANEL_STEP: usize = NR * 4;
/** A panel's unfinished tiles, and columns of as many panels as there is room for. */
const PANEL_BYTES: i32 = 2 * TILE_BYTES;
export const MOST_COLS: i32 = (SIMD256_BYTES - KEPT_AT) / PANEL_BYTES * NR;

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
  for (; m > 0; m -= INTERLEAVED_ROWS) {
    for (let j = 0; j < n; j += MOST_COLS) {
      const to = c + (<usize> j << 2);
      const from = b + <usize> (j / NR) * stride;
      const cols = min(MOST_COLS, n - j);
      for (let k0 = 0; k0 < k; k0 += depth) {
        const at = <usize> k0;
        sumPanels<f32>(a + at * STEP, from + at * PANEL_STEP, cols, min(depth, k - k0), stride);
        storePanels(to, min(INTERLEAVED_ROWS, m), cols, rowBytes, accumulate | i32(k0 > 0));
      }
    }
    c += rowBytes * INTERLEAVED_ROWS;
    a += <usize> k * STEP;
  }
}

/** Products of an interleaved panel with `n` columns of panels `stride` bytes apart, to the kept tiles. */
export function sumPanels<T>(a: usize, b: usize, n: i32, k: i32, stride: usize): void {
  for (let done = 0; done < k;) {
    const steps = stepsOf(k - done);
    const at = <usize> done;
    memory.copy(base + B_AT, a + at * STEP, <usize> steps * STEP);
    stepPanels<T>(b + at * PANEL_STEP, stride, n, steps, done > 0 ? BEGUN : 0);
    done += steps;
  }
}

/** Some steps of k of all panels; each tile reads ahead of what comes next. */
function stepPanels<T>(b: usize, stride: usize, n: i32, steps: i32, mode: i32): void {
  const half = <usize> steps * (PANEL_STEP / 2);
  let kept = base + KEPT_AT;
  for (; n > 0; n -= NR) {
    const next = n > NR ? b + stride : b;
    if (isInteger<T>()) {
      panel_int8_6x16_simd256(steps, b, mode, kept, next);
      panel_int8_6x16_simd256(steps, b + 24, mode, kept + TILE_BYTES, next + half);
    } else {
      panel_f32_6x16_simd256(steps, b, mode, kept, next);
      panel_f32_6x16_simd256(steps, b + 24, mode, kept + TILE_BYTES, next + half);
    }
    kept += PANEL_BYTES;
    b += stride;
  }
}

/** The kept tiles `[n][16]` to `c[rows, n]`. */
function storePanels(c: usize, rows: i32, n: i32, rowBytes: usize, accumulate: i32): void {
  let kept = base + KEPT_AT;
  for (; n >= 4; n -= 4) {
    let from = kept;
    let to = c;
    let left = rows;
    for (; left >= 4; left -= 4) {
      storeBlock(to, from, rowBytes, accumulate);
      from += 16;
      to += rowBytes * 4;
    }
    if (left > 0) storeElements(to, from, left, 4, rowBytes, 4, STEP, accumulate);
    kept += STEP * 4;
    c += 16;
  }
  if (n > 0) storeElements(c, kept, rows, n, rowBytes, 4, STEP, accumulate);
}

/** Four columns of four rows. */
@inline
function storeBlock(c: usize, from: usize, rowBytes: usize, accumulate: i32): void {
  storeTransposed(
    c,
    v128.load(from),
    v128.load(from, 64),
    v128.load(from, 128),
    v128.load(from, 192),
    rowBytes,
    accumulate,
  );
}
