import type { Numbers } from "./numbers.ts";

/** `out[n, ldOut] = silu(gate) · up` of `gate`, `up` `[n, f]`. */
export function gate_columns(
  out: Numbers,
  gate: Numbers,
  up: Numbers,
  n: number,
  f: number,
  ldOut: number,
): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < f; j++) {
      const x = gate[i * f + j]!;
      out[i * ldOut + j] = x / (1 + Math.exp(-x)) * up[i * f + j]!;
    }
  }
}
