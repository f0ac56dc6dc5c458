/** What Muon does between its products: f64 arithmetic on f32, rounded once. */
import { transpose4 } from "./transpose";

/**
 * Exponential mean `m[n]` of the gradient `g[n]` times `scale`, in place, and in `u[n]` the mean after the
 * same gradient once more (Nesterov).
 */
export function muon_momentum(u: usize, m: usize, g: usize, n: i32, momentum: f64, scale: f64): void {
  const keep = f64x2.splat(momentum);
  const scales = f64x2.splat((1 - momentum) * scale);
  for (; n >= 4; n -= 4) {
    const grad = v128.load(g);
    const mean = v128.load(m);
    const low = f64x2.mul(scales, lowHalf(grad));
    const high = f64x2.mul(scales, highHalf(grad));
    const meanLow = f64x2.add(f64x2.mul(keep, lowHalf(mean)), low);
    const meanHigh = f64x2.add(f64x2.mul(keep, highHalf(mean)), high);
    v128.store(m, rounded(meanLow, meanHigh));
    v128.store(
      u,
      rounded(f64x2.add(f64x2.mul(keep, meanLow), low), f64x2.add(f64x2.mul(keep, meanHigh), high)),
    );
    u += 16;
    m += 16;
    g += 16;
  }
  for (; n > 0; n--) {
    const part = (1 - momentum) * scale * <f64> load<f32>(g);
    const mean = momentum * <f64> load<f32>(m) + part;
    store<f32>(m, <f32> mean);
    store<f32>(u, <f32> (momentum * mean + part));
    u += 4;
    m += 4;
    g += 4;
  }
}

/** `out[n] = a x[n]`; in place where `out` is `x`. */
export function scale(out: usize, x: usize, n: i32, a: f64): void {
  const factors = f64x2.splat(a);
  for (; n >= 4; n -= 4) {
    const v = v128.load(x);
    v128.store(out, rounded(f64x2.mul(factors, lowHalf(v)), f64x2.mul(factors, highHalf(v))));
    out += 16;
    x += 16;
  }
  for (; n > 0; n--) {
    store<f32>(out, <f32> (a * <f64> load<f32>(x)));
    out += 4;
    x += 4;
  }
}

/** `x[n] = a x[n] + b y[n]` */
export function blend(x: usize, y: usize, n: i32, a: f64, b: f64): void {
  const as = f64x2.splat(a);
  const bs = f64x2.splat(b);
  for (; n >= 4; n -= 4) {
    const xs = v128.load(x);
    const ys = v128.load(y);
    v128.store(
      x,
      rounded(
        f64x2.add(f64x2.mul(as, lowHalf(xs)), f64x2.mul(bs, lowHalf(ys))),
        f64x2.add(f64x2.mul(as, highHalf(xs)), f64x2.mul(bs, highHalf(ys))),
      ),
    );
    x += 16;
    y += 16;
  }
  for (; n > 0; n--) {
    store<f32>(x, <f32> (a * <f64> load<f32>(x) + b * <f64> load<f32>(y)));
    x += 4;
    y += 4;
  }
}

/** What is above the diagonal of `x[n, n]` becomes what is below it. */
export function mirror(x: usize, n: i32): void {
  const rowBytes = <usize> n << 2;
  for (let i = 0; i < n; i += 4) {
    if (n - i < 4) {
      for (let r = i; r < n; r++) mirrorRow(x, r, 0, r, rowBytes);
      return;
    }
    for (let j = 0; j < i; j += 4) {
      transpose4(
        x + <usize> j * rowBytes + (<usize> i << 2),
        x + <usize> i * rowBytes + (<usize> j << 2),
        rowBytes,
        rowBytes,
      );
    }
    for (let r = i + 1; r < i + 4; r++) mirrorRow(x, r, i, r, rowBytes);
  }
}

/** Row r, columns `from` to below `to`, into column r. */
function mirrorRow(x: usize, r: i32, from: i32, to: i32, rowBytes: usize): void {
  for (let j = from; j < to; j++) {
    const value = load<f32>(x + <usize> r * rowBytes + (<usize> j << 2));
    store<f32>(x + <usize> j * rowBytes + (<usize> r << 2), value);
  }
}

@inline
function lowHalf(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

@inline
function highHalf(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
}

@inline
function rounded(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(
    f32x4.demote_f64x2_zero(low),
    f32x4.demote_f64x2_zero(high),
    0,
    1,
    4,
    5,
  );
}
