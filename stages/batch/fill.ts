/**
 * Writes rows into the arrays of a batch.
 *
 * @module
 */

import type { Batch, Cursor } from "../types.ts";
import type { Piece, Window } from "./window.ts";

/**
 * Makes a batch of rows. Places without a pair hold id 0, are masked, and are a segment of their own.
 *
 * @param rows `[B]`
 */
export function fillBatch(
  rows: readonly (readonly Pick<Piece, "at" | "length">[])[],
  { window, cols, cursor, segments }: {
    window: Pick<Window, "tokens">;
    /** T */
    cols: number;
    cursor: Cursor;
    /** Whether a row may hold several documents that must not see one another. */
    segments: boolean;
  },
): Batch {
  const size = rows.length * cols;
  const inputIds = new Int32Array(size);
  const targetIds = new Int32Array(size);
  const mask = new Int32Array(size);
  const segmentIds = new Int32Array(segments ? size : 0);
  let validTokens = 0;
  rows.forEach((row, b) => {
    let to = b * cols;
    row.forEach(({ at, length }, segment) => {
      inputIds.set(window.tokens.subarray(at, at + length), to);
      targetIds.set(window.tokens.subarray(at + 1, at + 1 + length), to);
      mask.fill(1, to, to + length);
      if (segments) segmentIds.fill(segment, to, to + length);
      to += length;
      validTokens += length;
    });
    if (segments) segmentIds.fill(row.length, to, (b + 1) * cols);
  });
  return {
    inputIds,
    targetIds,
    mask,
    ...(segments && { segmentIds }),
    rows: rows.length,
    cols,
    validTokens,
    cursor,
  };
}
