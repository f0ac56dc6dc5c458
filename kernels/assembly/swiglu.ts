/** SwiGLU (Shazeer, arXiv:2002.05202): silu(gate) * up, silu(x) = x * sigmoid(x). */
import { exp } from "./exp";
import { madd } from "./madd";

const ONE = memory.data<f32>([1.0, 1.0, 1.0, 1.0], 16);

/** `out[n, f]` from `gateUp[n, 2f] = [gate | up]`. */
export function swiglu(out: usize, gateUp: usize, n: i32, f: i32): void {
  const rowBytes = <usize> f << 2;
  for (let i = 0; i < n; i++) {
    swigluRow(out, gateUp, gateUp + rowBytes, out + rowBytes);
    out += rowBytes;
    gateUp += rowBytes * 2;
  }
}

function swigluRow(out: usize, gate: usize, up: usize, end: usize): void {
  for (; out + 16 <= end;) {
    v128.store(out, gated(v128.load(gate), v128.load(up)));
    out += 16;
    gate += 16;
    up += 16;
  }
  for (; out < end;) {
    v128.store32_lane(out, gated(v128.load32_zero(gate), v128.load32_zero(up)), 0);
    out += 4;
    gate += 4;
    up += 4;
  }
}

/** Overwrites `dGateUp[n, 2f]`, which may be `gateUp` itself. */
export function swiglu_backward(
  dGateUp: usize,
  dOut: usize,
  gateUp: usize,
  n: i32,
  f: i32,
): void {
  const rowBytes = <usize> f << 2;
  for (let i = 0; i < n; i++) {
    swigluRowBackward(dGateUp, dOut, gateUp, rowBytes);
    dGateUp += rowBytes * 2;
    dOut += rowBytes;
    gateUp += rowBytes * 2;
  }
}

function swigluRowBackward(dGate: usize, dOut: usize, gate: usize, rowBytes: usize): void {
  let dUp = dGate + rowBytes;
  let up = gate + rowBytes;
  const end = dUp;
  for (; dGate + 16 <= end;) {
    const g = v128.load(gate);
    const grad = v128.load(dOut);
    const u = v128.load(up);
    v128.store(dGate, gateGradient(g, f32x4.mul(grad, u)));
    v128.store(dUp, gated(g, grad));
    dGate += 16;
    dUp += 16;
    dOut += 16;
    gate += 16;
    up += 16;
  }
  for (; dGate < end;) {
    const g = v128.load32_zero(gate);
    const grad = v128.load32_zero(dOut);
    const u = v128.load32_zero(up);
    v128.store32_lane(dGate, gateGradient(g, f32x4.mul(grad, u)), 0);
    v128.store32_lane(dUp, gated(g, grad), 0);
    dGate += 4;
    dUp += 4;
    dOut += 4;
    gate += 4;
    up += 4;
  }
}

/** x * sigmoid(x) * factor; e^-|x| never overflows, whatever x. */
@inline
function gated(x: v128, factor: v128): v128 {
  const one = v128.load(ONE);
  const e = exp(f32x4.neg(f32x4.abs(x)));
  const top = v128.bitselect(e, one, i32x4.shr_s(x, 31));
  return f32x4.mul(f32x4.mul(f32x4.div(top, f32x4.add(one, e)), x), factor);
}

/** sigmoid(x) * (1 + x * (1 - sigmoid(x))) * factor */
@inline
function gateGradient(x: v128, factor: v128): v128 {
  const one = v128.load(ONE);
  const e = exp(f32x4.neg(f32x4.abs(x)));
  const negative = i32x4.shr_s(x, 31);
  const inverse = f32x4.div(one, f32x4.add(one, e));
  const sigmoid = f32x4.mul(v128.bitselect(e, one, negative), inverse);
  const other = f32x4.mul(v128.bitselect(one, e, negative), inverse);
  return f32x4.mul(f32x4.mul(sigmoid, madd(x, other, one)), factor);
}
