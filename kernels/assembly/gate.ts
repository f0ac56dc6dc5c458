/** SwiGLU (Shazeer, arXiv:2002.05202) of some columns of gate and up, computed apart. */
import { exp } from "./exp";

const ONE = memory.data<f32>([1.0, 1.0, 1.0, 1.0], 16);
const SIGN = memory.data<u32>([0x80000000, 0x80000000, 0x80000000, 0x80000000], 16);

/** `out[n, f] = silu(gate) * up`; rows of out are `ldOut` floats apart, those of gate and up f. */
export function gate_columns(out: usize, gate: usize, up: usize, n: i32, f: i32, ldOut: i32): void {
  for (let i = 0; i < n; i++) {
    let to = out;
    let left = f;
    for (; left >= 4; left -= 4) {
      v128.store(to, gated(v128.load(gate), v128.load(up)));
      to += 16;
      gate += 16;
      up += 16;
    }
    for (; left > 0; left--) {
      v128.store32_lane(to, gated(v128.load32_zero(gate), v128.load32_zero(up)), 0);
      to += 4;
      gate += 4;
      up += 4;
    }
    out += <usize> ldOut << 2;
  }
}

/** x * sigmoid(x) * factor, by e^-|x|, which never overflows. */
@inline
function gated(x: v128, factor: v128): v128 {
  const e = exp(v128.or(x, v128.load(SIGN)));
  const top = v128.bitselect(e, v128.load(ONE), i32x4.shr_s(x, 31));
  return f32x4.mul(f32x4.mul(f32x4.div(top, f32x4.add(v128.load(ONE), e)), x), factor);
}
