/**
 * The order in which the rows of a window become batches.
 *
 * @module
 */

import { stratifiedPermutation } from "../../model/permutation.ts";
import { randomStream } from "../../model/random.ts";
import type { BatchShape } from "./cursor.ts";
import { layOutRows, type Row } from "./rows.ts";
import type { Piece, Window } from "./window.ts";

/** The buckets of a shape, ascending; T alone where it has none. */
function bucketsOf({ cols, buckets }: BatchShape): number[] {
  return buckets === undefined ? [cols] : buckets.split(",").map(Number);
}

/** The rows of a window in order, each computed on demand. */
export interface Arrangement {
  readonly length: number;
  /** Row `place` of [0, length). */
  readonly at: (place: number) => Row;
}

/**
 * Lays out a window and shuffles it: each B consecutive rows are one batch. Any stretch of batches
 * has rows from all over the store, but where windows grow: there all is chance. With buckets the
 * rows of a batch are of similar length, and it is the batches that are shuffled.
 */
export function arrangeRows(
  window: Window,
  { shape, epoch, number }: { shape: BatchShape; epoch: number; number: number },
): Arrangement {
  const { seed } = shape;
  if (shape.buckets === undefined) {
    const rows = layOutRows(window, shape);
    if (shape.growing) {
      return inOrder(randomStream(seed, { name: "batch", epoch }).shuffle(rows, number));
    }
    const place = ([first]: Row) => first?.document ?? Infinity;
    // Empty rows, which pad the end of an epoch, are Infinity both.
    rows.sort((a, b) => place(a) === place(b) ? 0 : place(a) - place(b));
    const indexAt = stratifiedPermutation(rows.length, { seed, name: `window ${number}`, epoch });
    return { length: rows.length, at: (place) => rows[indexAt(place)] as Row };
  }
  const batches = groupByLength(
    randomStream(seed, { name: "batch-rows", epoch }).shuffle([...window.pieces], number),
    shape,
  );
  return inOrder(randomStream(seed, { name: "batch", epoch }).shuffle(batches, number).flat());
}

function inOrder(rows: readonly Row[]): Arrangement {
  return { length: rows.length, at: (place) => rows[place] as Row };
}

/** Columns of a batch of rows: the smallest bucket that holds its longest row. */
export function columnsOf(rows: readonly Row[], shape: BatchShape): number {
  if (shape.buckets === undefined) return shape.cols;
  const longest = Math.max(...rows.map((row) => row[0]?.length ?? 0));
  return bucketsOf(shape).find((bucket) => bucket >= longest) as number;
}

/**
 * Batches of pieces that share a bucket. What is left of one bucket goes into the first batch of the
 * next, so that a window has at most one batch that is not full.
 */
function groupByLength(pieces: readonly Piece[], shape: BatchShape): Row[][] {
  const { rows, dropLast } = shape;
  const batches: Row[][] = [];
  let waiting: Row[] = [];
  let above = 0;
  for (const bucket of bucketsOf(shape)) {
    const low = above;
    for (const piece of pieces) {
      if (piece.length <= low || piece.length > bucket) continue;
      if (waiting.push([piece]) < rows) continue;
      batches.push(waiting);
      waiting = [];
    }
    above = bucket;
  }
  if (waiting.length > 0 && !dropLast) {
    while (waiting.length < rows) waiting.push([]);
    batches.push(waiting);
  }
  return batches;
}
