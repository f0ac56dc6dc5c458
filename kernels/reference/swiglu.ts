import type { Numbers } from "./numbers.ts";

/** `out[n, f] = silu(gate) · up` of `gateUp[n, 2f] = [gate | up]`. */
export function swiglu(out: Numbers, gateUp: Numbers, n: number, f: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < f; j++) {
      const gate = gateUp[i * 2 * f + j]!;
      out[i * f + j] = gate * sigmoid(gate) * gateUp[i * 2 * f + f + j]!;
    }
  }
}

/** Overwrites `dGateUp[n, 2f]`. */
export function swiglu_backward(
  dGateUp: Numbers,
  dOut: Numbers,
  gateUp: Numbers,
  n: number,
  f: number,
): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < f; j++) {
      const at = i * 2 * f + j;
      const [gate, up, grad] = [gateUp[at]!, gateUp[at + f]!, dOut[i * f + j]!];
      const s = sigmoid(gate);
      dGateUp[at] = grad * up * (s + gate * s * sigmoid(-gate));
      dGateUp[at + f] = grad * gate * s;
    }
  }
}

function sigmoid(x: number): number {
  return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
}
