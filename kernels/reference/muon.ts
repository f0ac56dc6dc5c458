import type { Numbers } from "./numbers.ts";

/** Exponential mean of the gradient, and in `u` that after the same gradient once more. */
export function muon_momentum(
  u: Numbers,
  m: Numbers,
  g: Numbers,
  n: number,
  momentum: number,
  scale: number,
): void {
  for (let i = 0; i < n; i++) {
    const part = (1 - momentum) * scale * g[i]!;
    const mean = momentum * m[i]! + part;
    m[i] = mean;
    u[i] = momentum * mean + part;
  }
}

/** `out[n] = a x[n]` */
export function scale(out: Numbers, x: Numbers, n: number, a: number): void {
  for (let i = 0; i < n; i++) out[i] = a * x[i]!;
}

/** `x[n] = a x[n] + b y[n]` */
export function blend(x: Numbers, y: Numbers, n: number, a: number, b: number): void {
  for (let i = 0; i < n; i++) x[i] = a * x[i]! + b * y[i]!;
}

/** What is above the diagonal of `x[n, n]` becomes what is below it. */
export function mirror(x: Numbers, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) x[j * n + i] = x[i * n + j]!;
  }
}
