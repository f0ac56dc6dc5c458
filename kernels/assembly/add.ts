/** `dst[n] += src[n]`: residuals and the ordered reduction of gradients. */
export function add(dst: usize, src: usize, n: i32): void {
  for (; n >= 8; n -= 8) {
    v128.store(dst, f32x4.add(v128.load(dst), v128.load(src)));
    v128.store(dst, f32x4.add(v128.load(dst, 16), v128.load(src, 16)), 16);
    dst += 32;
    src += 32;
  }
  for (; n > 0; n--) {
    store<f32>(dst, load<f32>(dst) + load<f32>(src));
    dst += 4;
    src += 4;
  }
}
