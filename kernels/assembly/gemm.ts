/** Matrix product of packed operands, blocked for the caches (Goto and van de Geijn, 2008). */
import { gemm_f32_4x12_simd128 } from "../build/gemm_f32_4x12_simd128";
import { gemm_f32_4x8_simd128 } from "../build/gemm_f32_4x8_simd128";
import { gemm_f32_8x4_simd128 } from "../build/gemm_f32_8x4_simd128";
import { K_BLOCK, MR, NR } from "../build/sizes";
import { takesSimd256, multiplyBlockSimd256 } from "./simd256";

/** Floats of packed A to stay in the L2 cache while the panels of B pass by. */
const A_BLOCK: i32 = 128 * 1024;
/** Rows of three panels, and of two 256-bit tiles. */
const TILES: i32 = 3 * MR;

/**
 * `c[m, n] = (accumulate ? c : 0) + a · b`.
 *
 * Each element is one running sum over k, cut only at places that depend on k alone: splitting m or n
 * over several calls gives the same bits.
 *
 * @param a packed `[ceil(m / MR)][k][MR]`
 * @param b packed `[ceil(n / NR)][k][NR]`
 * @param ldc floats from one row of c to the next
 */
export function gemm(
  c: usize,
  a: usize,
  b: usize,
  m: i32,
  n: i32,
  k: i32,
  ldc: i32,
  accumulate: i32,
): void {
  multiply(c, a, b, m, n, k, ldc, <usize> k * (MR * 4), <usize> k * (NR * 4), accumulate);
}

/** {@link gemm} of panels that are `strideA` and `strideB` bytes apart. */
export function multiply(
  c: usize,
  a: usize,
  b: usize,
  m: i32,
  n: i32,
  k: i32,
  ldc: i32,
  strideA: usize,
  strideB: usize,
  accumulate: i32,
): void {
  // Few panels at a time is the common case of attention: no divisions on that way.
  const depth = depthOf(k);
  const height = m * depth <= A_BLOCK ? m : heightOf(m, depth);
  const rowBytes = <usize> ldc << 2;
  for (let i0 = 0; i0 < m; i0 += height) {
    let k0 = 0;
    do {
      multiplyBlock(
        c,
        a + <usize> k0 * (MR * 4),
        b + <usize> k0 * (NR * 4),
        min(height, m - i0),
        n,
        min(depth, k - k0),
        rowBytes,
        strideA,
        strideB,
        accumulate | i32(k0 > 0),
      );
      k0 += depth;
    } while (k0 < k);
    c += <usize> height * rowBytes;
    a += <usize> (height / MR) * strideA;
  }
}

/**
 * How much of k is summed before C is touched, in registers: blocks of at most K_BLOCK of nearly one
 * size. Panels of A and B this long share the L1 cache.
 */
@inline
export function depthOf(k: i32): i32 {
  if (k <= K_BLOCK) return max(k, 1);
  const blocks = (k + K_BLOCK - 1) / K_BLOCK;
  return (k + blocks - 1) / blocks;
}

/** How many rows of A are one block: blocks of nearly one size, of whole tiles of either kind. */
function heightOf(m: i32, depth: i32): i32 {
  const blocks = (m * depth + A_BLOCK - 1) / A_BLOCK;
  return (m + blocks * TILES - 1) / (blocks * TILES) * TILES;
}

/** One block, all of k in one running sum: each panel of B passes by all panels of A. */
export function multiplyBlock(
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
  if (takesSimd256(m, n, k)) {
    multiplyBlockSimd256(c, a, b, m, n, k, rowBytes, strideA, strideB, accumulate);
    return;
  }
  for (; n > 0; n -= NR) {
    multiplyPanel(c, a, b, m, min(NR, n), k, rowBytes, strideA, accumulate);
    b += strideB;
    c += NR * 4;
  }
}

/** All panels of A by one of B, with the narrowest tile that holds its columns. */
function multiplyPanel(
  c: usize,
  a: usize,
  b: usize,
  m: i32,
  cols: i32,
  k: i32,
  rowBytes: usize,
  strideA: usize,
  accumulate: i32,
): void {
  if (cols <= 4) {
    for (; m > 0; m -= 2 * MR) {
      const other = m > MR ? a + strideA : a;
      gemm_f32_8x4_simd128(c, a, other, b, k, rowBytes, min(2 * MR, m), cols, accumulate);
      c += rowBytes * (2 * MR);
      a += strideA * 2;
    }
    return;
  }
  for (; m > 0; m -= MR) {
    if (cols > 8) gemm_f32_4x12_simd128(c, a, b, k, rowBytes, min(MR, m), cols, accumulate);
    else gemm_f32_4x8_simd128(c, a, b, k, rowBytes, min(MR, m), cols, accumulate);
    c += rowBytes * MR;
    a += strideA;
  }
}
