/**
 * What low-rank adapters add in a pass: sequences of several, and of none, go through the model together.
 * It is computed row by row, in the same order whoever else is there.
 *
 * @module
 */
import type { PassContext } from "./context.ts";
import { Word } from "./control_words.ts";
import { Segment } from "./plan.ts";
import type { Matrix } from "./weights.ts";

/** Adds what the adapters of a pass's sequences make of some columns of a product. */
export function addAdapters(
  { plan, area, kernels, words, ints }: PassContext,
  { x, y, ldy, column, columns, matrix: { packed, k } }: {
    /** Rows `[n, k]` of the product's input. */
    x: number;
    y: number;
    ldy: number;
    column: number;
    columns: number;
    matrix: Matrix;
  },
): void {
  const segments = Atomics.load(words, Word.segments);
  for (let s = 0; s < segments; s++) {
    const at = plan.segments / 4 + s * Segment.width;
    const placed = plan.adapters[(ints[at + Segment.adapter] as number) - 1]?.get(packed);
    if (!placed) continue;
    const { rank, a, b } = placed;
    const first = ints[at + Segment.row] as number;
    const end = first + (ints[at + Segment.rows] as number);
    for (let row = first; row < end; row++) {
      kernels.matvec(area.adapted, x + row * k * 4, a, rank, k, 0);
      kernels.matvec(y + row * ldy * 4, area.adapted, b + column * rank * 4, columns, rank, 1);
    }
  }
}
