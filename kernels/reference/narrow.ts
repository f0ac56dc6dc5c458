/** What a key or value of a token stands for once it is kept in `bits` bits, see `Kernels.cache_write`. */
export function narrowed(row: readonly number[], bits: 16 | 8): number[] {
  if (bits === 16) {
    return row.map((x) => {
      const size = Math.abs(x);
      if (size < 2 ** -15) return 0;
      return Math.sign(x) * Math.min(65504, Math.max(2 ** -14, Math.f16round(size)));
    });
  }
  const scale = Math.max(...row.map(Math.abs)) / 127;
  return row.map((x) => scale === 0 ? 0 : Math.round(x / scale) * scale);
}
