/** Sum of x^2 in f64, in an order fixed by n: the global gradient norm must not depend on luck. */
export function sum_squares(x: usize, n: i32): f64 {
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  for (; n >= 4; n -= 4) {
    const v = v128.load(x);
    const low = f64x2.promote_low_f32x4(v);
    const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
    sum0 = f64x2.add(sum0, f64x2.mul(low, low));
    sum1 = f64x2.add(sum1, f64x2.mul(high, high));
    x += 16;
  }
  const sums = f64x2.add(sum0, sum1);
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; n > 0; n--) {
    const value = <f64> load<f32>(x);
    sum += value * value;
    x += 4;
  }
  return sum;
}
