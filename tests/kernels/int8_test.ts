import { assert, assertEquals } from "@std/assert";
import {
  compileKernels,
  instantiateKernels,
  INT8_LIMIT,
  INT8_SCRATCH,
  NR,
  packedASize,
  packedBSize,
  WEIGHT_LIMIT,
  WEIGHT_ZERO,
  wordsOf,
} from "../../kernels/mod.ts";
import * as reference from "../../kernels/reference/mod.ts";
import { Arena, assertTwin, testKernels, type Twin } from "./arena.ts";

/** Bytes of `count` rows of d bytes, filled up to words. */
function bytesOf({ memory }: Arena, { at }: { at: number }, length: number): Int8Array {
  return new Int8Array(memory.buffer, at, length);
}

/** Rows `[n, d]` as bytes by the kernel, held to the reference. */
function quantize(arena: Arena, x: Twin, { n, d, limit, offset }: {
  n: number;
  d: number;
  limit: number;
  offset: number;
}) {
  const ld = wordsOf(d) * 4;
  const words = arena.floats(n * wordsOf(d));
  const scales = arena.floats(n);
  const sums = arena.integers(new Array(n).fill(-1));
  arena.kernels.quantize_rows(words.at, scales.at, sums, x.at, n, d, limit, offset);
  const bytes = bytesOf(arena, words, n * ld);
  const wanted = new Float64Array(n * ld), wantedSums = new Float64Array(n);
  reference.quantize_rows(wanted, scales.expected, wantedSums, x.expected, n, d, limit, offset);
  const shape = `quantize_rows n=${n} d=${d} limit=${limit}`;
  assertTwin(scales, { relative: 1e-7 }, shape);
  for (const [i, byte] of bytes.entries()) {
    const exact = (x.expected[Math.floor(i / ld) * d + i % ld] ?? 0) /
      (scales.expected[Math.floor(i / ld)] || 1);
    // Half way between two, rounding of the quotient decides.
    const isHalf = Math.abs(Math.abs(exact % 1) - 0.5) < 1e-4;
    assert(byte === wanted[i] || isHalf, `${shape}: byte ${i} is ${byte}, not ${wanted[i]}`);
  }
  const found = Array.from(
    { length: n },
    (_, i) => bytes.subarray(i * ld, (i + 1) * ld).reduce((sum, byte) => sum + byte, 0),
  );
  assertEquals([...new Int32Array(arena.memory.buffer, sums, n)], found, shape);
  arena.checkFences(shape);
  return { words, bytes: Float64Array.from(bytes), scales, sums };
}

testKernels("rows are quantised as the reference does", (newArena) => {
  for (const d of [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 64, 100]) {
    for (const [limit, offset] of [[INT8_LIMIT, 0], [WEIGHT_LIMIT, WEIGHT_ZERO]] as const) {
      const arena = newArena(d);
      quantize(arena, arena.floats(3 * d, 10), { n: 3, d, limit, offset });
    }
  }
});

testKernels(
  "hostile rows stay what they are: zeros zero, tiny ones finite, NaN and infinity seen",
  (newArena) => {
    const arena = newArena(1);
    const values = [
      0,
      -0,
      0,
      0,
      0,
      1e-30,
      -1e-30,
      0,
      0,
      1e-30,
      1,
      NaN,
      1,
      1,
      1,
      1,
      1,
      1,
      -Infinity,
      2,
    ];
    const x = arena.floats(values), words = arena.floats(4 * 2), scales = arena.floats(4);
    const sums = arena.integers([0, 0, 0, 0]);
    arena.kernels.quantize_rows(words.at, scales.at, sums, x.at, 4, 5, INT8_LIMIT, 0);
    const [zero, tiny, none, infinite] = scales.actual;
    assertEquals(zero, 0);
    assert(tiny !== undefined && tiny > 0 && tiny < 1e-31);
    assert(Number.isNaN(none) && !Number.isFinite(infinite));
    assertEquals([...bytesOf(arena, words, 16)].slice(0, 13), [
      ...[0, 0, 0, 0, 0, 0, 0, 0],
      ...[127, -127, 0, 0, 127],
    ]);
  },
);

interface Shape {
  m: number;
  n: number;
  k: number;
  accumulate: boolean;
}

