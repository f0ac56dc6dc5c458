/**
 * Position of the batch stage, as plain JSON: its window and how much of it is done. A window is a
 * function of the token log and of these few numbers, so resuming reads one window.
 *
 * @module
 */

import type { Cursor, PassSize } from "../types.ts";
import type { BatchMode } from "./window.ts";

/** Options that decide which batch holds which tokens; a resumed run must keep them. */
export interface BatchShape {
  /** B */
  readonly rows: number;
  /** T */
  readonly cols: number;
  readonly mode: BatchMode;
  readonly seed: number;
  readonly windowTokens: number;
  /** Whether the first windows are small. */
  readonly growing: boolean;
  readonly dropLast: boolean;
  /** Row lengths in `pad` mode, ascending and comma-separated, where they are not all T. */
  readonly buckets?: string;
}

/** A place between two batches. */
export interface Position {
  readonly epoch: number;
  /** Place in the pass of the document in which the window starts. */
  readonly place: number;
  /** Token of that document which is the window's first input. */
  readonly offset: number;
  /** 0-based window of the epoch. */
  readonly window: number;
  /** Rows of the window that are done. */
  readonly row: number;
  /** Sizes of the passes up to this one, where their order depends on them. */
  readonly passes?: readonly PassSize[];
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
 * @throws {TypeError} when it is not a cursor of the batch stage
 */
export function readCursor(cursor: Cursor): { position: Position; shape: BatchShape } {
  const state = cursor.state;
  if (typeof state === "object" && state !== null && "shape" in state) {
    const { place, offset, window, row, passes, shape } = state as Record<string, unknown>;
    const counts = [cursor.epoch, cursor.batch, place, offset, window, row];
    if (counts.every(isCount) && (passes === undefined || isPasses(passes))) {
      const [, , ...rest] = counts as number[];
      const [p, o, w, r] = rest as [number, number, number, number];
      return {
        position: {
          epoch: cursor.epoch,
          place: p,
          offset: o,
          window: w,
          row: r,
          ...(passes && { passes }),
        },
        shape: shape as BatchShape,
      };
    }
  }
  throw new TypeError("Cannot resume batches: the cursor's state is not that of the batch stage");
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

function isPasses(value: unknown): value is readonly PassSize[] {
  return Array.isArray(value) &&
    value.every((pass) => isCount(pass?.epoch) && isCount(pass?.documents));
}

/**
 * First run the batch stage needs to go on from `cursor`: where `epochs` must start.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { resumePoint } from "./cursor.ts";
 * const state = { place: 3, offset: 70, window: 1, row: 12, shape: {} };
 * assertEquals(resumePoint({ epoch: 2, batch: 900, state }), { epoch: 2, place: 3 });
 * ```
 */
export function resumePoint(cursor: Cursor): ResumePoint {
  const { epoch, place } = readCursor(cursor).position;
  const passes = passesOf(cursor);
  return { epoch, place, ...(passes && { passes }) };
}

/** A place among the runs of `epochs`. */
export interface ResumePoint {
  readonly epoch: number;
  readonly place: number;
  /** Sizes of the passes up to this one. */
  readonly passes?: readonly PassSize[];
}

/** Sizes of the passes up to the cursor's, that one included. */
export function passesOf(cursor: Cursor): readonly PassSize[] | undefined {
  const { epoch, passes } = readCursor(cursor).position;
  const last = passes?.at(-1);
  return last && [...passes ?? [], { ...last, epoch }];
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
