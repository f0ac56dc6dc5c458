/** Inner product. */
import { sumLanes } from "./lanes";
import { madd } from "./madd";

/** Sum of `a * b` over d elements. */
export function dot(a: usize, b: usize, d: i32): f32 {
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  for (; d >= 8; d -= 8) {
    sum0 = madd(v128.load(a), v128.load(b), sum0);
    sum1 = madd(v128.load(a, 16), v128.load(b, 16), sum1);
    a += 32;
    b += 32;
  }
  let sum = sumLanes(f32x4.add(sum0, sum1));
  for (; d > 0; d--) {
    sum += load<f32>(a) * load<f32>(b);
    a += 4;
    b += 4;
  }
  return sum;
}
