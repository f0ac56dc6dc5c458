/** The tiles of tile.ts for the last columns of a product. */
import { madd } from "./madd";
import { lower, storeRow2, storeRows4, swapPairs, upper } from "./weave";

/** {@link tile} of 5 to 8 columns; panels of B are as wide as ever. */
export function tile8(
  c: usize,
  a: usize,
  b: usize,
  k: i32,
  ldc: usize,
  rows: i32,
  cols: i32,
  accumulate: i32,
): void {
  let s00 = f32x4.splat(0);
  let t00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let t01 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let t10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let t11 = f32x4.splat(0);
  let v: v128;
  let x0: v128;
  let x1: v128;
  for (; k >= 4; k -= 4) {
    x0 = v128.load64_splat(a);
    x1 = v128.load64_splat(a, 8);
    v = v128.load(b);
    s00 = madd(x0, v, s00);
    s10 = madd(x1, v, s10);
    v = swapPairs(v);
    t00 = madd(x0, v, t00);
    t10 = madd(x1, v, t10);
    v = v128.load(b, 16);
    s01 = madd(x0, v, s01);
    s11 = madd(x1, v, s11);
    v = swapPairs(v);
    t01 = madd(x0, v, t01);
    t11 = madd(x1, v, t11);
    const a1 = a + 16;
    const b1 = b + 48;
    x0 = v128.load64_splat(a1);
    x1 = v128.load64_splat(a1, 8);
    v = v128.load(b1);
    s00 = madd(x0, v, s00);
    s10 = madd(x1, v, s10);
    v = swapPairs(v);
    t00 = madd(x0, v, t00);
    t10 = madd(x1, v, t10);
    v = v128.load(b1, 16);
    s01 = madd(x0, v, s01);
    s11 = madd(x1, v, s11);
    v = swapPairs(v);
    t01 = madd(x0, v, t01);
    t11 = madd(x1, v, t11);
    const a2 = a + 32;
    const b2 = b + 96;
    x0 = v128.load64_splat(a2);
    x1 = v128.load64_splat(a2, 8);
    v = v128.load(b2);
    s00 = madd(x0, v, s00);
    s10 = madd(x1, v, s10);
    v = swapPairs(v);
    t00 = madd(x0, v, t00);
    t10 = madd(x1, v, t10);
    v = v128.load(b2, 16);
    s01 = madd(x0, v, s01);
    s11 = madd(x1, v, s11);
    v = swapPairs(v);
    t01 = madd(x0, v, t01);
    t11 = madd(x1, v, t11);
    const a3 = a + 48;
    const b3 = b + 144;
    x0 = v128.load64_splat(a3);
    x1 = v128.load64_splat(a3, 8);
    v = v128.load(b3);
    s00 = madd(x0, v, s00);
    s10 = madd(x1, v, s10);
    v = swapPairs(v);
    t00 = madd(x0, v, t00);
    t10 = madd(x1, v, t10);
    v = v128.load(b3, 16);
    s01 = madd(x0, v, s01);
    s11 = madd(x1, v, s11);
    v = swapPairs(v);
    t01 = madd(x0, v, t01);
    t11 = madd(x1, v, t11);
    a += 64;
    b += 192;
  }
  for (; k > 0; k--) {
    x0 = v128.load64_splat(a);
    x1 = v128.load64_splat(a, 8);
    v = v128.load(b);
    s00 = madd(x0, v, s00);
    s10 = madd(x1, v, s10);
    v = swapPairs(v);
    t00 = madd(x0, v, t00);
    t10 = madd(x1, v, t10);
    v = v128.load(b, 16);
    s01 = madd(x0, v, s01);
    s11 = madd(x1, v, s11);
    v = swapPairs(v);
    t01 = madd(x0, v, t01);
    t11 = madd(x1, v, t11);
    a += 16;
    b += 48;
  }
  storeRow2(c, upper(s00, t00), upper(s01, t01), cols, accumulate);
  if (rows == 1) return;
  c += ldc;
  storeRow2(c, lower(s00, t00), lower(s01, t01), cols, accumulate);
  if (rows == 2) return;
  c += ldc;
  storeRow2(c, upper(s10, t10), upper(s11, t11), cols, accumulate);
  if (rows == 3) return;
  c += ldc;
  storeRow2(c, lower(s10, t10), lower(s11, t11), cols, accumulate);
}

