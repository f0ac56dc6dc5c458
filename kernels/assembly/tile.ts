/**
 * The register tiles under every matrix product. The widest has 4 rows by 12 columns of C in twelve
 * accumulators, which leaves room for one vector of B and two of A in the fifteen registers that V8
 * gives out; the others serve the last columns.
 *
 * V8 checks the bounds of each access with two instructions more, so a tile is as fast as it has few
 * loads. Two elements of A come in one load, as [a0, a1, a0, a1]; multiplied by [b0, b1, b2, b3] and by
 * [b1, b0, b3, b2] they give two rows of four columns, woven into each other until they are stored.
 * Each step of k has pointers of its own, since V8 then shares the checks' limits among the steps.
 *
 * A tile is a function of its own, called once a tile, because V8 replaces unoptimised code only at a
 * call.
 */
import { addProduct } from "./add_product";
import { lower, storeRow3, swapPairs, upper } from "./weave";

/** Rows of a tile, and of a panel of packed A. */
export const MR: i32 = 4;
/** Columns of a tile, and of a panel of packed B. */
export const NR: i32 = 12;


/**
 * `c[rows, cols] = (accumulate ? c : 0) + a · b` for one panel pair, of {@link addProduct}'s words;
 * sums of bytes do not accumulate.
 *
 * @param c first element; rows are `ldc` bytes apart
 * @param a `[k][MR]`
 * @param b `[k][NR]`
 * @param rows 1 to MR; the others of the tile are computed and dropped
 * @param cols 9 to NR; likewise
 */
export function tile<T>(
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
  let s02 = f32x4.splat(0);
  let t02 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let t10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let t11 = f32x4.splat(0);
  let s12 = f32x4.splat(0);
  let t12 = f32x4.splat(0);
  let v: v128;
  let x0: v128;
  let x1: v128;
  for (; k >= 4; k -= 4) {
    x0 = v128.load64_splat(a);
    x1 = v128.load64_splat(a, 8);
    v = v128.load(b);
    s00 = addProduct<T>(x0, v, s00);
    s10 = addProduct<T>(x1, v, s10);
    v = swapPairs(v);
    t00 = addProduct<T>(x0, v, t00);
    t10 = addProduct<T>(x1, v, t10);
    v = v128.load(b, 16);
    s01 = addProduct<T>(x0, v, s01);
    s11 = addProduct<T>(x1, v, s11);
    v = swapPairs(v);
    t01 = addProduct<T>(x0, v, t01);
    t11 = addProduct<T>(x1, v, t11);
    v = v128.load(b, 32);
    s02 = addProduct<T>(x0, v, s02);
    s12 = addProduct<T>(x1, v, s12);
    v = swapPairs(v);
    t02 = addProduct<T>(x0, v, t02);
    t12 = addProduct<T>(x1, v, t12);
    const a1 = a + 16;
    const b1 = b + 48;
    x0 = v128.load64_splat(a1);
    x1 = v128.load64_splat(a1, 8);
    v = v128.load(b1);
    s00 = addProduct<T>(x0, v, s00);
    s10 = addProduct<T>(x1, v, s10);
    v = swapPairs(v);
    t00 = addProduct<T>(x0, v, t00);
    t10 = addProduct<T>(x1, v, t10);
    v = v128.load(b1, 16);
    s01 = addProduct<T>(x0, v, s01);
    s11 = addProduct<T>(x1, v, s11);
    v = swapPairs(v);
    t01 = addProduct<T>(x0, v, t01);
    t11 = addProduct<T>(x1, v, t11);
    v = v128.load(b1, 32);
    s02 = addProduct<T>(x0, v, s02);
    s12 = addProduct<T>(x1, v, s12);
    v = swapPairs(v);
    t02 = addProduct<T>(x0, v, t02);
    t12 = addProduct<T>(x1, v, t12);
    const a2 = a + 32;
    const b2 = b + 96;
    x0 = v128.load64_splat(a2);
    x1 = v128.load64_splat(a2, 8);
    v = v128.load(b2);
    s00 = addProduct<T>(x0, v, s00);
    s10 = addProduct<T>(x1, v, s10);
    v = swapPairs(v);
    t00 = addProduct<T>(x0, v, t00);
    t10 = addProduct<T>(x1, v, t10);
    v = v128.load(b2, 16);
    s01 = addProduct<T>(x0, v, s01);
    s11 = addProduct<T>(x1, v, s11);
    v = swapPairs(v);
    t01 = addProduct<T>(x0, v, t01);
    t11 = addProduct<T>(x1, v, t11);
    v = v128.load(b2, 32);
    s02 = addProduct<T>(x0, v, s02);
    s12 = addProduct<T>(x1, v, s12);
    v = swapPairs(v);
    t02 = addProduct<T>(x0, v, t02);
    t12 = addProduct<T>(x1, v, t12);
    const a3 = a + 48;
    const b3 = b + 144;
    x0 = v128.load64_splat(a3);
    x1 = v128.load64_splat(a3, 8);
    v = v128.load(b3);
    s00 = addProduct<T>(x0, v, s00);
    s10 = addProduct<T>(x1, v, s10);
    v = swapPairs(v);
    t00 = addProduct<T>(x0, v, t00);
    t10 = addProduct<T>(x1, v, t10);
    v = v128.load(b3, 16);
    s01 = addProduct<T>(x0, v, s01);
    s11 = addProduct<T>(x1, v, s11);
    v = swapPairs(v);
    t01 = addProduct<T>(x0, v, t01);
    t11 = addProduct<T>(x1, v, t11);
    v = v128.load(b3, 32);
    s02 = addProduct<T>(x0, v, s02);
    s12 = addProduct<T>(x1, v, s12);
    v = swapPairs(v);
    t02 = addProduct<T>(x0, v, t02);
    t12 = addProduct<T>(x1, v, t12);
    a += 64;
    b += 192;
  }
  for (; k > 0; k--) {
    x0 = v128.load64_splat(a);
    x1 = v128.load64_splat(a, 8);
    v = v128.load(b);
    s00 = addProduct<T>(x0, v, s00);
    s10 = addProduct<T>(x1, v, s10);
    v = swapPairs(v);
    t00 = addProduct<T>(x0, v, t00);
    t10 = addProduct<T>(x1, v, t10);
    v = v128.load(b, 16);
    s01 = addProduct<T>(x0, v, s01);
    s11 = addProduct<T>(x1, v, s11);
    v = swapPairs(v);
    t01 = addProduct<T>(x0, v, t01);
    t11 = addProduct<T>(x1, v, t11);
    v = v128.load(b, 32);
    s02 = addProduct<T>(x0, v, s02);
    s12 = addProduct<T>(x1, v, s12);
    v = swapPairs(v);
    t02 = addProduct<T>(x0, v, t02);
    t12 = addProduct<T>(x1, v, t12);
    a += 16;
    b += 48;
  }
  storeRow3(c, upper(s00, t00), upper(s01, t01), upper(s02, t02), cols, accumulate);
  if (rows == 1) return;
  c += ldc;
  storeRow3(c, lower(s00, t00), lower(s01, t01), lower(s02, t02), cols, accumulate);
  if (rows == 2) return;
  c += ldc;
  storeRow3(c, upper(s10, t10), upper(s11, t11), upper(s12, t12), cols, accumulate);
  if (rows == 3) return;
  c += ldc;
  storeRow3(c, lower(s10, t10), lower(s11, t11), lower(s12, t12), cols, accumulate);
}