/** A product by the kernel, and what it is made of. */
function multiply(arena: Arena, { m, n, k, accumulate }: Shape) {
  const { kernels } = arena;
  const words = wordsOf(k);
  const x = arena.floats(m * k, 3), w = arena.floats(n * k);
  const a = quantize(arena, x, { n: m, d: k, limit: INT8_LIMIT, offset: 0 });
  const b = quantize(arena, w, { n, d: k, limit: WEIGHT_LIMIT, offset: WEIGHT_ZERO });
  const packedA = arena.floats(packedASize(m, words));
  const packedB = arena.floats(packedBSize(words, n));
  kernels.pack_a(packedA.at, a.words.at, m, words, words);
  kernels.pack_b_transposed(packedB.at, b.words.at, words, n, words, words * NR);
  const c = arena.floats(m * (n + 3));
  const before = [...c.actual];
  const scratch = arena.integers(new Array(INT8_SCRATCH).fill(-1));
  kernels.gemm_int8(
    ...[c.at, packedA.at, a.scales.at, a.sums, packedB.at, b.scales.at] as const,
    ...[m, n, words, n + 3, Number(accumulate), scratch] as const,
  );
  const row = (i: number, y: number) =>
    kernels.matvec_int8(
      ...[y, a.words.at + i * words * 4, a.scales.at + i * 4, a.sums + i * 4] as const,
      ...[packedB.at, b.scales.at, n, words, Number(accumulate), scratch] as const,
    );
  return { a, b, c, before, row, x, w };
}

const SIZES = [1, 2, 3, 4, 5, 7, 12, 13, 16, 17];
const SHAPES: Shape[] = SIZES.flatMap((m) =>
  [1, 3, 4, 11, 12, 13, 36, 37, 72, 100].map((n) => ({
    m,
    n,
    k: (m * 7 + n * 3) % 70 + 1,
    accumulate: (m + n) % 2 === 1,
  }))
);

testKernels("products of int8 match their reference, and a row its own product", (newArena) => {
  for (const shape of [...SHAPES, { m: 5, n: 40, k: 1030, accumulate: false }]) {
    const { m, n, k, accumulate } = shape;
    const arena = newArena(n * k);
    const { a, b, c, before, row } = multiply(arena, shape);
    const unpadded = (bytes: Float64Array) => bytes.filter((_, i) => i % (wordsOf(k) * 4) < k);
    reference.gemm_int8(
      ...[c.expected, unpadded(a.bytes), a.scales.expected, unpadded(b.bytes)] as const,
      ...[b.scales.expected, m, n, k, n + 3, accumulate] as const,
    );
    const what = `gemm_int8 m=${m} n=${n} k=${k} accumulate=${accumulate}`;
    // Sums are exact; what is left is the rounding of scales and of the last addition.
    assertTwin(c, { absolute: 1e-6, relative: 1e-6 }, what);
    for (let i = 0; i < m; i++) {
      const y = arena.floats(before.slice(i * (n + 3), i * (n + 3) + n));
      row(i, y.at);
      assertEquals(y.actual, c.actual.slice(i * (n + 3), i * (n + 3) + n), `${what}, row ${i}`);
    }
    arena.checkFences(what);
  }
});

testKernels("products of int8 are as far from those of f32 as rounding allows", (newArena) => {
  for (const k of [1, 13, 64, 384]) {
    const m = 3, n = 14;
    const { a, b, c, x, w } = multiply(newArena(k), { m, n, k, accumulate: false });
    const size = (values: Float64Array, row: number) =>
      values.subarray(row * k, (row + 1) * k).reduce((sum, value) => sum + Math.abs(value), 0);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let exact = 0;
        for (let l = 0; l < k; l++) {
          exact += (x.expected[i * k + l] ?? NaN) * (w.expected[j * k + l] ?? NaN);
        }
        // Each factor is off by half a step at most.
        const [stepX, stepW] = [a.scales.expected[i] ?? NaN, b.scales.expected[j] ?? NaN];
        const bound = stepX / 2 * size(w.expected, j) + stepW / 2 * size(x.expected, i) +
          k * stepX * stepW / 4;
        const found = c.actual[i * (n + 3) + j] ?? NaN;
        assert(
          Math.abs(found - exact) <= bound * 1.001,
          `k=${k}: ${found} is further than ${bound} from ${exact}`,
        );
      }
    }
  }
});

Deno.test("the relaxed and the plain build multiply int8 to the same bits", async () => {
  const results: Float32Array[] = [];
  for (const strictSimd of [false, true]) {
    const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
    const kernels = instantiateKernels(await compileKernels({ strictSimd }), memory);
    const { c } = multiply(new Arena(kernels, memory, 9), {
      m: 7,
      n: 50,
      k: 203,
      accumulate: true,
    });
    results.push(c.actual.slice());
  }
  assertEquals(results[0], results[1]);
});
