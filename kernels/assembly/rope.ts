/** Rotary position embedding (Su et al., arXiv:2104.09864), half-split as in Hugging Face. */
import { madd } from "./madd";

/**
 * In place on the first `heads` heads of each row of `qkv[n, ld]`: the pair (x[i], x[i + headDim/2])
 * turns by the angle of its position; `sign` -1 turns it back.
 *
 * @param cos `[maxPositions, headDim / 2]`, as `sin`
 * @param positions i32[n]
 */
export function rope(
  qkv: usize,
  cos: usize,
  sin: usize,
  positions: usize,
  n: i32,
  heads: i32,
  headDim: i32,
  ld: i32,
  sign: f32,
): void {
  const halfBytes = <usize> (headDim >> 1) << 2;
  for (let i = 0; i < n; i++) {
    const at = <usize> load<i32>(positions) * halfBytes;
    for (let h = 0; h < heads; h++) {
      rotate(qkv + <usize> h * halfBytes * 2, cos + at, sin + at, halfBytes, sign);
    }
    qkv += <usize> ld << 2;
    positions += 4;
  }
}

function rotate(x: usize, cos: usize, sin: usize, halfBytes: usize, sign: f32): void {
  let y = x + halfBytes;
  const end = y;
  const signs = f32x4.splat(sign);
  for (; x + 16 <= end;) {
    const c = v128.load(cos);
    const s = f32x4.mul(v128.load(sin), signs);
    const a = v128.load(x);
    const b = v128.load(y);
    v128.store(x, madd(f32x4.neg(b), s, f32x4.mul(a, c)));
    v128.store(y, madd(a, s, f32x4.mul(b, c)));
    x += 16;
    y += 16;
    cos += 16;
    sin += 16;
  }
  for (; x < end;) {
    const c = load<f32>(cos);
    const s = load<f32>(sin) * sign;
    const a = load<f32>(x);
    const b = load<f32>(y);
    store<f32>(x, a * c - b * s);
    store<f32>(y, b * c + a * s);
    x += 4;
    y += 4;
    cos += 4;
    sin += 4;
  }
}
