/** AdamW with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101), as PyTorch does it. */
import { madd } from "./madd";

/**
 * One fused update of n parameters: `w`, `m` and `v` in place from the gradient `g`.
 *
 * Every element goes through the same four-lane arithmetic, those of a short tail too: where a caller
 * cuts a parameter area into segments does not change a bit.
 *
 * @param clipScale factor on the gradient (global-norm clipping)
 * @param biasCorrection1 `1 - beta1^t`
 * @param biasCorrection2 `1 - beta2^t`
 */
export function adamw(
  w: usize,
  m: usize,
  v: usize,
  g: usize,
  n: i32,
  lr: f64,
  beta1: f64,
  beta2: f64,
  eps: f64,
  weightDecay: f64,
  clipScale: f64,
  biasCorrection1: f64,
  biasCorrection2: f64,
): void {
  const decay = f32x4.splat(<f32> (1 - lr * weightDecay));
  const step = f32x4.splat(<f32> (-lr / biasCorrection1));
  const rate1 = f32x4.splat(<f32> (1 - beta1));
  const keep2 = f32x4.splat(<f32> beta2);
  const rate2 = f32x4.splat(<f32> (1 - beta2));
  const root2 = f32x4.splat(<f32> (1 / sqrt(biasCorrection2)));
  const epsilon = f32x4.splat(<f32> eps);
  const clip = f32x4.splat(<f32> clipScale);
  const end = w + (<usize> n << 2);
  for (; w < end;) {
    const whole = end - w >= 16;
    const grad = f32x4.mul(whole ? v128.load(g) : v128.load32_zero(g), clip);
    let mean = whole ? v128.load(m) : v128.load32_zero(m);
    let square = whole ? v128.load(v) : v128.load32_zero(v);
    let weight = whole ? v128.load(w) : v128.load32_zero(w);
    mean = madd(f32x4.sub(grad, mean), rate1, mean);
    square = madd(f32x4.mul(grad, rate2), grad, f32x4.mul(square, keep2));
    const denominator = madd(f32x4.sqrt(square), root2, epsilon);
    weight = madd(f32x4.div(mean, denominator), step, f32x4.mul(weight, decay));
    if (whole) {
      v128.store(m, mean);
      v128.store(v, square);
      v128.store(w, weight);
    } else {
      v128.store32_lane(m, mean, 0);
      v128.store32_lane(v, square, 0);
      v128.store32_lane(w, weight, 0);
    }
    const bytes: usize = whole ? 16 : 4;
    w += bytes;
    m += bytes;
    v += bytes;
    g += bytes;
  }
}