/**
 * {@link tile} of 1 to 4 columns, on two panels of A at once so that eight sums are in flight.
 *
 * @param other the panel after `a`; read but dropped where rows ≤ MR
 * @param rows 1 to 2 MR
 */
export function tile4(
  c: usize,
  a: usize,
  other: usize,
  b: usize,
  k: i32,
  ldc: usize,
  rows: i32,
  cols: i32,
  accumulate: i32,
): void {
  let s0 = f32x4.splat(0);
  let t0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let t1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let t2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let t3 = f32x4.splat(0);
  let v: v128;
  let w: v128;
  let x: v128;
  for (; k >= 4; k -= 4) {
    v = v128.load(b);
    w = swapPairs(v);
    x = v128.load64_splat(a);
    s0 = madd(x, v, s0);
    t0 = madd(x, w, t0);
    x = v128.load64_splat(a, 8);
    s1 = madd(x, v, s1);
    t1 = madd(x, w, t1);
    x = v128.load64_splat(other);
    s2 = madd(x, v, s2);
    t2 = madd(x, w, t2);
    x = v128.load64_splat(other, 8);
    s3 = madd(x, v, s3);
    t3 = madd(x, w, t3);
    const a1 = a + 16;
    const o1 = other + 16;
    const b1 = b + 48;
    v = v128.load(b1);
    w = swapPairs(v);
    x = v128.load64_splat(a1);
    s0 = madd(x, v, s0);
    t0 = madd(x, w, t0);
    x = v128.load64_splat(a1, 8);
    s1 = madd(x, v, s1);
    t1 = madd(x, w, t1);
    x = v128.load64_splat(o1);
    s2 = madd(x, v, s2);
    t2 = madd(x, w, t2);
    x = v128.load64_splat(o1, 8);
    s3 = madd(x, v, s3);
    t3 = madd(x, w, t3);
    const a2 = a + 32;
    const o2 = other + 32;
    const b2 = b + 96;
    v = v128.load(b2);
    w = swapPairs(v);
    x = v128.load64_splat(a2);
    s0 = madd(x, v, s0);
    t0 = madd(x, w, t0);
    x = v128.load64_splat(a2, 8);
    s1 = madd(x, v, s1);
    t1 = madd(x, w, t1);
    x = v128.load64_splat(o2);
    s2 = madd(x, v, s2);
    t2 = madd(x, w, t2);
    x = v128.load64_splat(o2, 8);
    s3 = madd(x, v, s3);
    t3 = madd(x, w, t3);
    const a3 = a + 48;
    const o3 = other + 48;
    const b3 = b + 144;
    v = v128.load(b3);
    w = swapPairs(v);
    x = v128.load64_splat(a3);
    s0 = madd(x, v, s0);
    t0 = madd(x, w, t0);
    x = v128.load64_splat(a3, 8);
    s1 = madd(x, v, s1);
    t1 = madd(x, w, t1);
    x = v128.load64_splat(o3);
    s2 = madd(x, v, s2);
    t2 = madd(x, w, t2);
    x = v128.load64_splat(o3, 8);
    s3 = madd(x, v, s3);
    t3 = madd(x, w, t3);
    a += 64;
    other += 64;
    b += 192;
  }
  for (; k > 0; k--) {
    v = v128.load(b);
    w = swapPairs(v);
    x = v128.load64_splat(a);
    s0 = madd(x, v, s0);
    t0 = madd(x, w, t0);
    x = v128.load64_splat(a, 8);
    s1 = madd(x, v, s1);
    t1 = madd(x, w, t1);
    x = v128.load64_splat(other);
    s2 = madd(x, v, s2);
    t2 = madd(x, w, t2);
    x = v128.load64_splat(other, 8);
    s3 = madd(x, v, s3);
    t3 = madd(x, w, t3);
    a += 16;
    other += 16;
    b += 48;
  }
  storeRows4(c, s0, t0, ldc, rows, cols, accumulate);
  storeRows4(c + ldc * 2, s1, t1, ldc, rows - 2, cols, accumulate);
  storeRows4(c + ldc * 4, s2, t2, ldc, rows - 4, cols, accumulate);
  storeRows4(c + ldc * 6, s3, t3, ldc, rows - 6, cols, accumulate);
}
