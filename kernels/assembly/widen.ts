/** Parts of matrices that are stored small, as f32. */

/** `dst[rows, cols]` of rows of bf16 that are `ld` elements apart. */
export function widen_bf16(dst: usize, src: usize, rows: i32, cols: i32, ld: i32): void {
  for (; rows > 0; rows--) {
    let from = src;
    let n = cols;
    for (; n >= 4; n -= 4) {
      v128.store(dst, i32x4.shl(v128.load16x4_u(from), 16));
      from += 8;
      dst += 16;
    }
    for (; n > 0; n--) {
      store<u32>(dst, <u32> load<u16>(from) << 16);
      from += 2;
      dst += 4;
    }
    src += <usize> ld << 1;
  }
}

/** `dst[rows, cols]` of rows of int8 that are `ld` elements apart, each times its scale. */
export function widen_int8(
  dst: usize,
  src: usize,
  scales: usize,
  rows: i32,
  cols: i32,
  ld: i32,
): void {
  for (; rows > 0; rows--) {
    const scale = load<f32>(scales);
    const factors = f32x4.splat(scale);
    let from = src;
    let n = cols;
    for (; n >= 8; n -= 8) {
      const whole = v128.load8x8_s(from);
      const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(whole));
      const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(whole));
      v128.store(dst, f32x4.mul(low, factors));
      v128.store(dst, f32x4.mul(high, factors), 16);
      from += 8;
      dst += 32;
    }
    for (; n > 0; n--) {
      store<f32>(dst, <f32> load<i8>(from) * scale);
      from++;
      dst += 4;
    }
    src += <usize> ld;
    scales += 4;
  }
}
