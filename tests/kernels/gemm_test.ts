import { assertEquals } from "@std/assert";
import { MR, NR, packedASize, packedBSize } from "../../kernels/mod.ts";
import * as reference from "../../kernels/reference/mod.ts";
import { type Arena, assertTwin, testKernels } from "./arena.ts";

const UP_TO_17 = Array.from({ length: 17 }, (_, i) => i + 1);

/** At, below and above multiples of the tile, and past the cut of k at 512. */
const SHAPES = [
  ...UP_TO_17.flatMap((m) => UP_TO_17.map((n) => [m, n, (m * 7 + n) % 17 + 1] as const)),
  [6, 8, 4],
  [12, 16, 511],
  [13, 9, 512],
  [7, 17, 513],
  [25, 33, 1030],
  [300, 8, 400],
  [24, 16, 1],
  [31, 47, 7],
  [37, 51, 131],
  [36, 33, 257],
  [605, 17, 130],
] as const;

/** k products of unit normals: their f32 sum is within k · 2⁻²³ of exact, and a factor for luck. */
const tolerance = (k: number) => ({ absolute: 1e-6 + 4e-7 * k, relative: 1e-6 });

/** A gap after each row of c, so that a write past a row shows. */
const GAP = 3;

function checkProduct(arena: Arena, m: number, n: number, k: number, accumulate: boolean) {
  const { kernels } = arena;
  const a = arena.floats(m * k);
  const b = arena.floats(k * n);
  const c = arena.floats(m * (n + GAP));
  const packedA = arena.floats(packedASize(m, k));
  const packedB = arena.floats(packedBSize(k, n));
  kernels.pack_a(packedA.at, a.at, m, k, k);
  kernels.pack_b(packedB.at, b.at, k, n, n, k * NR);
  kernels.gemm(c.at, packedA.at, packedB.at, m, n, k, n + GAP, Number(accumulate));
  reference.gemm(c.expected, a.expected, b.expected, m, n, k, n + GAP, accumulate);
  const shape = `gemm m=${m} n=${n} k=${k} accumulate=${accumulate}`;
  assertTwin(c, tolerance(k), shape);
  arena.checkFences(shape);
}

testKernels("gemm matches its reference over shapes", (newArena) => {
  for (const [m, n, k] of SHAPES) {
    for (const accumulate of [false, true]) checkProduct(newArena(m), m, n, k, accumulate);
  }
}, { simd256: true });

testKernels("gemm gives the same bits when m and n are split", (newArena) => {
  const [m, n, k] = [71, 41, 700];
  const arena = newArena(1);
  const packedA = arena.floats(packedASize(m, k));
  const packedB = arena.floats(packedBSize(k, n));
  const whole = arena.floats(m * n);
  const split = arena.floats(m * n);
  arena.kernels.gemm(whole.at, packedA.at, packedB.at, m, n, k, n, 0);
  for (const [i0, i1] of [[0, MR], [MR, 3 * MR], [3 * MR, m]] as const) {
    for (const [j0, j1] of [[0, 2 * NR], [2 * NR, n]] as const) {
      arena.kernels.gemm(
        split.at + (i0 * n + j0) * 4,
        packedA.at + i0 * k * 4,
        packedB.at + j0 * k * 4,
        i1 - i0,
        j1 - j0,
        k,
        n,
        0,
      );
    }
  }
  assertEquals(split.actual, whole.actual);
}, { simd256: true });

testKernels("gemm of no products clears or keeps c", (newArena) => {
  const arena = newArena(1);
  const [m, n] = [25, 17];
  const c = arena.floats(m * n);
  arena.kernels.gemm(c.at, c.at, c.at, m, n, 0, n, 1);
  assertTwin(c, {}, "gemm k=0 accumulate");
  arena.kernels.gemm(c.at, c.at, c.at, m, n, 0, n, 0);
  c.expected.fill(0);
  assertTwin(c, {}, "gemm k=0");
}, { simd256: true });

testKernels("packing is exact, zero padded and stays in its panels", (newArena) => {
  const sizes = [1, 2, 3, 5, 6, 7, 8, 9, 12, 13, 16, 17];
  for (const rows of sizes) {
    for (const cols of sizes) {
      const arena = newArena(rows);
      const { kernels } = arena;
      const [ld, panelStride] = [cols + 2, (rows + 1) * NR];
      const src = arena.floats(rows * ld);
      const results = {
        pack_a: arena.floats(packedASize(rows, cols)),
        pack_a_transposed: arena.floats(packedASize(cols, rows)),
        pack_b: arena.floats(Math.ceil(cols / NR) * panelStride),
        pack_b_transposed: arena.floats(Math.ceil(rows / NR) * (cols + 1) * NR),
      };
      const { pack_a, pack_a_transposed, pack_b, pack_b_transposed } = results;
      const x = src.expected;
      kernels.pack_a(pack_a.at, src.at, rows, cols, ld);
      reference.pack_a(pack_a.expected, x, rows, cols, ld);
      kernels.pack_a_transposed(pack_a_transposed.at, src.at, cols, rows, ld);
      reference.pack_a_transposed(pack_a_transposed.expected, x, cols, rows, ld);
      kernels.pack_b(pack_b.at, src.at, rows, cols, ld, panelStride);
      reference.pack_b(pack_b.expected, x, rows, cols, ld, panelStride);
      const stride = (cols + 1) * NR;
      kernels.pack_b_transposed(pack_b_transposed.at, src.at, cols, rows, ld, stride);
      reference.pack_b_transposed(pack_b_transposed.expected, x, cols, rows, ld, stride);
      for (const [name, twin] of Object.entries(results)) {
        assertTwin(twin, {}, `${name} rows=${rows} cols=${cols}`);
      }
      arena.checkFences(`pack rows=${rows} cols=${cols}`);
    }
  }
});
