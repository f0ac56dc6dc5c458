import { assertEquals } from "@std/assert";
import { attentionBackwardScratchSize, attentionScratchSize } from "../../kernels/mod.ts";
import * as reference from "../../kernels/reference/mod.ts";
import { type Arena, assertTwin, testKernels } from "./arena.ts";

/** Weights are at most 1 and values unit normals: f32 sums of a few dozen terms. */
const FORWARD = { absolute: 4e-6, relative: 4e-6 };
/** Gradients sum over keys and queries, of terms up to about 10. */
const BACKWARD = { absolute: 4e-5, relative: 2e-5 };

interface Shape {
  t: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Runs of these lengths; absent: one sequence. */
  runs?: number[];
}

const SHAPES: Shape[] = [
  ...[...Array.from({ length: 17 }, (_, i) => i + 1), 23, 24, 25, 31, 48, 49].map((t) => ({
    t,
    heads: 1,
    kvHeads: 1,
    headDim: (t % 5) * 2 + 2,
  })),
  { t: 33, heads: 4, kvHeads: 2, headDim: 8 },
  { t: 26, heads: 6, kvHeads: 2, headDim: 6 },
  { t: 70, heads: 2, kvHeads: 1, headDim: 32 },
  { t: 130, heads: 1, kvHeads: 1, headDim: 64 },
  { t: 17, heads: 2, kvHeads: 2, headDim: 34 },
  { t: 40, heads: 2, kvHeads: 1, headDim: 10, runs: [1, 2, 30, 7] },
  { t: 61, heads: 1, kvHeads: 1, headDim: 16, runs: [25, 36] },
  { t: 60, heads: 1, kvHeads: 1, headDim: 4, runs: Array(60).fill(1) },
];

const describe = (shape: Shape) => `attention ${JSON.stringify(shape)}`;

/** Ids alternate, so that a run is told by its neighbours and not by its id. */
function segmentIds({ runs }: Shape): number[] | null {
  return runs?.flatMap((length, i) => Array<number>(length).fill(i % 2)) ?? null;
}

/** Both passes on both sides, with rows wider than needed. */
function attend(arena: Arena, shape: Shape, scale = 1) {
  const { t, heads, kvHeads, headDim } = shape;
  const ldQkv = (heads + 2 * kvHeads) * headDim + 3;
  const ldOut = heads * headDim + 1;
  const dims = [t, heads, kvHeads, headDim, ldQkv, ldOut] as const;
  const qkv = arena.floats(t * ldQkv, scale);
  const out = arena.floats(t * ldOut);
  const lse = arena.floats(heads * t);
  const dout = arena.floats(t * ldOut);
  const dqkv = arena.floats(t * ldQkv);
  const ids = segmentIds(shape);
  const segments = ids ? arena.integers(ids) : 0;
  const scratch = arena.floats(attentionScratchSize(t, headDim), NaN).at;
  const backwardScratch = arena.floats(attentionBackwardScratchSize(t, headDim), NaN).at;
  const run = () => {
    const { kernels } = arena;
    kernels.attention(out.at, lse.at, qkv.at, segments, ...dims, scratch);
    kernels.attention_backward(
      dqkv.at,
      dout.at,
      out.at,
      lse.at,
      qkv.at,
      segments,
      ...dims,
      backwardScratch,
    );
    arena.checkFences(describe(shape));
  };
  run();
  reference.attention(out.expected, lse.expected, qkv.expected, ids, ...dims);
  reference.attention_backward(
    dqkv.expected,
    dout.expected,
    out.expected,
    lse.expected,
    qkv.expected,
    ids,
    ...dims,
  );
  return { qkv, out, lse, dout, dqkv, ldQkv, ldOut, run };
}

testKernels("attention and its gradient match their references", (newArena) => {
  for (const shape of SHAPES) {
    const { out, lse, dqkv } = attend(newArena(shape.t), shape);
    assertTwin(out, FORWARD, describe(shape));
    assertTwin(lse, FORWARD, `${describe(shape)} lse`);
    assertTwin(dqkv, BACKWARD, `${describe(shape)} gradient`);
  }
});

testKernels("attention survives scores far beyond the range of exp", (newArena) => {
  const shape = { t: 30, heads: 1, kvHeads: 1, headDim: 4 };
  // Queries and keys of about 300: scores of about ±90,000 leave one key to each query.
  const { out, lse } = attend(newArena(5), shape, 300);
  assertTwin(out, { absolute: 1, relative: 1e-3 }, describe(shape));
  assertTwin(lse, { absolute: 0.1, relative: 1e-5 }, describe(shape));
});

testKernels("changing one document leaves the others' bits alone", (newArena) => {
  for (const runs of [[20, 13, 31], [7, 50, 7]]) {
    const shape = { t: 64, heads: 2, kvHeads: 1, headDim: 10, runs };
    const { qkv, out, lse, dqkv, ldQkv, ldOut, run } = attend(newArena(3), shape);
    const before = [out, lse, dqkv].map(({ actual }) => actual.slice());
    const [from, to] = [runs[0] ?? 0, (runs[0] ?? 0) + (runs[1] ?? 0)];
    for (let i = from * ldQkv; i < to * ldQkv; i++) qkv.actual[i] = 1e15 * (i % 3 - 1);
    run();
    const after = [out, lse, dqkv].map(({ actual }) => actual.slice());
    const strides = [ldOut, 1, ldQkv];
    for (const [k, stride] of strides.entries()) {
      for (const [first, last] of [[0, from], [to, shape.t]] as const) {
        for (let h = 0; h < (k === 1 ? shape.heads : 1); h++) {
          const at = h * shape.t;
          assertEquals(
            after[k]?.slice((at + first) * stride, (at + last) * stride),
            before[k]?.slice((at + first) * stride, (at + last) * stride),
          );
        }
      }
    }
  }
});
