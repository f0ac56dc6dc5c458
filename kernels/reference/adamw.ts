import type { Numbers } from "./numbers.ts";

/** One AdamW step in place on `w`, `m`, `v` (Loshchilov and Hutter, arXiv:1711.05101, algorithm 2). */
export function adamw(
  w: Numbers,
  m: Numbers,
  v: Numbers,
  g: Numbers,
  n: number,
  lr: number,
  beta1: number,
  beta2: number,
  eps: number,
  weightDecay: number,
  clipScale: number,
  biasCorrection1: number,
  biasCorrection2: number,
): void {
  for (let i = 0; i < n; i++) {
    const grad = g[i]! * clipScale;
    m[i] = beta1 * m[i]! + (1 - beta1) * grad;
    v[i] = beta2 * v[i]! + (1 - beta2) * grad * grad;
    const step = (m[i]! / biasCorrection1) / (Math.sqrt(v[i]! / biasCorrection2) + eps);
    w[i] = w[i]! * (1 - lr * weightDecay) - lr * step;
  }
}
