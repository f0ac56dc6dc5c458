/** f32 to int8: one scale a row, symmetric about zero. */

/** Adding it leaves the nearest whole number in the low bits. */
const WHOLE: f32 = 12582912.0;
const WHOLE_BITS: i32 = 0x4b400000;
const WHOLES = memory.data<f32>([12582912.0, 12582912.0, 12582912.0, 12582912.0], 16);
const MAGNITUDE = memory.data<u32>([0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff], 16);

/**
 * `x[n, d] ≈ (q - offset) * scales[n]`, with `q - offset` from `-limit` to `limit`; rows of q are
 * bytes, filled up with zeros to a multiple of four. `sums[n]`: of each row of q.
 */
export function quantize_rows(
  q: usize,
  scales: usize,
  sums: usize,
  x: usize,
  n: i32,
  d: i32,
  limit: i32,
  offset: i32,
): void {
  for (; n > 0; n--) {
    const most = greatest(x, d);
    store<f32>(scales, most / <f32> limit);
    store<i32>(sums, quantizeRow(q, x, d, most > 0 ? <f32> limit / most : 0, offset));
    q += <usize> (d + 3) & ~3;
    x += <usize> d << 2;
    scales += 4;
    sums += 4;
  }
}

/**
 * The greatest magnitude; not a number where one of them is none. Magnitudes compare as whole numbers
 * do, in one instruction, and what is no number is the greatest.
 */
function greatest(x: usize, d: i32): f32 {
  let top0 = i32x4.splat(0);
  let top1 = i32x4.splat(0);
  for (; d >= 8; d -= 8) {
    top0 = i32x4.max_s(top0, v128.and(v128.load(x), v128.load(MAGNITUDE)));
    top1 = i32x4.max_s(top1, v128.and(v128.load(x, 16), v128.load(MAGNITUDE)));
    x += 32;
  }
  top0 = i32x4.max_s(top0, top1);
  let top = max(
    max(i32x4.extract_lane(top0, 0), i32x4.extract_lane(top0, 1)),
    max(i32x4.extract_lane(top0, 2), i32x4.extract_lane(top0, 3)),
  );
  for (; d > 0; d--) {
    top = max(top, load<i32>(x) & 0x7fffffff);
    x += 4;
  }
  return reinterpret<f32>(top);
}

function quantizeRow(q: usize, x: usize, d: i32, inverse: f32, offset: i32): i32 {
  const inverses = f32x4.splat(inverse);
  const bits = i32x4.splat(WHOLE_BITS - offset);
  let totals = i32x4.splat(0);
  for (; d >= 16; d -= 16) {
    const a = nearest4(x, inverses, bits);
    const b = nearest4(x + 16, inverses, bits);
    const c = nearest4(x + 32, inverses, bits);
    const e = nearest4(x + 48, inverses, bits);
    totals = i32x4.add(totals, i32x4.add(i32x4.add(a, b), i32x4.add(c, e)));
    const low = i16x8.narrow_i32x4_s(a, b);
    v128.store(q, i8x16.narrow_i16x8_s(low, i16x8.narrow_i32x4_s(c, e)));
    q += 16;
    x += 64;
  }
  let total = i32x4.extract_lane(totals, 0) + i32x4.extract_lane(totals, 1) +
    i32x4.extract_lane(totals, 2) + i32x4.extract_lane(totals, 3);
  for (; d > 0; d--) {
    const value = reinterpret<i32>(load<f32>(x) * inverse + WHOLE) - (WHOLE_BITS - offset);
    store<i8>(q, <i8> value);
    total += value;
    q++;
    x += 4;
  }
  for (; q & 3; q++) store<i8>(q, 0);
  return total;
}

@inline
function nearest4(x: usize, inverses: v128, bits: v128): v128 {
  const shifted = f32x4.add(f32x4.mul(v128.load(x), inverses), v128.load(WHOLES));
  return i32x4.sub(shifted, bits);
}
