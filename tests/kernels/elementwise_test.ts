import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as reference from "../../kernels/reference/mod.ts";
import { assertTwin, testKernels } from "./arena.ts";

const SIZES = [...Array.from({ length: 17 }, (_, i) => i + 1), 31, 64, 100];
/** A handful of f32 roundings. */
const CLOSE = { absolute: 1e-6, relative: 2e-6 };
/** Sums of d terms as well. */
const SUMMED = { absolute: 1e-5, relative: 1e-5 };

testKernels("rms_norm and its gradient match their references", (newArena) => {
  for (const d of SIZES) {
    const [n, eps] = [d % 4 + 1, 1e-5];
    const arena = newArena(d);
    const { kernels } = arena;
    const out = arena.floats(n * d), rstd = arena.floats(n), x = arena.floats(n * d);
    const weight = arena.floats(d), dout = arena.floats(n * d);
    const dx = arena.floats(n * d), dweight = arena.floats(d);
    kernels.rms_norm(out.at, rstd.at, x.at, weight.at, n, d, eps);
    reference.rms_norm(out.expected, rstd.expected, x.expected, weight.expected, n, d, eps);
    assertTwin(rstd, CLOSE, `rstd n=${n} d=${d}`);
    assertTwin(out, CLOSE, `rms_norm n=${n} d=${d}`);
    kernels.rms_norm_backward(dx.at, dweight.at, dout.at, x.at, weight.at, rstd.at, n, d);
    reference.rms_norm_backward(
      dx.expected,
      dweight.expected,
      dout.expected,
      x.expected,
      weight.expected,
      rstd.expected,
      n,
      d,
    );
    assertTwin(dx, { absolute: 2e-5, relative: 1e-5 }, `rms_norm dx n=${n} d=${d}`);
    assertTwin(dweight, SUMMED, `rms_norm dweight n=${n} d=${d}`);
    arena.kernels.rms_norm(x.at, rstd.at, x.at, weight.at, n, d, eps);
    assertEquals(x.actual, out.actual, `rms_norm in place n=${n} d=${d}`);
    arena.checkFences(`rms_norm d=${d}`);
  }
});

testKernels("rms_norm of zeros and denormals is finite", (newArena) => {
  const arena = newArena(1);
  const x = arena.floats([0, 0, 0, 0, 0, 1e-40, -1e-40, 1e-45, 0, 0]);
  const weight = arena.floats([1, 1, 1, 1, 1]), out = arena.floats(10), rstd = arena.floats(2);
  arena.kernels.rms_norm(out.at, rstd.at, x.at, weight.at, 2, 5, 1e-5);
  reference.rms_norm(out.expected, rstd.expected, x.expected, weight.expected, 2, 5, 1e-5);
  assertTwin(out, { absolute: 1e-38 }, "rms_norm of denormals");
});

testKernels("rope matches its reference and undoes itself", (newArena) => {
  for (const half of [1, 2, 3, 4, 5, 7, 8, 16, 17]) {
    const [n, heads, headDim] = [5, 3, half * 2];
    const ld = heads * headDim + 7;
    const arena = newArena(half);
    const qkv = arena.floats(n * ld);
    const before = qkv.actual.slice();
    const angles = Array.from({ length: 9 * half }, (_, i) => i * 0.37);
    const cos = arena.floats(angles.map(Math.cos)), sin = arena.floats(angles.map(Math.sin));
    const ids = [8, 0, 3, 3, 1];
    const positions = arena.integers(ids);
    const dims = [n, heads, headDim, ld] as const;
    arena.kernels.rope(qkv.at, cos.at, sin.at, positions, ...dims, 1);
    reference.rope(qkv.expected, cos.expected, sin.expected, ids, ...dims, 1);
    assertTwin(qkv, CLOSE, `rope headDim=${headDim}`);
    arena.kernels.rope(qkv.at, cos.at, sin.at, positions, ...dims, -1);
    qkv.expected.set(before);
    assertTwin(qkv, CLOSE, `rope back headDim=${headDim}`);
    arena.checkFences(`rope headDim=${headDim}`);
  }
});

