/** SwiGLU (Shazeer, arXiv:2002.05202): silu(gate) * up, silu(x) = x * sigmoid(x). */
import { exp } from "./exp";
import { madd } from "./madd";

const ONE = memory.data<f32>([1.0, 1.0, 1.0, 1.0], 16);
const SIGN = memory.data<u32>([0x80000000, 0x80000000, 0x80000000, 0x80000000], 16);

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
    const e = decay(g);
    const inverse = f32x4.div(v128.load(ONE), f32x4.add(v128.load(ONE), e));
    const grad = v128.load(dOut);
    const u = v128.load(up);
    v128.store(dUp, f32x4.mul(f32x4.mul(sigmoid(g, e, inverse), g), grad));
    v128.store(dGate, f32x4.mul(slope(g, e, inverse), f32x4.mul(grad, u)));
    dGate += 16;
    dUp += 16;
    dOut += 16;
    gate += 16;
    up += 16;
  }
  for (; dGate < end;) {
    const g = v128.load32_zero(gate);
    const e = decay(g);
    const inverse = f32x4.div(v128.load(ONE), f32x4.add(v128.load(ONE), e));
    const grad = v128.load32_zero(dOut);
    const u = v128.load32_zero(up);
    v128.store32_lane(dUp, f32x4.mul(f32x4.mul(sigmoid(g, e, inverse), g), grad), 0);
    v128.store32_lane(dGate, f32x4.mul(slope(g, e, inverse), f32x4.mul(grad, u)), 0);
    dGate += 4;
    dUp += 4;
    dOut += 4;
    gate += 4;
    up += 4;
  }
}

/** x * sigmoid(x) * factor */
@inline
function gated(x: v128, factor: v128): v128 {
  const e = decay(x);
  const top = v128.bitselect(e, v128.load(ONE), i32x4.shr_s(x, 31));
  return f32x4.mul(f32x4.mul(f32x4.div(top, f32x4.add(v128.load(ONE), e)), x), factor);
}

/** e^-|x|, which never overflows. */
@inline
function decay(x: v128): v128 {
  return exp(v128.or(x, v128.load(SIGN)));
}

/** sigmoid(x), given e = e^-|x| and 1 / (1 + e). */
@inline
function sigmoid(x: v128, e: v128, inverse: v128): v128 {
  return f32x4.mul(v128.bitselect(e, v128.load(ONE), i32x4.shr_s(x, 31)), inverse);
}

/** The slope of x * sigmoid(x): sigmoid(x) * (1 + x * sigmoid(-x)). */
@inline
function slope(x: v128, e: v128, inverse: v128): v128 {
  const other = f32x4.mul(v128.bitselect(v128.load(ONE), e, i32x4.shr_s(x, 31)), inverse);
  return f32x4.mul(sigmoid(x, e, inverse), madd(x, other, v128.load(ONE)));
}
