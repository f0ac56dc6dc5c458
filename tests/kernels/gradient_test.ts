/** Central differences in f64 hold every reference gradient to its own forward pass. */
import { assert } from "@std/assert";
import * as reference from "../../kernels/reference/mod.ts";
import { randomStream } from "../../model/random.ts";

const STEP = 1e-5;
/** The difference's own error is about STEP² times a third derivative, and 1e-16 / STEP. */
const TOLERANCE = 1e-8;

let draws = 0;
const random = randomStream(1, { name: "gradients" });
const floats = (length: number) => Float64Array.from({ length }, () => random.normal(draws++));
const dot = (a: Float64Array, b: Float64Array) =>
  a.reduce((sum, x, i) => sum + x * (b[i] ?? NaN), 0);

/** Compares `gradient` with the slope of `loss` along each element of `x`. */
function checkGradient(x: Float64Array, gradient: Float64Array, loss: () => number, what: string) {
  for (const [i, value] of x.entries()) {
    x[i] = value + STEP;
    const above = loss();
    x[i] = value - STEP;
    const slope = (above - loss()) / (2 * STEP);
    x[i] = value;
    const given = gradient[i] ?? NaN;
    assert(
      Math.abs(given - slope) <= TOLERANCE * Math.max(1, Math.abs(slope)),
      `${what}: element ${i} of ${x.length} is ${given}, slope ${slope}`,
    );
  }
}

Deno.test("rms_norm_backward is the slope of rms_norm", () => {
  const [n, d, eps] = [3, 5, 1e-2];
  const x = floats(n * d), weight = floats(d), dout = floats(n * d), rstd = floats(n);
  const loss = () => {
    const out = new Float64Array(n * d);
    reference.rms_norm(out, rstd, x, weight, n, d, eps);
    return dot(out, dout);
  };
  loss();
  const dx = new Float64Array(n * d), dweight = new Float64Array(d);
  reference.rms_norm_backward(dx, dweight, dout, x, weight, rstd, n, d);
  checkGradient(x, dx, loss, "dx");
  checkGradient(weight, dweight, loss, "dweight");
});

Deno.test("rope with the sign turned is the slope of rope", () => {
  const [n, heads, headDim, ld] = [2, 2, 6, 13];
  const qkv = floats(n * ld), dout = floats(n * ld);
  const angles = floats(4 * headDim / 2);
  const cos = angles.map(Math.cos), sin = angles.map(Math.sin);
  const loss = () => {
    const out = qkv.slice();
    reference.rope(out, cos, sin, [3, 1], n, heads, headDim, ld, 1);
    return dot(out, dout);
  };
  const gradient = dout.slice();
  reference.rope(gradient, cos, sin, [3, 1], n, heads, headDim, ld, -1);
  checkGradient(qkv, gradient, loss, "dqkv");
});

Deno.test("attention_backward is the slope of attention", () => {
  for (const segments of [null, [4, 4, 7, 7, 7, 4, 4]]) {
    const [t, heads, kvHeads, headDim] = [7, 4, 2, 4];
    const dims = [
      t,
      heads,
      kvHeads,
      headDim,
      (heads + 2 * kvHeads) * headDim,
      heads * headDim,
    ] as const;
    const qkv = floats(t * dims[4]), dout = floats(t * dims[5]);
    const out = floats(t * dims[5]), lse = floats(heads * t);
    const loss = () => {
      reference.attention(out, lse, qkv, segments, ...dims);
      return dot(out, dout);
    };
    loss();
    const dqkv = floats(qkv.length);
    reference.attention_backward(dqkv, dout, out, lse, qkv, segments, ...dims);
    checkGradient(qkv, dqkv, loss, `dqkv, segments ${segments}`);
  }
});

Deno.test("swiglu_backward is the slope of swiglu", () => {
  const [n, f] = [3, 5];
  const gateUp = floats(n * 2 * f), dOut = floats(n * f);
  const loss = () => {
    const out = new Float64Array(n * f);
    reference.swiglu(out, gateUp, n, f);
    return dot(out, dOut);
  };
  const gradient = floats(n * 2 * f);
  reference.swiglu_backward(gradient, dOut, gateUp, n, f);
  checkGradient(gateUp, gradient, loss, "dGateUp");
});

Deno.test("embedding_backward is the slope of embedding", () => {
  const [n, d, ids] = [3, 4, [1, 0, 1]];
  const table = floats(2 * d), dout = floats(n * d);
  const loss = () => {
    const out = new Float64Array(n * d);
    reference.embedding(out, table, ids, n, d);
    return dot(out, dout);
  };
  const gradient = new Float64Array(2 * d);
  reference.embedding_backward(gradient, dout, ids, n, d);
  checkGradient(table, gradient, loss, "dtable");
});

Deno.test("cross_entropy is the slope of cross_entropy_loss", () => {
  const [n, v, ld, scale] = [4, 6, 7, 0.25];
  const targets = [5, 0, -1, 3], mask = [1, 1, 0, 1];
  const logits = floats(n * ld), losses = new Float64Array(n);
  const loss = () => {
    reference.cross_entropy_loss(logits, losses, targets, mask, n, v, ld);
    return scale * losses.reduce((sum, x) => sum + x, 0);
  };
  const gradient = logits.slice();
  reference.cross_entropy(gradient, losses, targets, mask, n, v, ld, scale);
  // What lies between the rows is no logit and keeps its value.
  for (let i = v; i < n * ld; i += ld) gradient[i] = 0;
  checkGradient(logits, gradient, loss, "dlogits");
});
