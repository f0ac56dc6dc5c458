import { assertEquals } from "@std/assert";
import {
  INT8_LIMIT,
  INT8_SCRATCH,
  interleavedSize,
  NR,
  packedASize,
  packedBSize,
  WEIGHT_LIMIT,
  WEIGHT_ZERO,
  wordsOf,
} from "../../kernels/mod.ts";
import * as reference from "../../kernels/reference/mod.ts";
import { type Arena, assertTwin, testKernels } from "./arena.ts";

/** Below, at and above a panel of either, all that is kept at once, a run of steps, the cut of k. */
const SHAPES = [
  ...[1, 3, 4, 5, 15, 16, 17, 31, 32, 33].flatMap((m) =>
    [1, 3, 4, 11, 12, 13, 24, 37].map((n) => [m, n, (m * 7 + n) % 19 + 1] as const)
  ),
  [16, 24, 127],
  [16, 24, 128],
  [7, 25, 129],
  [16, 12, 131],
  [16, 36, 384],
  [9, 13, 513],
  [33, 14, 1030],
  [5, 889, 2],
  [16, 1777, 5],
] as const;

/** A gap after each row of c, so that a write past a row shows. */
const GAP = 3;

testKernels("rows are packed in interleaved panels as the reference does", (newArena) => {
  for (const [m, , k] of SHAPES) {
    const arena = newArena(m);
    const [src, interleaved] = [arena.floats(m * (k + 2)), arena.floats(interleavedSize(m, k))];
    arena.kernels.pack_interleaved(interleaved.at, src.at, m, k, k + 2);
    reference.pack_interleaved(interleaved.expected, src.expected, m, k, k + 2);
    const shape = `pack_interleaved m=${m} k=${k}`;
    assertTwin(interleaved, {}, shape);
    arena.checkFences(shape);
  }
}, { simd256: true });

/** The same product twice, to two results that began alike. */
function checkAlike(
  arena: Arena,
  shape: string,
  { size, narrow, interleaved }: {
    size: number;
    narrow: (c: number) => void;
    interleaved: (c: number) => void;
  },
): void {
  const expected = arena.floats(size);
  const c = arena.floats([...expected.actual]);
  narrow(expected.at);
  interleaved(c.at);
  assertEquals(c.actual, expected.actual, shape);
  arena.checkFences(shape);
}

testKernels("products of interleaved panels have the bits of gemm", (newArena) => {
  for (const [index, [m, n, k]] of SHAPES.entries()) {
    const accumulate = index % 2;
    const arena = newArena(index);
    const { kernels } = arena;
    const [a, b] = [arena.floats(m * k), arena.floats(n * k)];
    const packedA = arena.floats(packedASize(m, k));
    const packedB = arena.floats(packedBSize(k, n));
    const interleaved = arena.floats(interleavedSize(m, k));
    kernels.pack_a(packedA.at, a.at, m, k, k);
    kernels.pack_b_transposed(packedB.at, b.at, k, n, k, k * NR);
    kernels.pack_interleaved(interleaved.at, a.at, m, k, k);
    checkAlike(arena, `m=${m} n=${n} k=${k} accumulate=${accumulate}`, {
      size: m * (n + GAP),
      narrow: (c) => kernels.gemm(c, packedA.at, packedB.at, m, n, k, n + GAP, accumulate),
      interleaved: (c) =>
        kernels.gemm_interleaved(c, interleaved.at, packedB.at, m, n, k, n + GAP, accumulate),
    });
  }
}, { simd256: "only" });

testKernels("products of int8 in interleaved panels have the bits of gemm_int8", (newArena) => {
  for (const [index, [m, n, k]] of SHAPES.entries()) {
    const accumulate = index % 2;
    const arena = newArena(index);
    const { kernels } = arena;
    const words = wordsOf(k);
    const quantized = (rows: number, limit: number, offset: number) => {
      const [x, bytes, scales] = [rows * k, rows * words, rows].map((size) => arena.floats(size));
      const sums = arena.integers(new Array(rows).fill(-1));
      kernels.quantize_rows(bytes!.at, scales!.at, sums, x!.at, rows, k, limit, offset);
      return { bytes: bytes!.at, scales: scales!.at, sums };
    };
    const a = quantized(m, INT8_LIMIT, 0), b = quantized(n, WEIGHT_LIMIT, WEIGHT_ZERO);
    const packedA = arena.floats(packedASize(m, words));
    const packedB = arena.floats(packedBSize(words, n));
    const interleaved = arena.floats(interleavedSize(m, words));
    const scratch = arena.integers(new Array(INT8_SCRATCH).fill(-1));
    kernels.pack_a(packedA.at, a.bytes, m, words, words);
    kernels.pack_b_transposed(packedB.at, b.bytes, words, n, words, words * NR);
    kernels.pack_interleaved(interleaved.at, a.bytes, m, words, words);
    const rest = [
      a.scales,
      a.sums,
      packedB.at,
      b.scales,
      m,
      n,
      words,
      n + GAP,
      accumulate,
    ] as const;
    checkAlike(arena, `m=${m} n=${n} k=${k} accumulate=${accumulate}`, {
      size: m * (n + GAP),
      narrow: (c) => kernels.gemm_int8(c, packedA.at, ...rest, scratch),
      interleaved: (c) => kernels.gemm_int8_interleaved(c, interleaved.at, ...rest),
    });
  }
}, { simd256: "only" });
