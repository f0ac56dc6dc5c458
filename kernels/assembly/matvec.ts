/** The product of one row with packed weights: bound by the memory that the weights stream from. */
import { addProduct } from "./add_product";
import { depthOf } from "./gemm";
import { NR } from "./tile";

if (NR != 12) ERROR("the loads below are those of panels of 12 columns");

/** Panels that are read side by side: nine sums hide the latency of a multiply-add. */
export const PANELS: i32 = 3;
/** Bytes of one k in a panel. */
const STEP: usize = NR * 4;

/**
 * `y[n] = (accumulate ? y : 0) + x[k] · b`, to the bits of {@link gemm} with one row.
 *
 * @param b packed `[ceil(n / NR)][k][NR]`
 */
export function matvec(y: usize, x: usize, b: usize, n: i32, k: i32, accumulate: i32): void {
  const stride = <usize> k * STEP;
  const depth = depthOf(k);
  while (n > 0) {
    const wide = n >= PANELS * NR;
    for (let k0 = 0; k0 < k; k0 += depth) {
      const from = b + <usize> k0 * STEP;
      const row = x + (<usize> k0 << 2);
      const more = accumulate | i32(k0 > 0);
      if (wide) threePanels<f32>(y, row, from, stride, min(depth, k - k0), more);
      else onePanel<f32>(y, row, from, min(depth, k - k0), min(NR, n), more);
    }
    const panels = wide ? PANELS : 1;
    n -= panels * NR;
    y += <usize> panels * STEP;
    b += <usize> panels * stride;
  }
}

/** Sums of {@link addProduct}'s words; those of bytes do not accumulate. */
export function threePanels<T>(
  y: usize,
  x: usize,
  b: usize,
  stride: usize,
  k: i32,
  accumulate: i32,
): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0);
  let s5 = f32x4.splat(0);
  let s6 = f32x4.splat(0);
  let s7 = f32x4.splat(0);
  let s8 = f32x4.splat(0);
  let c = b + stride;
  let d = c + stride;
  let a: v128;
  for (; k >= 4; k -= 4) {
    a = v128.load32_splat(x);
    s0 = addProduct<T>(a, v128.load(b), s0);
    s1 = addProduct<T>(a, v128.load(b, 16), s1);
    s2 = addProduct<T>(a, v128.load(b, 32), s2);
    s3 = addProduct<T>(a, v128.load(c), s3);
    s4 = addProduct<T>(a, v128.load(c, 16), s4);
    s5 = addProduct<T>(a, v128.load(c, 32), s5);
    s6 = addProduct<T>(a, v128.load(d), s6);
    s7 = addProduct<T>(a, v128.load(d, 16), s7);
    s8 = addProduct<T>(a, v128.load(d, 32), s8);
    a = v128.load32_splat(x + 4);
    s0 = addProduct<T>(a, v128.load(b, 48), s0);
    s1 = addProduct<T>(a, v128.load(b, 64), s1);
    s2 = addProduct<T>(a, v128.load(b, 80), s2);
    s3 = addProduct<T>(a, v128.load(c, 48), s3);
    s4 = addProduct<T>(a, v128.load(c, 64), s4);
    s5 = addProduct<T>(a, v128.load(c, 80), s5);
    s6 = addProduct<T>(a, v128.load(d, 48), s6);
    s7 = addProduct<T>(a, v128.load(d, 64), s7);
    s8 = addProduct<T>(a, v128.load(d, 80), s8);
    a = v128.load32_splat(x + 8);
    s0 = addProduct<T>(a, v128.load(b, 96), s0);
    s1 = addProduct<T>(a, v128.load(b, 112), s1);
    s2 = addProduct<T>(a, v128.load(b, 128), s2);
    s3 = addProduct<T>(a, v128.load(c, 96), s3);
    s4 = addProduct<T>(a, v128.load(c, 112), s4);
    s5 = addProduct<T>(a, v128.load(c, 128), s5);
    s6 = addProduct<T>(a, v128.load(d, 96), s6);
    s7 = addProduct<T>(a, v128.load(d, 112), s7);
    s8 = addProduct<T>(a, v128.load(d, 128), s8);
    a = v128.load32_splat(x + 12);
    s0 = addProduct<T>(a, v128.load(b, 144), s0);
    s1 = addProduct<T>(a, v128.load(b, 160), s1);
    s2 = addProduct<T>(a, v128.load(b, 176), s2);
    s3 = addProduct<T>(a, v128.load(c, 144), s3);
    s4 = addProduct<T>(a, v128.load(c, 160), s4);
    s5 = addProduct<T>(a, v128.load(c, 176), s5);
    s6 = addProduct<T>(a, v128.load(d, 144), s6);
    s7 = addProduct<T>(a, v128.load(d, 160), s7);
    s8 = addProduct<T>(a, v128.load(d, 176), s8);
    x += 16;
    b += STEP * 4;
    c += STEP * 4;
    d += STEP * 4;
  }
  for (; k > 0; k--) {
    a = v128.load32_splat(x);
    s0 = addProduct<T>(a, v128.load(b), s0);
    s1 = addProduct<T>(a, v128.load(b, 16), s1);
    s2 = addProduct<T>(a, v128.load(b, 32), s2);
    s3 = addProduct<T>(a, v128.load(c), s3);
    s4 = addProduct<T>(a, v128.load(c, 16), s4);
    s5 = addProduct<T>(a, v128.load(c, 32), s5);
    s6 = addProduct<T>(a, v128.load(d), s6);
    s7 = addProduct<T>(a, v128.load(d, 16), s7);
    s8 = addProduct<T>(a, v128.load(d, 32), s8);
    x += 4;
    b += STEP;
    c += STEP;
    d += STEP;
  }
  put(y, s0, accumulate);
  put(y + 16, s1, accumulate);
  put(y + 32, s2, accumulate);
  put(y + 48, s3, accumulate);
  put(y + 64, s4, accumulate);
  put(y + 80, s5, accumulate);
  put(y + 96, s6, accumulate);
  put(y + 112, s7, accumulate);
  put(y + 128, s8, accumulate);
}

/** {@link threePanels} of the first `cols` columns of a single panel. */
export function onePanel<T>(
  y: usize,
  x: usize,
  b: usize,
  k: i32,
  cols: i32,
  accumulate: i32,
): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  for (; k > 0; k--) {
    const a = v128.load32_splat(x);
    s0 = addProduct<T>(a, v128.load(b), s0);
    s1 = addProduct<T>(a, v128.load(b, 16), s1);
    s2 = addProduct<T>(a, v128.load(b, 32), s2);
    x += 4;
    b += STEP;
  }
  if (cols == NR) {
    put(y, s0, accumulate);
    put(y + 16, s1, accumulate);
    put(y + 32, s2, accumulate);
    return;
  }
  for (; cols > 0; cols--) {
    const value = f32x4.extract_lane(s0, 0);
    store<f32>(y, accumulate ? load<f32>(y) + value : value);
    // One lane down, each vector refilled from the next.
    s0 = v128.shuffle<f32>(s0, s1, 1, 2, 3, 4);
    s1 = v128.shuffle<f32>(s1, s2, 1, 2, 3, 4);
    s2 = v128.shuffle<f32>(s2, s2, 1, 2, 3, 3);
    y += 4;
  }
}

@inline
function put(y: usize, sum: v128, accumulate: i32): void {
  v128.store(y, accumulate ? f32x4.add(v128.load(y), sum) : sum);
}
