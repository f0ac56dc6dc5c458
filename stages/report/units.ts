/** `1234` as it is, above four digits `12.3k`, `4.56M` and so on: at most five characters. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return String(count);
  let value = Math.round(count);
  if (Math.abs(value) < 10_000) return String(value);
  for (const unit of ["k", "M", "G", "T", "P"]) {
    value /= 1000;
    // 999.5 would be shown as 1000, which the next unit shortens.
    if (Math.abs(value) < 999.5) {
      const digits = Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0;
      return value.toFixed(digits) + unit;
    }
  }
  return `${value.toExponential(0)}P`;
}

/** `4:07`, or `1:04:07` from one hour on. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${m}:${String(s).padStart(2, "0")}`;
  return h > 0 ? `${h}:${tail.padStart(5, "0")}` : tail;
}

/** A learning rate: three significant digits and a power of ten. */
export function formatRate(rate: number): string {
  return rate === 0 ? "0" : rate.toExponential(2);
}
