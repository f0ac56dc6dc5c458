/**
 * Statistics of batches.
 *
 * @module
 */

import type { Batch } from "../types.ts";

/** Sums over batches. */
export interface BatchStatistics {
  readonly batches: number;
  /** Places in the arrays: rows times columns. */
  readonly places: number;
  /** Places with a target. */
  readonly tokens: number;
  /** Segments: documents, or parts of documents. */
  readonly segments: number;
  /** Share of the places that are empty. */
  readonly padding: number;
}

/** The sums before the first batch. */
export const NO_BATCHES: BatchStatistics = {
  batches: 0,
  places: 0,
  tokens: 0,
  segments: 0,
  padding: 0,
};

/**
 * The sums with one batch more.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addBatch, NO_BATCHES } from "./statistics.ts";
 * const { padding } = addBatch(NO_BATCHES, {
 *   inputIds: Int32Array.of(5, 0), targetIds: Int32Array.of(6, 0), mask: Int32Array.of(1, 0),
 *   rows: 1, cols: 2, validTokens: 1, cursor: { epoch: 0, batch: 1, state: null },
 * });
 * assertEquals(padding, 0.5);
 * ```
 */
export function addBatch(sums: BatchStatistics, batch: Batch): BatchStatistics {
  const places = sums.places + batch.rows * batch.cols;
  const tokens = sums.tokens + batch.validTokens;
  return {
    batches: sums.batches + 1,
    places,
    tokens,
    segments: sums.segments + countSegments(batch),
    padding: 1 - tokens / places,
  };
}

function countSegments({ mask, segmentIds, rows, cols }: Batch): number {
  let count = 0;
  for (let row = 0; row < rows; row++) {
    for (let at = row * cols; at < (row + 1) * cols && mask[at] === 1; at++) {
      if (at === row * cols || (segmentIds && segmentIds[at] !== segmentIds[at - 1])) count++;
    }
  }
  return count;
}
