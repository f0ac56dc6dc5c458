/**
 * Which pieces of a window stand in which row.
 *
 * @module
 */

import type { BatchMode, Piece, Window } from "./window.ts";

/** The pieces of one row, left to right; together at most T pairs. */
export type Row = readonly Piece[];

/** Options of {@linkcode layOutRows}. */
export interface LayOutOptions {
  readonly mode: BatchMode;
  /** T */
  readonly cols: number;
  /** B: the number of rows becomes a multiple of it. */
  readonly rows: number;
  /** Drop the pairs that would not fill a batch, instead of masking the rest of it. */
  readonly dropLast: boolean;
}

/**
 * Lays the pieces of a window out in rows. A full window fills its rows exactly; the last window of
 * an epoch gets empty places at the end of rows, and empty rows, up to a multiple of B.
 *
 * `pack` is best fit decreasing (Johnson, "Near-optimal bin packing algorithms", 1973) into just
 * as many rows as the pairs need; pieces that then fit nowhere whole are split over what is left.
 */
export function layOutRows(
  window: Window,
  { mode, cols, rows, dropLast }: LayOutOptions,
): Row[] {
  if (mode === "pad") {
    const count = round(window.pieces.length, { to: rows, down: dropLast });
    return Array.from({ length: count }, (_, i) => window.pieces.slice(i, i + 1));
  }
  const batches = window.pairs / (rows * cols);
  const count = (dropLast ? Math.floor(batches) : Math.ceil(batches)) * rows;
  const pairs = Math.min(window.pairs, count * cols);
  if (mode === "contiguous") {
    return Array.from({ length: count }, (_, i) => {
      const length = Math.min(cols, pairs - i * cols);
      // A row of one stream may be of many documents: its place stands for them.
      return length > 0 ? [{ at: i * cols, length, document: i }] : [];
    });
  }
  let left = pairs;
  const pieces: Piece[] = [];
  for (const piece of window.pieces) {
    if (left === 0) break;
    const kept = Math.min(piece.length, left);
    pieces.push({ ...piece, length: kept });
    left -= kept;
  }
  return packRows(pieces, { cols, count });
}

function round(value: number, { to, down }: { to: number; down: boolean }): number {
  return (down ? Math.floor(value / to) : Math.ceil(value / to)) * to;
}

/** Packs pieces, whose pairs fit into `count` rows of `cols`, leaving none out. */
function packRows(pieces: Piece[], { cols, count }: { cols: number; count: number }): Row[] {
  const rows: Piece[][] = [];
  /** Open rows by the number of free places. */
  const byFree: number[][] = Array.from({ length: cols + 1 }, () => []);
  const place = (row: number, piece: Piece, free: number): void => {
    (rows[row] as Piece[]).push(piece);
    if (free > piece.length) (byFree[free - piece.length] as number[]).push(row);
  };
  const unplaced: Piece[] = [];
  for (const piece of pieces.sort((a, b) => b.length - a.length || a.at - b.at)) {
    let free = piece.length;
    while (free <= cols && (byFree[free] as number[]).length === 0) free++;
    if (free <= cols) {
      place((byFree[free] as number[]).pop() as number, piece, free);
    } else if (rows.length < count) {
      place(rows.push([]) - 1, piece, cols);
    } else unplaced.push(piece);
  }
  let free = cols;
  for (let { at, length, document } of unplaced) {
    while (length > 0) {
      while ((byFree[free] as number[]).length === 0) free--; // the largest space first
      const part = Math.min(free, length);
      place((byFree[free] as number[]).pop() as number, { at, length: part, document }, free);
      at += part;
      length -= part;
    }
  }
  while (rows.length < count) rows.push([]);
  return rows;
}
