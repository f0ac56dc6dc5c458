/**
 * Softmax and cross entropy of rows of logits. The caller makes a few rows at a time, so that
 * `[tokens, vocabulary]` never exists at once.
 */
import { exp, exp1 } from "./exp";
import { maxLanes, sumLanes } from "./lanes";
import { madd } from "./madd";

/**
 * `logits[n, v]` in place to `(softmax - onehot) * scale * mask`; `losses[n]` in nats.
 *
 * @param targets i32[n], read only where the mask is not 0
 * @param mask i32[n] of 0 and 1; where 0, loss and gradient are 0
 */
export function cross_entropy(
  logits: usize,
  losses: usize,
  targets: usize,
  mask: usize,
  n: i32,
  v: i32,
  ld: i32,
  scale: f64,
): void {
  for (let i = 0; i < n; i++) {
    if (load<i32>(mask)) {
      const top = rowMax(logits, v);
      const at = logits + (<usize> load<i32>(targets) << 2);
      const target = load<f32>(at);
      const sum = exponentiate(logits, v, top);
      store<f32>(losses, nats(sum, top, target));
      multiplyRow(logits, v, <f32> (scale / <f64> sum));
      store<f32>(at, load<f32>(at) - <f32> scale);
    } else {
      memory.fill(logits, 0, <usize> v << 2);
      store<f32>(losses, 0);
    }
    logits += <usize> ld << 2;
    losses += 4;
    targets += 4;
    mask += 4;
  }
}

/** The losses alone; `logits` keeps its values. */
export function cross_entropy_loss(
  logits: usize,
  losses: usize,
  targets: usize,
  mask: usize,
  n: i32,
  v: i32,
  ld: i32,
): void {
  for (let i = 0; i < n; i++) {
    let loss: f32 = 0;
    if (load<i32>(mask)) {
      const top = rowMax(logits, v);
      const target = load<f32>(logits + (<usize> load<i32>(targets) << 2));
      loss = nats(sumExponentials(logits, v, top), top, target);
    }
    store<f32>(losses, loss);
    logits += <usize> ld << 2;
    losses += 4;
    targets += 4;
    mask += 4;
  }
}

/** -ln(e^(target - top) / sum) */
@inline
function nats(sum: f32, top: f32, target: f32): f32 {
  return <f32> (Math.log(<f64> sum) + (<f64> top - <f64> target));
}

function rowMax(x: usize, v: i32): f32 {
  let max0 = f32x4.splat(-f32.MAX_VALUE);
  let max1 = max0;
  for (; v >= 8; v -= 8) {
    max0 = f32x4.pmax(max0, v128.load(x));
    max1 = f32x4.pmax(max1, v128.load(x, 16));
    x += 32;
  }
  for (; v > 0; v--) {
    max0 = f32x4.pmax(max0, v128.load32_splat(x));
    x += 4;
  }
  return maxLanes(f32x4.pmax(max0, max1));
}

/** x to e^(x - top) in place; returns the sum. */
function exponentiate(x: usize, v: i32, top: f32): f32 {
  const tops = f32x4.splat(top);
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  for (; v >= 8; v -= 8) {
    const e0 = exp(f32x4.sub(v128.load(x), tops));
    const e1 = exp(f32x4.sub(v128.load(x, 16), tops));
    v128.store(x, e0);
    v128.store(x, e1, 16);
    sum0 = f32x4.add(sum0, e0);
    sum1 = f32x4.add(sum1, e1);
    x += 32;
  }
  let sum = sumLanes(f32x4.add(sum0, sum1));
  for (; v > 0; v--) {
    const e = exp1(load<f32>(x) - top);
    store<f32>(x, e);
    sum += e;
    x += 4;
  }
  return sum;
}

/** The sum of {@link exponentiate}, to the same bits, leaving x alone. */
function sumExponentials(x: usize, v: i32, top: f32): f32 {
  const tops = f32x4.splat(top);
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  for (; v >= 8; v -= 8) {
    sum0 = f32x4.add(sum0, exp(f32x4.sub(v128.load(x), tops)));
    sum1 = f32x4.add(sum1, exp(f32x4.sub(v128.load(x, 16), tops)));
    x += 32;
  }
  let sum = sumLanes(f32x4.add(sum0, sum1));
  for (; v > 0; v--) {
    sum += exp1(load<f32>(x) - top);
    x += 4;
  }
  return sum;
}

function multiplyRow(x: usize, v: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (; v >= 4; v -= 4) {
    v128.store(x, f32x4.mul(v128.load(x), factors));
    x += 16;
  }
  for (; v > 0; v--) {
    store<f32>(x, load<f32>(x) * factor);
    x += 4;
  }
}
