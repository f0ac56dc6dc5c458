/**
 * Where low-rank adapters lie in the engine's memory, packed like the matrices that they add to.
 *
 * @module
 */
import { type Kernels, NR, packedBSize } from "../../kernels/mod.ts";
import type { Layout } from "../../model/layout.ts";
import { createAdapterLayout, type LoraConfig, loraScale } from "../../model/lora.ts";
import type { Matrix } from "./weights.ts";

/** An adapter that sequences can ask for. */
export interface EngineAdapter {
  /** What they ask for it by. */
  readonly name: string;
  /** Rank, alpha and the matrices that it adapts. */
  readonly lora: LoraConfig;
  /** Laid out as `createAdapterLayout` says; not needed any more once the engine is open. */
  readonly parameters: Float32Array;
}

/** An adapter of one matrix; where that is several of the model, their adapters side by side. */
export interface PlacedAdapter {
  /** Rank of all of them together. */
  readonly rank: number;
  /** Byte addresses of A `[rank, k]` and of scale · B `[n, rank]`, packed. */
  readonly a: number;
  readonly b: number;
}

/** The adapters of each matrix, by the address of its packed form. */
export type PlacedAdapters = ReadonlyMap<number, PlacedAdapter>;

/** The adapted matrices within `matrix`, and the first of its rows that each has. */
function partsOf({ lora, layout, matrix }: {
  lora: LoraConfig;
  layout: Layout;
  matrix: Matrix;
}) {
  const { offset, n, k } = matrix;
  return createAdapterLayout(layout, lora).matrices
    .filter(({ base }) => base.offset >= offset && base.offset < offset + n * k)
    .map((part) => ({ ...part, row: (part.base.offset - offset) / k }));
}

/** Places an adapter; `take` reserves floats and returns their address. */
export function placeAdapter({ lora, layout, matrices, take }: {
  lora: LoraConfig;
  layout: Layout;
  matrices: readonly Matrix[];
  take: (floats: number) => number;
}): PlacedAdapters {
  const placed = new Map<number, PlacedAdapter>();
  for (const matrix of matrices) {
    const { n, k, packed } = matrix;
    const rank = lora.rank * partsOf({ lora, layout, matrix }).length;
    if (rank === 0) continue;
    placed.set(packed, {
      rank,
      a: take(packedBSize(k, rank)),
      b: take(packedBSize(rank, n)),
    });
  }
  return placed;
}

/** Packs an adapter's matrices to their places; `scratch` has room for the largest. */
export function fillAdapter(
  { lora, parameters }: EngineAdapter,
  { placed, layout, matrices, floats, kernels, scratch }: {
    placed: PlacedAdapters;
    layout: Layout;
    matrices: readonly Matrix[];
    /** The whole memory. */
    floats: Float32Array;
    kernels: Kernels;
    scratch: number;
  },
): void {
  const { rank: r } = lora;
  const scale = loraScale(lora);
  for (const matrix of matrices) {
    const at = placed.get(matrix.packed);
    if (!at) continue;
    const { n, k } = matrix;
    const from = scratch / 4;
    const parts = partsOf({ lora, layout, matrix });
    parts.forEach(({ a }, part) =>
      floats.set(parameters.subarray(a.offset, a.offset + a.size), from + part * r * k)
    );
    kernels.pack_b_transposed(at.a, scratch, k, at.rank, k, k * NR);
    floats.fill(0, from, from + n * at.rank);
    parts.forEach(({ b, row }, part) => {
      for (let i = 0; i < b.size; i++) {
        const to = (row + Math.floor(i / r)) * at.rank + part * r + i % r;
        floats[from + to] = scale * (parameters[b.offset + i] as number);
      }
    });
    kernels.pack_b_transposed(at.b, scratch, at.rank, n, at.rank, at.rank * NR);
  }
}
