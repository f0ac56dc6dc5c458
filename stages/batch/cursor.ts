/**
 * Where the batch stage stands, as plain JSON: the window it is in and how much of it is done. A
 * window is a function of the token log and of these few numbers, so resuming reads one window.
 *
 * @module
 */

import type { Cursor } from "../types.ts";
import type { BatchMode } from "./window.ts";

/** What decides which tokens stand in which batch; a resumed run must keep it. */
export interface BatchShape {
  /** B */
  readonly rows: number;
  /** T */
  readonly cols: number;
  readonly mode: BatchMode;
  readonly seed: number;
  readonly windowTokens: number;
  readonly dropLast: boolean;
  /** Lengths of rows in `pad` mode, ascending and divided by commas, where they are not all T. */
  readonly buckets?: string;
}

/** A place between two batches. */
export interface Position {
  readonly epoch: number;
  /** Document in which the window starts. */
  readonly index: number;
  /** Token of that document which is the window's first input. */
  readonly offset: number;
  /** 0-based window of the epoch. */
  readonly window: number;
  /** Rows of the window that are done. */
  readonly row: number;
}

/** Makes a cursor. */
export function makeCursor(
  batch: number,
  { position, shape }: { position: Position; shape: BatchShape },
): Cursor {
  const { epoch, ...state } = position;
  return { epoch, batch, state: { ...state, shape } };
}

/**
 * Reads a cursor back.
 *
 * @throws {TypeError} when it is not one of the batch stage
 */
export function readCursor(cursor: Cursor): { position: Position; shape: BatchShape } {
  const state = cursor.state;
  if (typeof state === "object" && state !== null && "shape" in state) {
    const { index, offset, window, row, shape } = state as Record<string, unknown>;
    const counts = [cursor.epoch, cursor.batch, index, offset, window, row];
    if (counts.every((count) => Number.isSafeInteger(count) && Number(count) >= 0)) {
      const [, , ...rest] = counts as number[];
      const [i, o, w, r] = rest as [number, number, number, number];
      return {
        position: { epoch: cursor.epoch, index: i, offset: o, window: w, row: r },
        shape: shape as BatchShape,
      };
    }
  }
  throw new TypeError("Cannot resume batches: the cursor's state is not one of the batch stage");
}

/**
 * First run the batch stage needs to go on from `cursor`: where `epochs` must start.
 *
 * @example
 * ```ts
 * import { resumePoint } from "./cursor.ts";
 * const state = { index: 3, offset: 70, window: 1, row: 12, shape: {} };
 * const { epoch, index } = resumePoint({ epoch: 2, batch: 900, state });
 * console.assert(epoch === 2 && index === 3);
 * ```
 */
export function resumePoint(cursor: Cursor): { epoch: number; index: number } {
  const { epoch, index } = readCursor(cursor).position;
  return { epoch, index };
}

/** @throws {RangeError} naming the first field of `shape` that differs from the cursor's */
export function checkShape(found: BatchShape, shape: BatchShape): void {
  for (const name of Object.keys({ ...found, ...shape }) as (keyof BatchShape)[]) {
    if (found?.[name] === shape[name]) continue;
    throw new RangeError(
      `Cannot resume batches: ${name} was ${found?.[name]} and is now ${shape[name]}`,
    );
  }
}