testKernels("swiglu and its gradient match their references", (newArena) => {
  for (const f of SIZES) {
    for (const scale of [1, 30, 1e30, 1e-40]) {
      const n = f % 3 + 1;
      const arena = newArena(f);
      const gateUp = arena.floats(n * 2 * f), out = arena.floats(n * f);
      const dOut = arena.floats(n * f), dGateUp = arena.floats(n * 2 * f);
      // Only the gates are hostile; at 1e30 the result's scale is theirs.
      for (let i = 0; i < gateUp.actual.length; i++) {
        if (i % (2 * f) < f) gateUp.actual[i]! *= scale;
      }
      gateUp.expected.set(gateUp.actual);
      arena.kernels.swiglu(out.at, gateUp.at, n, f);
      reference.swiglu(out.expected, gateUp.expected, n, f);
      arena.kernels.swiglu_backward(dGateUp.at, dOut.at, gateUp.at, n, f);
      reference.swiglu_backward(dGateUp.expected, dOut.expected, gateUp.expected, n, f);
      const shape = `swiglu n=${n} f=${f} scale=${scale}`;
      assertTwin(out, CLOSE, shape);
      assertTwin(dGateUp, CLOSE, `${shape} gradient`);
      arena.kernels.swiglu_backward(gateUp.at, dOut.at, gateUp.at, n, f);
      assertEquals(gateUp.actual, dGateUp.actual, `${shape} in place`);
      arena.checkFences(shape);
    }
  }
});

testKernels("embedding gathers rows and scatters their gradients", (newArena) => {
  for (const d of SIZES) {
    const arena = newArena(d);
    const ids = [3, 0, 3, 4, 3];
    const table = arena.floats(5 * d), out = arena.floats(5 * d);
    const dtable = arena.floats(5 * d), dx = arena.floats(5 * d);
    const at = arena.integers(ids);
    arena.kernels.embedding(out.at, table.at, at, 5, d);
    reference.embedding(out.expected, table.expected, ids, 5, d);
    assertTwin(out, {}, `embedding d=${d}`);
    arena.kernels.embedding_backward(dtable.at, dx.at, at, 5, d);
    reference.embedding_backward(dtable.expected, dx.expected, ids, 5, d);
    assertTwin(dtable, CLOSE, `embedding gradient d=${d}`);
    arena.checkFences(`embedding d=${d}`);
  }
});

testKernels("add and sum_squares match their references", (newArena) => {
  for (const n of SIZES) {
    const arena = newArena(n);
    const dst = arena.floats(n), src = arena.floats(n);
    const sum = arena.kernels.sum_squares(src.at, n);
    assertAlmostEquals(sum, reference.sum_squares(src.expected, n), 1e-12 * n);
    arena.kernels.add(dst.at, src.at, n);
    reference.add(dst.expected, src.expected, n);
    assertTwin(dst, { relative: 1e-7 }, `add n=${n}`);
    arena.checkFences(`add n=${n}`);
  }
});

testKernels("softmax_weights match their reference", (newArena) => {
  for (const n of SIZES) {
    const arena = newArena(n);
    const logits = arena.floats(n, 5), weights = arena.floats(2 * n);
    const expected = new Float64Array(n);
    const total = arena.kernels.softmax_weights(weights.at, logits.at, n, 1.25);
    const sum = reference.softmax_weights(expected, logits.expected, n, 1.25);
    // Each may be rounded by as much as its exponent is.
    assertAlmostEquals(total, sum, 1e-5 * sum);
    const found = new Float64Array(arena.memory.buffer.slice(weights.at, weights.at + 8 * n));
    for (const [i, weight] of expected.entries()) {
      assertAlmostEquals(found[i] ?? NaN, weight, 1e-5 * weight + 1e-37);
    }
    arena.checkFences(`softmax_weights n=${n}`);
  }
});

