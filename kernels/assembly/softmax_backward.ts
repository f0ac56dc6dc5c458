/** The elementwise middle of attention_backward.ts. */
import { MR } from "../build/sizes";
import { exp } from "./exp";
import { madd } from "./madd";

/** Queries in a block: the depth of the products that add to dK and dV. */
export const BLOCK: i32 = 48;
/** Keys handled at once: three panels of MR. */
export const CHUNK: i32 = 3 * MR;
/** Bytes of a panel of MR keys, `[BLOCK][MR]`. */
export const PANEL: usize = BLOCK * MR * 4;

/**
 * One query's scores to probabilities P and, in place, the gradients of P to those of the unscaled
 * scores; both also into panels `[keys / MR][BLOCK][MR]`.
 *
 * @param keys those of the block; both results are zero from `visible` on
 * @param delta dO · O of the query
 */
export function softmaxBackward(
  weightPanel: usize,
  gradientPanel: usize,
  scores: usize,
  gradients: usize,
  keys: i32,
  visible: i32,
  lse: f32,
  delta: f32,
  scale: f32,
): void {
  const scales = f32x4.splat(scale);
  const shift = f32x4.splat(-lse);
  const deltas = f32x4.splat(delta);
  const zero = f32x4.splat(0);
  let j = 0;
  for (; j < visible; j += CHUNK) {
    // No probability is above 1, however coarse the rounding of a great log-sum-exp.
    const p0 = exp(f32x4.pmin(madd(v128.load(scores), scales, shift), zero));
    const p1 = exp(f32x4.pmin(madd(v128.load(scores, 16), scales, shift), zero));
    const p2 = exp(f32x4.pmin(madd(v128.load(scores, 32), scales, shift), zero));
    const s0 = f32x4.mul(f32x4.mul(p0, scales), f32x4.sub(v128.load(gradients), deltas));
    const s1 = f32x4.mul(f32x4.mul(p1, scales), f32x4.sub(v128.load(gradients, 16), deltas));
    const s2 = f32x4.mul(f32x4.mul(p2, scales), f32x4.sub(v128.load(gradients, 32), deltas));
    v128.store(gradients, s0);
    v128.store(gradients, s1, 16);
    v128.store(gradients, s2, 32);
    storeChunk(weightPanel, p0, p1, p2);
    storeChunk(gradientPanel, s0, s1, s2);
    scores += CHUNK * 4;
    gradients += CHUNK * 4;
    weightPanel += PANEL * 3;
    gradientPanel += PANEL * 3;
  }
  for (; j < keys; j += CHUNK) {
    v128.store(gradients, zero);
    v128.store(gradients, zero, 16);
    v128.store(gradients, zero, 32);
    storeChunk(weightPanel, zero, zero, zero);
    storeChunk(gradientPanel, zero, zero, zero);
    gradients += CHUNK * 4;
    weightPanel += PANEL * 3;
    gradientPanel += PANEL * 3;
  }
}

/** Twelve keys into their rows of three panels. */
@inline
function storeChunk(panel: usize, v0: v128, v1: v128, v2: v128): void {
  v128.store(panel, v0);
  v128.store(panel, v1, PANEL);
  v128.store(panel, v2, PANEL * 2);
}
