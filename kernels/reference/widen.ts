/** See `Kernels.widen_bf16`. */
export function widen_bf16(
  dst: Float32Array,
  src: Uint16Array,
  rows: number,
  cols: number,
  ld: number,
): void {
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  for (let i = 0; i < rows * cols; i++) {
    bits[0] = (src[Math.floor(i / cols) * ld + i % cols] as number) * 2 ** 16;
    dst[i] = value[0] as number;
  }
}

/** See `Kernels.widen_int8`. */
export function widen_int8(
  dst: Float32Array,
  src: Int8Array,
  scales: Float32Array,
  rows: number,
  cols: number,
  ld: number,
): void {
  for (let i = 0; i < rows * cols; i++) {
    const row = Math.floor(i / cols);
    dst[i] = (src[row * ld + i % cols] as number) * (scales[row] as number);
  }
}
