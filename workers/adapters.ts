/**
 * Low-rank adapters in training: A and B of each adapted matrix are the only groups that are trained.
 * Products use weights with the adapter merged in, packed once per step, so that forward and backward
 * pass are as without; the gradients of A and B come from two thin products.
 *
 * @module
 */
import type { ParameterGroup } from "./groups.ts";
import { linear, linearInputGradient, linearWeightGradient } from "./linear.ts";
import type { Segment } from "./memory_plan.ts";
import { at, groupOf, type MicrobatchContext, weightsOf } from "./microbatch_context.ts";
import { reduceProduct, type Turn } from "./reduction.ts";

/**
 * Reduces the gradients of the adapters of `w`, given its input `x[n, in]` and the gradient of its
 * output `dy[n, out]`: dB = scale · dYᵀ (X Aᵀ), dA = scale · (dY B)ᵀ X.
 */
export function reduceAdapters(
  context: MicrobatchContext,
  { turn, w, dy, x, n }: { turn: Turn; w: ParameterGroup; dy: number; x: number; n: number },
): void {
  const { area, f32, plan } = context;
  for (const { a, b, row } of context.adapters?.of.get(w.index) ?? []) {
    const part = { dy: at(dy, row), stride: w.rows };
    linear(context, { y: area.loraHidden, x, w: a, n });
    linearInputGradient(context, { dx: area.loraGradient, ...part, w: b, n });
    for (const address of [area.loraHidden, area.loraGradient]) {
      const values = f32.subarray(address / 4, address / 4 + n * a.rows);
      for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * plan.loraScale;
    }
    const reduced = { turn, staged: area.staged, n };
    reduceProduct(context, {
      ...reduced,
      group: b,
      multiply: (dw, accumulate) =>
        linearWeightGradient(context, { dw, ...part, x: area.loraHidden, w: b, n, accumulate }),
    });
    reduceProduct(context, {
      ...reduced,
      group: a,
      multiply: (dw, accumulate) =>
        linearWeightGradient(context, { dw, dy: area.loraGradient, x, w: a, n, accumulate }),
    });
  }
}

/** Writes a segment's rows of W + scale · B · A to the worker's scratch; returns their address. */
export function mergeSegment(
  context: MicrobatchContext,
  { group, row, rows }: Segment,
  { scale }: { scale: number },
): number {
  const { kernels, area, f32, plan } = context;
  const w = groupOf(context, group);
  const { cols } = w;
  kernels.copy(area.staged, at(weightsOf(context, w), row * cols), rows * cols);
  for (const { a, b, row: first } of context.adapters?.of.get(group) ?? []) {
    const from = Math.max(row, first);
    const count = Math.min(row + rows, first + b.rows) - from;
    const packed = plan.packed[a.index];
    if (count <= 0 || !packed || scale === 0) continue;
    const rank = a.rows;
    const source = (weightsOf(context, b) / 4) + (from - first) * rank;
    const scaled = area.loraScratch / 4;
    for (let i = 0; i < count * rank; i++) f32[scaled + i] = scale * (f32[source + i] as number);
    kernels.pack_a(area.packedA, area.loraScratch, count, rank, rank);
    const target = at(area.staged, (from - row) * cols);
    kernels.gemm(target, area.packedA, packed.backward, count, cols, rank, cols, 1);
  }
  return area.staged;
}