testKernels("copy and zero are exact and keep to their range", (newArena) => {
  for (const n of SIZES) {
    const arena = newArena(n);
    const dst = arena.floats(n), src = arena.floats(n), gone = arena.floats(n);
    arena.kernels.copy(dst.at, src.at, n);
    reference.copy(dst.expected, src.expected, n);
    assertTwin(dst, {}, `copy n=${n}`);
    arena.kernels.zero(gone.at, n);
    reference.zero(gone.expected, n);
    assertTwin(gone, {}, `zero n=${n}`);
    arena.checkFences(`copy and zero n=${n}`);
  }
});

testKernels("sum_squares does not overflow where f32 would", (newArena) => {
  const arena = newArena(1);
  const x = arena.floats([1e30, -1e30, 1e30, 1e-30, 1e30]);
  const sum = arena.kernels.sum_squares(x.at, 5);
  assertAlmostEquals(sum / 4e60, 1, 1e-6);
});

testKernels("adamw matches its reference and any cut of n gives the same bits", (newArena) => {
  for (const n of SIZES) {
    const arena = newArena(n);
    const [w, m, g] = [arena.floats(n), arena.floats(n, 0.1), arena.floats(n, 3)];
    const v = arena.floats(n);
    for (let i = 0; i < n; i++) v.actual[i] = Math.abs(v.actual[i]!);
    v.expected.set(v.actual);
    const copies = [w, m, v].map(({ actual }) => arena.floats([...actual]));
    const rates = [1e-3, 0.9, 0.999, 1e-8, 0.1, 0.37, 1 - 0.9 ** 3, 1 - 0.999 ** 3] as const;
    arena.kernels.adamw(w.at, m.at, v.at, g.at, n, ...rates);
    reference.adamw(w.expected, m.expected, v.expected, g.expected, n, ...rates);
    for (const twin of [w, m, v]) {
      assertTwin(twin, { absolute: 1e-7, relative: 1e-6 }, `adamw ${n}`);
    }
    const cut = arena.draw(n + 1);
    for (const [start, length] of [[0, cut], [cut, n - cut]] as const) {
      const [cw, cm, cv] = copies.map(({ at }) => at + start * 4);
      assert(cw && cm && cv);
      arena.kernels.adamw(cw, cm, cv, g.at + start * 4, length, ...rates);
    }
    for (const [i, twin] of [w, m, v].entries()) {
      assertEquals(copies[i]?.actual, twin.actual, `adamw n=${n} cut at ${cut}`);
    }
    arena.checkFences(`adamw n=${n}`);
  }
});

testKernels("what Muon does between its products is f64 arithmetic, rounded once", (newArena) => {
  for (const n of SIZES) {
    const arena = newArena(n);
    const { kernels } = arena;
    const u = arena.floats(n), m = arena.floats(n), g = arena.floats(n);
    kernels.muon_momentum(u.at, m.at, g.at, n, 0.95, 0.3);
    reference.muon_momentum(u.expected, m.expected, g.expected, n, 0.95, 0.3);
    kernels.scale(g.at, u.at, n, 1 / 3);
    reference.scale(g.expected, Float64Array.from(u.actual), n, 1 / 3);
    for (const [name, { actual, expected }] of Object.entries({ u, m, g })) {
      assertEquals(actual, Float32Array.from(expected), `${name} of ${n}`);
    }
    m.expected.set(m.actual);
    kernels.blend(m.at, u.at, n, 0.999, -1e-3);
    reference.blend(m.expected, Float64Array.from(u.actual), n, 0.999, -1e-3);
    assertEquals(m.actual, Float32Array.from(m.expected), `blend of ${n}`);
    const square = arena.floats(n * n);
    kernels.mirror(square.at, n);
    reference.mirror(square.expected, n);
    assertEquals(square.actual, Float32Array.from(square.expected), `mirror of ${n} x ${n}`);
    arena.checkFences(`Muon n=${n}`);
  }
});
