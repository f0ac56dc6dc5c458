/** Sum of x^2 in f64, in an order fixed by n: the global gradient norm must not depend on luck. */
export function sum_squares(x: usize, n: i32): f64 {
  // Four running sums, since each addition waits for the one before it.
  let sum0 = f64x2.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  for (; n >= 8; n -= 8) {
    const low = v128.load(x);
    const high = v128.load(x, 16);
    sum0 = addSquares(sum0, low);
    sum1 = addSquares(sum1, v128.shuffle<f32>(low, low, 2, 3, 2, 3));
    sum2 = addSquares(sum2, high);
    sum3 = addSquares(sum3, v128.shuffle<f32>(high, high, 2, 3, 2, 3));
    x += 32;
  }
  const sums = f64x2.add(f64x2.add(sum0, sum1), f64x2.add(sum2, sum3));
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; n > 0; n--) {
    const value = <f64> load<f32>(x);
    sum += value * value;
    x += 4;
  }
  return sum;
}

/** Adds the squares of the two low lanes. */
@inline
function addSquares(sum: v128, x: v128): v128 {
  const wide = f64x2.promote_low_f32x4(x);
  return f64x2.add(sum, f64x2.mul(wide, wide));
}
