/**
 * The register tile under every matrix product: 6 rows by 8 columns of C, twelve accumulators that
 * leave room for two vectors of B and one broadcast of A in the fifteen registers V8 gives out.
 *
 * It is a function of its own, called once a tile, because V8 replaces unoptimised code only at a call.
 */
import { madd } from "./madd";

/** Rows of a tile, and of a panel of packed A. */
export const MR: i32 = 6;
/** Columns of a tile, and of a panel of packed B. */
export const NR: i32 = 8;

/**
 * `c[rows, cols] = (accumulate ? c : 0) + a · b` for one panel pair.
 *
 * @param c first element; rows are `ldc` bytes apart
 * @param a `[k][MR]`
 * @param b `[k][NR]`
 * @param rows 1 to MR; the others of the tile are computed and dropped
 * @param cols 1 to NR; likewise
 */
export function tile(
  c: usize,
  a: usize,
  b: usize,
  k: i32,
  ldc: usize,
  rows: i32,
  cols: i32,
  accumulate: i32,
): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  let b0: v128;
  let b1: v128;
  let x: v128;
  for (; k >= 8; k -= 8) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    c00 = madd(x = v128.load32_splat(a), b0, c00);
    c01 = madd(x, b1, c01);
    c10 = madd(x = v128.load32_splat(a + 4), b0, c10);
    c11 = madd(x, b1, c11);
    c20 = madd(x = v128.load32_splat(a + 8), b0, c20);
    c21 = madd(x, b1, c21);
    c30 = madd(x = v128.load32_splat(a + 12), b0, c30);
    c31 = madd(x, b1, c31);
    c40 = madd(x = v128.load32_splat(a + 16), b0, c40);
    c41 = madd(x, b1, c41);
    c50 = madd(x = v128.load32_splat(a + 20), b0, c50);
    c51 = madd(x, b1, c51);
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    c00 = madd(x = v128.load32_splat(a + 24), b0, c00);
    c01 = madd(x, b1, c01);
    c10 = madd(x = v128.load32_splat(a + 28), b0, c10);
    c11 = madd(x, b1, c11);
    c20 = madd(x = v128.load32_splat(a + 32), b0, c20);
    c21 = madd(x, b1, c21);
    c30 = madd(x = v128.load32_splat(a + 36), b0, c30);
    c31 = madd(x, b1, c31);
    c40 = madd(x = v128.load32_splat(a + 40), b0, c40);
    c41 = madd(x, b1, c41);
    c50 = madd(x = v128.load32_splat(a + 44), b0, c50);
    c51 = madd(x, b1, c51);
    b0 = v128.load(b, 64);
    b1 = v128.load(b, 80);
    c00 = madd(x = v128.load32_splat(a + 48), b0, c00);
    c01 = madd(x, b1, c01);
    c10 = madd(x = v128.load32_splat(a + 52), b0, c10);
    c11 = madd(x, b1, c11);
    c20 = madd(x = v128.load32_splat(a + 56), b0, c20);
    c21 = madd(x, b1, c21);
    c30 = madd(x = v128.load32_splat(a + 60), b0, c30);
    c31 = madd(x, b1, c31);
    c40 = madd(x = v128.load32_splat(a + 64), b0, c40);
    c41 = madd(x, b1, c41);
    c50 = madd(x = v128.load32_splat(a + 68), b0, c50);
    c51 = madd(x, b1, c51);
    b0 = v128.load(b, 96);
    b1 = v128.load(b, 112);
    c00 = madd(x = v128.load32_splat(a + 72), b0, c00);
    c01 = madd(x, b1, c01);
    c10 = madd(x = v128.load32_splat(a + 76), b0, c10);
    c11 = madd(x, b1, c11);
    c20 = madd(x = v128.load32_splat(a + 80), b0, c20);
    c21 = madd(x, b1, c21);
    c30 = madd(x = v128.load32_splat(a + 84), b0, c30);
    c31 = madd(x, b1, c31);
    c40 = madd(x = v128.load32_splat(a + 88), b0, c40);
    c41 = madd(x, b1, c41);
    c50 = madd(x = v128.load32_splat(a + 92), b0, c50);
    c51 = madd(x, b1, c51);
    b0 = v128.load(b, 128);
    b1 = v128.load(b, 144);
    c00 = madd(x = v128.load32_splat(a + 96), b0, c00);
    c01 = madd(x, b1, c01);
    c10 = madd(x = v128.load32_splat(a + 100), b0, c10);
    c11 = madd(x, b1, c11);
    c20 = madd(x = v128.load32_splat(a + 104), b0, c20);
    c21 = madd(x, b1, c21);
    c30 = madd(x = v128.load32_splat(a + 108), b0, c30);
    c31 = madd(x, b1, c31);
    c40 = madd(x = v128.load32_splat(a + 112), b0, c40);
    c41 = madd(x, b1, c41);
    c50 = madd(x = v128.load32_splat(a + 116), b0, c50);
    c51 = madd(x, b1, c51);
    b0 = v128.load(b, 160);
    b1 = v128.load(b, 176);
    c00 = madd(x = v128.load32_splat(a + 120), b0, c00);
    c01 = madd(x, b1, c01);
    c10 = madd(x = v128.load32_splat(a + 124), b0, c10);
    c11 = madd(x, b1, c11);
    c20 = madd(x = v128.load32_splat(a + 128), b0, c20);
    c21 = madd(x, b1, c21);
    c30 = madd(x = v128.load32_splat(a + 132), b0, c30);
    c31 = madd(x, b1, c31);
    c40 = madd(x = v128.load32_splat(a + 136), b0, c40);
    c41 = madd(x, b1, c41);
    c50 = madd(x = v128.load32_splat(a + 140), b0, c50);
    c51 = madd(x, b1, c51);
    b0 = v128.load(b, 192);
    b1 = v128.load(b, 208);
    c00 = madd(x = v128.load32_splat(a + 144), b0, c00);
    c01 = madd(x, b1, c01);
    c10 = madd(x = v128.load32_splat(a + 148), b0, c10);
    c11 = madd(x, b1, c11);
    c20 = madd(x = v128.load32_splat(a + 152), b0, c20);
    c21 = madd(x, b1, c21);
    c30 = madd(x = v128.load32_splat(a + 156), b0, c30);
    c31 = madd(x, b1, c31);
    c40 = madd(x = v128.load32_splat(a + 160), b0, c40);
    c41 = madd(x, b1, c41);
    c50 = madd(x = v128.load32_splat(a + 164), b0, c50);
    c51 = madd(x, b1, c51);
    b0 = v128.load(b, 224);
    b1 = v128.load(b, 240);
    c00 = madd(x = v128.load32_splat(a + 168), b0, c00);
    c01 = madd(x, b1, c01);
    c10 = madd(x = v128.load32_splat(a + 172), b0, c10);
    c11 = madd(x, b1, c11);
    c20 = madd(x = v128.load32_splat(a + 176), b0, c20);
    c21 = madd(x, b1, c21);
    c30 = madd(x = v128.load32_splat(a + 180), b0, c30);
    c31 = madd(x, b1, c31);
    c40 = madd(x = v128.load32_splat(a + 184), b0, c40);
    c41 = madd(x, b1, c41);
    c50 = madd(x = v128.load32_splat(a + 188), b0, c50);
    c51 = madd(x, b1, c51);
    a += 192;
    b += 256;
  }
  for (; k > 0; k--) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    c00 = madd(x = v128.load32_splat(a), b0, c00);
    c01 = madd(x, b1, c01);
    c10 = madd(x = v128.load32_splat(a + 4), b0, c10);
    c11 = madd(x, b1, c11);
    c20 = madd(x = v128.load32_splat(a + 8), b0, c20);
    c21 = madd(x, b1, c21);
    c30 = madd(x = v128.load32_splat(a + 12), b0, c30);
    c31 = madd(x, b1, c31);
    c40 = madd(x = v128.load32_splat(a + 16), b0, c40);
    c41 = madd(x, b1, c41);
    c50 = madd(x = v128.load32_splat(a + 20), b0, c50);
    c51 = madd(x, b1, c51);
    a += 24;
    b += 32;
  }
  if (rows == MR && cols == NR) {
    storeFullRow(c, c00, c01, accumulate);
    c += ldc;
    storeFullRow(c, c10, c11, accumulate);
    c += ldc;
    storeFullRow(c, c20, c21, accumulate);
    c += ldc;
    storeFullRow(c, c30, c31, accumulate);
    c += ldc;
    storeFullRow(c, c40, c41, accumulate);
    c += ldc;
    storeFullRow(c, c50, c51, accumulate);
    return;
  }
  storeRow(c, c00, c01, cols, accumulate);
  if (rows == 1) return;
  storeRow(c + ldc, c10, c11, cols, accumulate);
  if (rows == 2) return;
  storeRow(c + ldc * 2, c20, c21, cols, accumulate);
  if (rows == 3) return;
  storeRow(c + ldc * 3, c30, c31, cols, accumulate);
  if (rows == 4) return;
  storeRow(c + ldc * 4, c40, c41, cols, accumulate);
  if (rows == 5) return;
  storeRow(c + ldc * 5, c50, c51, cols, accumulate);
}

@inline
function storeFullRow(c: usize, low: v128, high: v128, accumulate: i32): void {
  if (accumulate) {
    low = f32x4.add(v128.load(c), low);
    high = f32x4.add(v128.load(c, 16), high);
  }
  v128.store(c, low);
  v128.store(c, high, 16);
}

/** The first `cols` columns of one row, touching nothing past them. */
function storeRow(c: usize, low: v128, high: v128, cols: i32, accumulate: i32): void {
  for (; cols > 0; cols--) {
    const value = f32x4.extract_lane(low, 0);
    store<f32>(c, accumulate ? load<f32>(c) + value : value);
    // One lane down, the high half refilling the low one.
    low = v128.shuffle<f32>(low, high, 1, 2, 3, 4);
    high = v128.shuffle<f32>(high, high, 1, 2, 3, 3);
    c += 4;
  }
}
