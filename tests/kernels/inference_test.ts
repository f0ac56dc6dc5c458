import { assertEquals } from "@std/assert";
import {
  NR,
  packedASize,
  packedBSize,
  PAGE,
  pagedScratchSize,
  pageHeadSize,
} from "../../kernels/mod.ts";
import * as reference from "../../kernels/reference/mod.ts";
import { type Arena, assertTwin, testKernels } from "./arena.ts";

const WIDTHS = [1, 2, 3, 4, 5, 11, 12, 13, 24, 35, 36, 37, 47, 48, 49, 72, 100];

testKernels("matvec matches its reference, and the bits of gemm with one row", (newArena) => {
  for (const n of WIDTHS) {
    for (const k of [1, 3, 4, 5, 7, 513, 1030]) {
      for (const accumulate of [false, true]) {
        const arena = newArena(n * k);
        const { kernels } = arena;
        const x = arena.floats(k);
        const b = arena.floats(k * n);
        const y = arena.floats(n);
        const byGemm = arena.floats([...y.actual]);
        const packedX = arena.floats(packedASize(1, k));
        const packedB = arena.floats(packedBSize(k, n));
        kernels.pack_a(packedX.at, x.at, 1, k, k);
        kernels.pack_b(packedB.at, b.at, k, n, n, k * NR);
        kernels.matvec(y.at, x.at, packedB.at, n, k, Number(accumulate));
        kernels.gemm(byGemm.at, packedX.at, packedB.at, 1, n, k, n, Number(accumulate));
        reference.matvec(y.expected, x.expected, b.expected, n, k, accumulate);
        const shape = `matvec n=${n} k=${k} accumulate=${accumulate}`;
        assertEquals(y.actual, byGemm.actual, shape);
        assertTwin(y, { absolute: 1e-6 + 4e-7 * k, relative: 1e-6 }, shape);
        arena.checkFences(shape);
      }
    }
  }
});

interface Shape {
  /** Tokens in the cache before, and new ones. */
  past: number;
  n: number;
  heads: number;
  headDim: number;
}

/** Three pages of garbage for each that is needed, handed out in a mixed order. */
function attend(arena: Arena, { past, n, heads, headDim }: Shape, scale = 1) {
  const { kernels } = arena;
  const pages = Math.ceil((past + n) / PAGE);
  const pageSize = pageHeadSize(headDim) + 5;
  const cache = arena.floats(3 * pages * pageSize, 1e30);
  const table = Array.from({ length: pages }, (_, i) => (i * 2 + 1) % (3 * pages));
  const tableAt = arena.integers(table);
  const ld = headDim + 3, ldOut = heads * headDim + 1, ldQ = heads * headDim + 2;
  const k = arena.floats((past + n) * ld, scale), v = arena.floats((past + n) * ld);
  const q = arena.floats(n * ldQ, scale);
  const out = arena.floats(n * ldOut);
  const scratch = arena.floats(pagedScratchSize(past + n, headDim), NaN);
  const count = past + n;
  const write = (from: number, rows: number) => {
    const at = from * ld * 4;
    kernels.cache_write(
      ...[
        cache.at,
        tableAt,
        k.at + at,
        v.at + at,
        rows,
        from,
        headDim,
        ld,
        pageSize * 4,
        32,
      ] as const,
    );
  };
  write(0, past);
  write(past, n);
  reference.cache_write(
    ...[cache.expected, table, k.expected, v.expected, count, 0, headDim, ld, pageSize] as const,
  );
  const run = (first: number, rows: number) =>
    kernels.attend_paged(
      ...[out.at + first * ldOut * 4, q.at + first * ldQ * 4, cache.at, tableAt] as const,
      ...[
        rows,
        past + 1 + first,
        heads,
        headDim,
        ldOut,
        ldQ,
        pageSize * 4,
        32,
        scratch.at,
      ] as const,
    );
  run(0, n);
  reference.attend_paged(
    ...[out.expected, q.expected, cache.expected, table] as const,
    ...[n, past + 1, heads, headDim, ldOut, ldQ, pageSize] as const,
  );
  const shape = `paged attention past=${past} n=${n} heads=${heads} headDim=${headDim}`;
  arena.checkFences(shape);
  return { cache, out, run, shape };
}

const SHAPES: Shape[] = [
  ...[0, 1, 30, 31, 32, 33, 63, 64, 90].flatMap((past) =>
    [1, 2, 3, 7, 16, 33, 70].map((n) => ({ past, n, heads: 1, headDim: (past + n) % 9 * 2 + 2 }))
  ),
  ...[2, 6, 10, 30, 32, 34, 64, 66, 128].flatMap((headDim) =>
    [3, 100].map((n) => ({ past: 40, n, heads: 2, headDim }))
  ),
];

testKernels("attention over pages matches its reference", (newArena) => {
  for (const shape of SHAPES) {
    const result = attend(newArena(shape.past), shape);
    assertTwin(result.cache, {}, result.shape);
    assertTwin(result.out, { absolute: 4e-6, relative: 4e-6 }, result.shape);
  }
}, { simd256: true });

testKernels("attention over pages survives scores far beyond the range of exp", (newArena) => {
  const { out, shape } = attend(newArena(5), { past: 35, n: 4, heads: 1, headDim: 4 }, 300);
  assertTwin(out, { absolute: 1, relative: 1e-3 }, shape);
});

testKernels("a row of attention has the same bits alone and among others", (newArena) => {
  for (
    const shape of [
      { past: 20, n: 50, heads: 2, headDim: 34 },
      { past: 0, n: 150, heads: 1, headDim: 64 },
      { past: 600, n: 41, heads: 3, headDim: 16 },
      { past: 1015, n: 16, heads: 1, headDim: 6 },
    ]
  ) {
    const { out, run } = attend(newArena(1), shape);
    const together = out.actual.slice();
    for (let i = 0; i < shape.n; i++) run(i, 1);
    assertEquals(out.actual, together);
  }
}, { simd256: true });

testKernels("gated columns match their reference", (newArena) => {
  for (const f of WIDTHS) {
    for (const n of [1, 2, 5]) {
      const arena = newArena(f);
      const gate = arena.floats(n * f, 20),
        up = arena.floats(n * f),
        out = arena.floats(n * (f + 3));
      arena.kernels.gate_columns(out.at, gate.at, up.at, n, f, f + 3);
      reference.gate_columns(out.expected, gate.expected, up.expected, n, f, f + 3);
      const shape = `gate_columns n=${n} f=${f}`;
      assertTwin(out, { absolute: 1e-6, relative: 2e-6 }, shape);
      arena.checkFences(shape);
    }
  }
});
