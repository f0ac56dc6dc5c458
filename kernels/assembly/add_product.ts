/** What matrix products are sums of: products of 32-bit words, whatever a word holds. */
import { madd } from "./madd";

/**
 * `sum + x * w` on four lanes. For `T` f32 a word is a number; for i32 it is four bytes, signed in x and
 * 0 to 127 in w, whose products are added up in a whole number.
 *
 * With w in that range the relaxed instruction has one defined result: no sum of two products leaves
 * 16 bits, and whether w counts as signed makes no difference. The two builds agree to the last bit.
 */
@inline
export function addProduct<T>(x: v128, w: v128, sum: v128): v128 {
  if (!isInteger<T>()) return madd(x, w, sum);
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(x, w, sum);
  const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(x), i16x8.extend_low_i8x16_s(w));
  const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(x), i16x8.extend_high_i8x16_s(w));
  const even = v128.shuffle<i32>(low, high, 0, 2, 4, 6);
  const odd = v128.shuffle<i32>(low, high, 1, 3, 5, 7);
  return i32x4.add(sum, i32x4.add(even, odd));
}
