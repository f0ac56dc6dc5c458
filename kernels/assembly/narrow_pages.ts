/**
 * Pages of keys and values in 16 or 8 bits. They lie as in pages.ts, element by element: as IEEE
 * halves, where what is beyond 65,504 becomes that and what is below 2^-14 that or zero; or as int8 with a
 * scale of each token's key and one of its value, which follow the values: f32 `[PAGE]` and `[PAGE]`.
 */
import { MR, PAGE } from "../build/sizes";
import { roundUp } from "./segments";

/** Rows of four equal lanes, loaded where used: V8 rebuilds a splatted constant at every use. */
const TABLE = memory.data<u32>([
  // 0: sign, and where a half's exponent and fraction stand
  0x8fffe000, 0x8fffe000, 0x8fffe000, 0x8fffe000,
  // 16: 2^112, between the two biases
  0x77800000, 0x77800000, 0x77800000, 0x77800000,
  // 32: 2^13, in 16 bits
  0x20002000, 0x20002000, 0x20002000, 0x20002000,
], 16);

/** As {@link cache_write}, for elements of 16 or 8 bits. */
export function writeNarrow(
  cache: usize,
  table: usize,
  k: usize,
  v: usize,
  n: i32,
  position: i32,
  headDim: i32,
  ld: i32,
  pageBytes: usize,
  bits: i32,
): void {
  const bytes = <usize> bits >> 3;
  const valueRow = <usize> roundUp(headDim, 4) * bytes;
  const keyBytes = <usize> headDim * bytes;
  for (; n > 0; n--) {
    const page = cache + <usize> load<i32>(table + (<usize> (position / PAGE) << 2)) * pageBytes;
    const slot = <usize> (position % PAGE);
    const values = page + keyBytes * PAGE;
    const place = page + slot / MR * keyBytes * MR + slot % MR * bytes;
    const value = values + slot * valueRow;
    if (bits == 16) {
      putHalves(place, k, headDim, MR * 2);
      putHalves(value, v, headDim, 2);
    } else {
      const scale = scalesOf(values, headDim) + (slot << 2);
      store<f32>(scale, putBytes(place, k, headDim, MR));
      store<f32>(scale + PAGE * 4, putBytes(value, v, headDim, 1));
    }
    k += <usize> ld << 2;
    v += <usize> ld << 2;
    position++;
  }
}

@inline
function scalesOf(values: usize, headDim: i32): usize {
  return values + <usize> roundUp(headDim, 4) * PAGE;
}

function putHalves(to: usize, from: usize, n: i32, step: usize): void {
  for (; n > 0; n--) {
    const bits = load<u32>(from);
    const size = bits & 0x7fffffff;
    let half: u32 = 0;
    // Beyond 65,504 and a half of its last place; not a number, too.
    if (size >= 0x477ff000) half = 0x7bff;
    else if (size >= 0x38800000) half = (size + 0xfff + (size >> 13 & 1) - 0x38000000) >> 13;
    else if (size >= 0x38000000) half = 0x0400;
    store<u16>(to, <u16> (half | bits >> 16 & 0x8000));
    to += step;
    from += 4;
  }
}

/** Returns the scale. */
function putBytes(to: usize, from: usize, n: i32, step: usize): f32 {
  let top: f32 = 0;
  for (let i = 0; i < n; i++) top = max(top, abs(load<f32>(from + (<usize> i << 2))));
  const scale = top / 127;
  const factor: f32 = scale > 0 ? 1 / scale : 0;
  for (; n > 0; n--) {
    store<i8>(to, <i8> nearest(load<f32>(from) * factor));
    to += step;
    from += 4;
  }
  return scale;
}

/** What halves that are only put in their place are too small by. */
export const PLACED: f32 = reinterpret<f32>(0x77800000);

/**
 * The keys of a page, in f32; of `count` tokens and those of the last panel. Where `placed`, halves are
 * too small by {@link PLACED}, which saves a product for each.
 */
export function widenKeys(
  to: usize,
  page: usize,
  count: i32,
  headDim: i32,
  bits: i32,
  placed: bool,
): void {
  const panels = (count + MR - 1) / MR;
  if (bits == 16) {
    if (placed) placeHalves(to, page, panels * headDim * MR);
    else widenHalves(to, page, panels * headDim * MR);
    return;
  }
  let scales = scalesOf(page + <usize> headDim * PAGE, headDim);
  for (let p = 0; p < panels; p++) {
    widenBytes(to, page, headDim * MR, v128.load(scales));
    to += <usize> headDim * (MR * 4);
    page += <usize> headDim * MR;
    scales += MR * 4;
  }
}

/** The values of `count` tokens of a page, in f32, as {@link widenKeys} the keys. */
export function widenValues(
  to: usize,
  page: usize,
  count: i32,
  headDim: i32,
  bits: i32,
  placed: bool,
): void {
  const ld = roundUp(headDim, 4);
  let values = page + <usize> headDim * PAGE * (<usize> bits >> 3);
  if (bits == 16) {
    if (placed) placeHalves(to, values, count * ld);
    else widenHalves(to, values, count * ld);
    return;
  }
  let scales = scalesOf(values, headDim) + PAGE * 4;
  for (; count > 0; count--) {
    widenBytes(to, values, ld, v128.load32_splat(scales));
    to += <usize> ld << 2;
    values += ld;
    scales += 4;
  }
}

/** `n` halves, a multiple of four. */
function widenHalves(to: usize, from: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    v128.store(to, f32x4.mul(placeFour(from), v128.load(TABLE, 16)));
    from += 8;
    to += 16;
  }
}

/** The same, too small by {@link PLACED}. */
function placeHalves(to: usize, from: usize, n: i32): void {
  for (; n >= 8; n -= 8) {
    const whole = v128.load(from);
    const places = v128.load(TABLE, 32);
    const mask = v128.load(TABLE);
    v128.store(to, v128.and(i32x4.extmul_low_i16x8_s(whole, places), mask));
    v128.store(to, v128.and(i32x4.extmul_high_i16x8_s(whole, places), mask), 16);
    from += 16;
    to += 32;
  }
  if (n > 0) v128.store(to, placeFour(from));
}

@inline
function placeFour(from: usize): v128 {
  return v128.and(i32x4.shl(v128.load16x4_s(from), 13), v128.load(TABLE));
}

/** `n` bytes, a multiple of four, each four by the factors. */
function widenBytes(to: usize, from: usize, n: i32, factors: v128): void {
  for (; n >= 8; n -= 8) {
    const whole = v128.load8x8_s(from);
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(whole)), factors));
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(whole)), factors), 16);
    from += 8;
    to += 32;
  }
  if (n > 0) {
    const whole = i16x8.extend_low_i8x16_s(v128.load32_zero(from));
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(whole)), factors));
  }
}
