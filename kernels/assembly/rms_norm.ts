/** Root mean square normalisation (Zhang and Sennrich, arXiv:1910.07467). */
import { dot } from "./dot";
import { sumLanes } from "./lanes";
import { madd } from "./madd";

/** `out[n, d] = x * rstd * weight`, `rstd[n] = 1 / sqrt(mean(x^2) + eps)`. */
export function rms_norm(
  out: usize,
  rstd: usize,
  x: usize,
  weight: usize,
  n: i32,
  d: i32,
  eps: f64,
): void {
  const rowBytes = <usize> d << 2;
  for (let i = 0; i < n; i++) {
    rstd = normRow(out, rstd, x, weight, d, eps);
    out += rowBytes;
    x += rowBytes;
  }
}

function normRow(
  out: usize,
  rstd: usize,
  x: usize,
  weight: usize,
  d: i32,
  eps: f64,
): usize {
  const scale = <f32> (1 / sqrt(<f64> dot(x, x, d) / <f64> d + eps));
  store<f32>(rstd, scale);
  const scales = f32x4.splat(scale);
  for (; d >= 4; d -= 4) {
    v128.store(out, f32x4.mul(f32x4.mul(v128.load(x), scales), v128.load(weight)));
    out += 16;
    x += 16;
    weight += 16;
  }
  for (; d > 0; d--) {
    store<f32>(out, load<f32>(x) * scale * load<f32>(weight));
    out += 4;
    x += 4;
    weight += 4;
  }
  return rstd + 4;
}

/** Adds to `dx[n, d]` and, in row order, to `dweight[d]`. */
export function rms_norm_backward(
  dx: usize,
  dweight: usize,
  dout: usize,
  x: usize,
  weight: usize,
  rstd: usize,
  n: i32,
  d: i32,
): void {
  const rowBytes = <usize> d << 2;
  for (let i = 0; i < n; i++) {
    normRowBackward(dx, dweight, dout, x, weight, load<f32>(rstd), d);
    dx += rowBytes;
    dout += rowBytes;
    x += rowBytes;
    rstd += 4;
  }
}

function normRowBackward(
  dx: usize,
  dweight: usize,
  dout: usize,
  x: usize,
  weight: usize,
  scale: f32,
  d: i32,
): void {
  // dx = rstd * (weight * dout - xhat * mean(weight * dout * xhat)), xhat = x * rstd
  const pull = -(dot3(weight, dout, x, d) * scale / <f32> d) * scale * scale;
  const scales = f32x4.splat(scale);
  const pulls = f32x4.splat(pull);
  for (; d >= 4; d -= 4) {
    const xs = v128.load(x);
    const grad = f32x4.mul(v128.load(dout), scales);
    v128.store(dweight, madd(grad, xs, v128.load(dweight)));
    v128.store(dx, madd(grad, v128.load(weight), madd(xs, pulls, v128.load(dx))));
    dx += 16;
    dweight += 16;
    dout += 16;
    x += 16;
    weight += 16;
  }
  for (; d > 0; d--) {
    const value = load<f32>(x);
    const grad = load<f32>(dout) * scale;
    store<f32>(dweight, load<f32>(dweight) + grad * value);
    store<f32>(dx, load<f32>(dx) + value * pull + grad * load<f32>(weight));
    dx += 4;
    dweight += 4;
    dout += 4;
    x += 4;
    weight += 4;
  }
}

/** Sum of `a * b * c` over d elements. */
function dot3(a: usize, b: usize, c: usize, d: i32): f32 {
  let sums = f32x4.splat(0);
  for (; d >= 4; d -= 4) {
    sums = madd(f32x4.mul(v128.load(a), v128.load(b)), v128.load(c), sums);
    a += 16;
    b += 16;
    c += 16;
  }
  let sum = sumLanes(sums);
  for (; d > 0; d--) {
    sum += load<f32>(a) * load<f32>(b) * load<f32>(c);
    a += 4;
    b += 4;
    c += 4;
  }
  return sum;
}
