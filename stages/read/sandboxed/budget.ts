/**
 * What may come out of one document, whatever its format and however little it takes on disk.
 *
 * @module
 */
import { ReadFailure } from "../failure.ts";
import type { Piece, Task } from "./task.ts";

/** Pages and drops of one document that is read whole. */
const MAX_PIECES = 20_000;
/** A table may give so many times its own size, and what one row group may take. */
const TABLE_RATIO = 1000;
const TABLE_BYTES = 256 * 2 ** 20;

/** Bounds on all that is handed on. */
export interface Budget {
  readonly maxBytes: number;
  readonly maxPieces: number;
}

/** The bounds of a task: a table is as long as its rows, a document as its text may be. */
export function budgetOf(task: Task, sourceBytes: number): Budget {
  return task.format === "parquet"
    ? { maxBytes: TABLE_BYTES + TABLE_RATIO * sourceBytes, maxPieces: Infinity }
    : { maxBytes: task.maxUnpackedBytes, maxPieces: MAX_PIECES };
}

/** The pieces up to the bounds. @throws {ReadFailure} `too-large` past them */
export async function* withinBudget(
  pieces: AsyncGenerator<Piece>,
  { maxBytes, maxPieces }: Budget,
): AsyncGenerator<Piece> {
  let bytes = 0, count = 0;
  for await (const piece of pieces) {
    if ("body" in piece) bytes += piece.body.byteLength;
    if (bytes > maxBytes) {
      throw new ReadFailure("too-large", `its text is longer than ${maxBytes} bytes`);
    }
    if (++count > maxPieces) {
      throw new ReadFailure("too-large", `it has more than ${maxPieces} parts`);
    }
    yield piece;
  }
}
