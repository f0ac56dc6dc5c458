/** Vectorised exponential of what softmax and sigmoid need: x ≤ 0. */
import { madd } from "./madd";

/**
 * Rows of four equal lanes, loaded where used: V8 rebuilds a splatted constant at every use.
 * Range reduction as in Cephes (Moshier), expf.
 */
const TABLE = memory.data<f32>([
  // 0: least x whose result is a normal number
  -87.0,
  -87.0,
  -87.0,
  -87.0,
  // 16: log2 e
  1.44269504088896341,
  1.44269504088896341,
  1.44269504088896341,
  1.44269504088896341,
  // 32: 1.5 * 2^23; adding it leaves the nearest integer in the low bits
  12582912.0,
  12582912.0,
  12582912.0,
  12582912.0,
  // 48, 64: -ln 2 in two parts
  -0.693359375,
  -0.693359375,
  -0.693359375,
  -0.693359375,
  2.12194440e-4,
  2.12194440e-4,
  2.12194440e-4,
  2.12194440e-4,
  // 80 to 128: minimax coefficients of r^5 down to r^2, for |r| <= ln 2 / 2
  8.312501013278961e-3, 8.312501013278961e-3, 8.312501013278961e-3, 8.312501013278961e-3,
  4.1890330612659454e-2, 4.1890330612659454e-2, 4.1890330612659454e-2, 4.1890330612659454e-2,
  0.16667115688323975, 0.16667115688323975, 0.16667115688323975, 0.16667115688323975,
  0.499992311000824, 0.499992311000824, 0.499992311000824, 0.499992311000824,
  // 144: 1
  1.0, 1.0, 1.0, 1.0,
], 16);

/**
 * e^x to a relative error of 4e-7 for x ≤ 88; exactly 0 below -87, minus infinity included; NaN stays NaN.
 */
@inline
export function exp(x: v128): v128 {
  const shifted = madd(x, v128.load(TABLE, 16), v128.load(TABLE, 32));
  const whole = f32x4.sub(shifted, v128.load(TABLE, 32));
  const r = madd(whole, v128.load(TABLE, 64), madd(whole, v128.load(TABLE, 48), x));
  let p = madd(v128.load(TABLE, 80), r, v128.load(TABLE, 96));
  p = madd(p, r, v128.load(TABLE, 112));
  p = madd(p, r, v128.load(TABLE, 128));
  p = madd(p, r, v128.load(TABLE, 144));
  p = madd(p, r, v128.load(TABLE, 144));
  // The integer in the low bits of `shifted` moves up into the exponent.
  const scaled = i32x4.add(p, i32x4.shl(shifted, 23));
  return v128.andnot(scaled, f32x4.lt(x, v128.load(TABLE, 0)));
}

/** {@link exp} of one number, to the same bits. */
@inline
export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp(f32x4.splat(x)), 0);
}
