import type { Numbers } from "./numbers.ts";

/** `out[n, d] = x · rstd · weight`, `rstd[n] = 1 / √(mean(x²) + eps)`. */
export function rms_norm(
  out: Numbers,
  rstd: Numbers,
  x: Numbers,
  weight: Numbers,
  n: number,
  d: number,
  eps: number,
): void {
  for (let i = 0; i < n; i++) {
    let squares = 0;
    for (let j = 0; j < d; j++) squares += x[i * d + j]! ** 2;
    rstd[i] = 1 / Math.sqrt(squares / d + eps);
    for (let j = 0; j < d; j++) out[i * d + j] = x[i * d + j]! * rstd[i]! * weight[j]!;
  }
}

/** Adds to `dx[n, d]` and `dweight[d]`. */
export function rms_norm_backward(
  dx: Numbers,
  dweight: Numbers,
  dout: Numbers,
  x: Numbers,
  weight: Numbers,
  rstd: Numbers,
  n: number,
  d: number,
): void {
  for (let i = 0; i < n; i++) {
    const scale = rstd[i]!;
    let mean = 0;
    for (let j = 0; j < d; j++) {
      mean += weight[j]! * dout[i * d + j]! * x[i * d + j]! * scale / d;
    }
    for (let j = 0; j < d; j++) {
      const at = i * d + j;
      const normal = x[at]! * scale;
      dx[at]! += scale * (weight[j]! * dout[at]! - normal * mean);
      dweight[j]! += dout[at]! * normal;
    }
  }
}
