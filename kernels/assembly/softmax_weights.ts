/** Softmax without its division, of one row: what tokens are drawn by. */
import { exp, exp1 } from "./exp";
import { maxLanes } from "./lanes";

/** The weights are f64; returns their sum, not a number where the greatest logit or any is none or infinite. */
export function softmax_weights(weights: usize, logits: usize, n: i32, inverse: f32): f64 {
  const top = greatest(logits, n);
  if (!isFinite(top)) return NaN;
  const tops = f32x4.splat(top);
  const inverses = f32x4.splat(inverse);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; n >= 4; n -= 4) {
    const e = exp(f32x4.mul(f32x4.sub(v128.load(logits), tops), inverses));
    const first = f64x2.promote_low_f32x4(e);
    const last = f64x2.promote_low_f32x4(v128.shuffle<f32>(e, e, 2, 3, 2, 3));
    v128.store(weights, first);
    v128.store(weights, last, 16);
    low = f64x2.add(low, first);
    high = f64x2.add(high, last);
    logits += 16;
    weights += 32;
  }
  low = f64x2.add(low, high);
  let sum = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  for (; n > 0; n--) {
    const e = <f64> exp1((load<f32>(logits) - top) * inverse);
    store<f64>(weights, e);
    sum += e;
    logits += 4;
    weights += 8;
  }
  return sum;
}

/** What is no number is passed over. */
function greatest(x: usize, n: i32): f32 {
  let top0 = f32x4.splat(-Infinity);
  let top1 = f32x4.splat(-Infinity);
  let top2 = f32x4.splat(-Infinity);
  let top3 = f32x4.splat(-Infinity);
  for (; n >= 16; n -= 16) {
    top0 = f32x4.pmax(top0, v128.load(x));
    top1 = f32x4.pmax(top1, v128.load(x, 16));
    top2 = f32x4.pmax(top2, v128.load(x, 32));
    top3 = f32x4.pmax(top3, v128.load(x, 48));
    x += 64;
  }
  let top = maxLanes(f32x4.pmax(f32x4.pmax(top0, top1), f32x4.pmax(top2, top3)));
  for (; n > 0; n--) {
    const value = load<f32>(x);
    if (value > top) top = value;
    x += 4;
  }
  return top;
}
