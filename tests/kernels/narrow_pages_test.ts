import { assertEquals } from "@std/assert";
import { KV_BITS, MR, PAGE, pagedScratchSize, pageHeadSize } from "../../kernels/mod.ts";
import { narrowed } from "../../kernels/reference/narrow.ts";
import { type Arena, assertTwin, testKernels, type Twin } from "./arena.ts";

interface Shape {
  past: number;
  n: number;
  heads: number;
  headDim: number;
}

const FORMATS = ["f16", "int8"] as const;
type Format = typeof FORMATS[number];

/** Pages in garbage, in a mixed order, with `k` and `v` written in two goes. */
function openPages(arena: Arena, { past, n, headDim }: Shape, kv: "f32" | Format) {
  const { kernels } = arena;
  const pages = Math.ceil((past + n) / PAGE);
  const pageBytes = (pageHeadSize(headDim, kv) + 4) * 4;
  const cache = arena.floats(3 * pages * pageBytes / 4, NaN);
  const table = Array.from({ length: pages }, (_, i) => (i * 2 + 1) % (3 * pages));
  const tableAt = arena.integers(table);
  const ld = headDim + 3;
  const bits = KV_BITS[kv];
  return {
    cache,
    tableAt,
    pageBytes,
    ld,
    place: (token: number) => ({
      page: cache.at + (table[Math.floor(token / PAGE)] ?? NaN) * pageBytes,
      slot: token % PAGE,
    }),
    write(k: Twin, v: Twin) {
      for (const [from, rows] of [[0, past], [past, n]] as const) {
        const [kAt, vAt] = [k, v].map(({ at }) => at + from * ld * 4) as [number, number];
        const args = [cache.at, tableAt, kAt, vAt, rows, from, headDim, ld, pageBytes] as const;
        kernels.cache_write(...args, bits);
      }
    },
  };
}

/** Puts into `k` and `v` what their pages stand for, as JavaScript's own arrays read them. */
function readBack(
  arena: Arena,
  pages: ReturnType<typeof openPages>,
  { k, v, shape: { past, n, headDim }, kv }: { k: Twin; v: Twin; shape: Shape; kv: Format },
): void {
  const bytes = KV_BITS[kv] / 8;
  const width = Math.ceil(headDim / 4) * 4;
  const { buffer } = arena.memory;
  const element = (at: number) =>
    kv === "f16"
      ? new Float16Array(buffer, at, 1)[0] ?? NaN
      : new Int8Array(buffer, at, 1)[0] ?? NaN;
  for (let token = 0; token < past + n; token++) {
    const { page, slot } = pages.place(token);
    const values = page + PAGE * headDim * bytes;
    const scale = (which: 0 | 1) => {
      const at = values + PAGE * width * bytes + (which * PAGE + slot) * 4;
      return kv === "f16" ? 1 : new Float32Array(buffer, at, 1)[0] ?? NaN;
    };
    for (let d = 0; d < headDim; d++) {
      const panel = Math.floor(slot / MR) * headDim * MR;
      const at = token * pages.ld + d;
      k.actual[at] = element(page + (panel + d * MR + slot % MR) * bytes) * scale(0);
      v.actual[at] = element(values + (slot * width + d) * bytes) * scale(1);
    }
  }
}

function testAttention(arena: Arena, shape: Shape, kv: Format, scale = 1): void {
  const { past, n, heads, headDim } = shape;
  const name = `${kv} past=${past} n=${n} heads=${heads} headDim=${headDim}`;
  const { kernels } = arena;
  const [narrow, wide] = [openPages(arena, shape, kv), openPages(arena, shape, "f32")];
  const { ld } = narrow;
  const k = arena.floats((past + n) * ld, 2), v = arena.floats((past + n) * ld);
  for (let token = 0; token < past + n; token++) {
    for (const { actual, expected } of [k, v]) {
      const row = [...actual.subarray(token * ld, token * ld + headDim)];
      expected.set(narrowed(row, KV_BITS[kv] as 16 | 8), token * ld);
    }
  }
  narrow.write(k, v);
  readBack(arena, narrow, { k, v, shape, kv });
  for (const twin of [k, v]) assertTwin(twin, { relative: 1e-6, absolute: 1e-6 }, name);
  wide.write(k, v);
  const ldOut = heads * headDim + 1, ldQ = heads * headDim + 2;
  const q = arena.floats(n * ldQ, scale);
  const out = arena.floats(n * ldOut), expected = arena.floats([...out.actual]);
  const scratch = arena.floats(pagedScratchSize(past + n, headDim, { heads, kv }), NaN);
  const sizes = [n, past + 1, heads, headDim, ldOut, ldQ] as const;
  kernels.attend_paged(
    ...[expected.at, q.at, wide.cache.at, wide.tableAt, ...sizes] as const,
    ...[wide.pageBytes, 32, scratch.at] as const,
  );
  kernels.attend_paged(
    ...[out.at, q.at, narrow.cache.at, narrow.tableAt, ...sizes] as const,
    ...[narrow.pageBytes, KV_BITS[kv], scratch.at] as const,
  );
  assertEquals(out.actual, expected.actual, name);
  arena.checkFences(name);
}

testKernels(
  "attention over narrow pages has the bits of f32 over what they stand for",
  (newArena) => {
    const shapes = [
      ...[0, 31, 33, 95].flatMap((past) =>
        [1, 15, 16, 49].map((n) => ({ past, n, heads: 2, headDim: (past + n) % 9 * 2 + 2 }))
      ),
      ...[30, 32, 34, 64, 128].map((headDim) => ({ past: 40, n: 1, heads: 3, headDim })),
      { past: 40, n: 20, heads: 1, headDim: 64 },
    ];
    for (const shape of shapes) {
      for (const kv of FORMATS) testAttention(newArena(shape.past), shape, kv);
    }
    for (const scale of [1e-6, 3000, 1e6]) {
      testAttention(newArena(1), { past: 40, n: 1, heads: 2, headDim: 34 }, "f16", scale);
    }
  },
  { simd256: true },
);

testKernels("halves are rounded to even, and bounded below and above", (newArena) => {
  const arena = newArena(1);
  const row = [65504, 65519, 65520, -1e9, 2 ** -14, 2 ** -15, -(2 ** -15.1), 0, -0, 1 + 2 ** -11]
    .concat(1 + 3 * 2 ** -11, 2 ** -14 * (1 + 2 ** -11), -1 / 3, 2049, 2051, 1e-30);
  const headDim = row.length;
  const shape = { past: 0, n: 1, heads: 1, headDim };
  const pages = openPages(arena, shape, "f16");
  const k = arena.floats([...row, 0, 0, 0]), v = arena.floats([...row, 0, 0, 0]);
  k.expected.set(narrowed(row, 16));
  v.expected.set(narrowed(row, 16));
  pages.write(k, v);
  readBack(arena, pages, { k, v, shape, kv: "f16" });
  for (const twin of [k, v]) assertTwin(twin, {}, "halves");
});

testKernels("a row of zeros is kept in int8", (newArena) => {
  const arena = newArena(1);
  const shape = { past: 0, n: 2, heads: 1, headDim: 6 };
  const pages = openPages(arena, shape, "int8");
  const k = arena.floats(new Array(2 * 9).fill(0)), v = arena.floats(new Array(2 * 9).fill(0));
  pages.write(k, v);
  readBack(arena, pages, { k, v, shape, kv: "int8" });
  assertEquals([...k.actual, ...v.actual].every((x) => x === 0), true);
});
