/**
 * The batch stage: windows of the corpus, cut into rows, shuffled and validated.
 *
 * @module
 */

import { isBarrier } from "../barrier.ts";
import { transformed } from "../flow.ts";
import type { StageMeter } from "../meter.ts";
import { metered } from "../metered.ts";
import { bounded } from "../queue.ts";
import type { Barrier, Batch, Cursor, Cursors, EpochRun } from "../types.ts";
import { arrangeRows, columnsOf } from "./arrange.ts";
import { type BatchShape, checkShape, makeCursor, type Position, readCursor } from "./cursor.ts";
import { fillBatch } from "./fill.ts";
import { validateBatch } from "./validate.ts";
import { type BatchMode, Window } from "./window.ts";

/** Choices for {@linkcode batch}. */
export interface BatchOptions {
  /** B */
  readonly rows: number;
  /** T */
  readonly cols: number;
  /** How documents become rows; `pack` by default. */
  readonly mode?: BatchMode;
  /** Decides in which order rows come out of a window; 0 by default. */
  readonly seed?: number;
  /** Tokens shuffled together; each takes the memory of one stored id. */
  readonly windowTokens?: number;
  /**
   * Whether the first windows are small, so that training starts while documents still arrive. Only
   * for runs in stored order: of shuffled runs every window is a fair sample.
   */
  readonly growing?: boolean;
  /** Drop the end of an epoch where it does not fill a batch, instead of masking. */
  readonly dropLast?: boolean;
  /**
   * In `pad` mode: batches hold rows of similar length and have as many columns as the smallest
   * bucket that fits them; T is the largest. With `dropLast`, each window drops less than a batch of
   * rows.
   */
  readonly buckets?: readonly number[];
  /** Every id must be below this. */
  readonly vocabSize: number;
  /** Cursor of the last batch used; the input must then start at its `resumePoint`. */
  readonly cursor?: Cursor;
  /** Cursors of the stages above, for the batches before the first barrier. */
  readonly cursors?: Cursors;
  /** Counts tokens. */
  readonly meter?: StageMeter;
}

/** Bound of the input queue, in tokens. */
const QUEUE_TOKENS = 2 ** 16;

/**
 * Epoch 0 of growing windows starts with one that is 2 ** 8 times smaller, and the next is 2 ** 4
 * times smaller.
 */
const FIRST_WINDOW_SHIFT = 8, WINDOW_GROWTH_SHIFT = 4;

/**
 * Cuts documents into rows of T tokens, shuffles the rows of each window and groups them by B.
 *
 * Each epoch scores every token but the first of each document exactly once (`contiguous`: but the
 * first of the epoch), and which batch holds which token depends on the token log and the options
 * alone. The last batch of an epoch may hold masked places and rows.
 *
 * @throws {RangeError} on options that are impossible, or that differ from the cursor's
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { batch } from "./batches.ts";
 * const ids = Uint16Array.of(5, 6, 7, 8, 0);
 * const docId = "0011223344556677";
 * const run = { docId, split: "train" as const, ids, epoch: 0, place: 0, index: 0 };
 * const batches = ReadableStream.from([run])
 *   .pipeThrough(batch({ rows: 1, cols: 2, vocabSize: 9 }));
 * const counts = (await Array.fromAsync(batches)).map(({ validTokens }) => validTokens);
 * assertEquals(counts, [2, 2]);
 * ```
 */
export function batch(
  options: BatchOptions,
): ReadableWritablePair<Batch, EpochRun | Barrier> {
  const { rows, cols, mode = "pack", seed = 0, windowTokens = 2 ** 22 } = options;
  const { growing = false, dropLast = false } = options;
  for (const [name, value] of Object.entries({ rows, cols, windowTokens })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new RangeError(`Cannot make batches: ${name} must be a positive integer, got ${value}`);
  }
  const buckets = options.buckets && formatBuckets(options.buckets, { cols, mode });
  const shape: BatchShape = {
    rows,
    cols,
    mode,
    seed,
    windowTokens,
    growing,
    dropLast,
    ...(buckets !== undefined && { buckets }),
  };
  if (options.cursor) checkShape(readCursor(options.cursor).shape, shape);
  const stage = transformed<EpochRun | Barrier, Batch>({
    generate: (input) => new Batcher(shape, options).batches(input),
    input: bounded(QUEUE_TOKENS, ({ ids }: EpochRun) => ids.length),
  });
  return metered(stage, options.meter);
}

function formatBuckets(
  buckets: readonly number[],
  { cols, mode }: { cols: number; mode: BatchMode },
): string {
  const all = [...new Set([...buckets, cols])].sort((a, b) => a - b);
  if (
    mode === "pad" && all.every((size) => Number.isSafeInteger(size) && size > 0 && size <= cols)
  ) {
    return all.join(",");
  }
  throw new RangeError(
    `Cannot make batches: buckets are for pad mode and must be integers from 1 to ${cols}, ` +
      `got ${buckets.join(", ")} in ${mode} mode`,
  );
}

/** The state of one batch stage. */
class Batcher {
  readonly #shape: BatchShape;
  readonly #vocabSize: number;
  readonly #meter: StageMeter | undefined;
  #position: Position;
  #batch: number;
  #window: Window;
  #cursors: Cursors | undefined;

  constructor(shape: BatchShape, { vocabSize, cursor, cursors, meter }: BatchOptions) {
    this.#shape = shape;
    this.#vocabSize = vocabSize;
    this.#meter = meter;
    this.#position = cursor
      ? readCursor(cursor).position
      : { epoch: 0, place: 0, offset: 0, window: 0, row: 0 };
    this.#batch = cursor?.batch ?? 0;
    this.#cursors = cursors;
    const { mode, cols } = shape;
    this.#window = new Window({ mode, cols, maxRows: this.#maxRows() });
  }

  async *batches(input: AsyncIterable<EpochRun | Barrier>): AsyncGenerator<Batch, void> {
    using _ = this.#window;
    let isFirst = true, batchesBefore = -1;
    for await (const run of input) {
      if (isBarrier(run)) {
        this.#cursors = { ...this.#cursors, ...run.cursors };
        continue;
      }
      this.#meter?.phase("busy");
      this.#meter?.in(run.ids.length);
      if (isFirst && (run.epoch !== this.#position.epoch || run.place !== this.#position.place)) {
        const { epoch, place } = this.#position;
        throw new RangeError(
          `Cannot make batches: the input starts at epoch ${run.epoch}, place ${run.place}; ` +
            `the cursor needs epoch ${epoch}, place ${place}`,
        );
      }
      // Cursors of the pass in which a window starts.
      if (isFirst) this.#position = { ...this.#position, ...passesOfRun(run) };
      let offset = isFirst ? this.#position.offset : 0;
      isFirst = false;
      if (run.epoch !== this.#position.epoch) {
        yield* this.#finish(startOf(run));
        this.#window.breakStream();
        if (batchesBefore === this.#batch) {
          throw new Error(
            `Cannot make batches: a whole epoch fills no batch of ${this.#shape.rows} rows × ` +
              `${this.#shape.cols} tokens; the corpus is too small`,
          );
        }
        batchesBefore = this.#batch;
      }
      do {
        offset = this.#window.add(run.ids, offset, run.index);
        if (this.#window.isFull) {
          const window = this.#position.window + 1;
          yield* this.#finish({ ...startOf(run), place: run.place, offset, window });
        }
      } while (offset < run.ids.length - 1);
      this.#meter?.phase("waiting");
    }
    const { epoch, passes } = this.#position;
    const next = { epoch: epoch + 1, place: 0, offset: 0, window: 0, row: 0 };
    yield* this.#finish({ ...next, ...(passes && { passes }) });
  }

  /** Rows of the window at the present position. */
  #maxRows(): number {
    const { rows, cols, windowTokens, growing } = this.#shape;
    const { epoch, window } = this.#position;
    const shift = growing && epoch === 0
      ? Math.max(0, FIRST_WINDOW_SHIFT - WINDOW_GROWTH_SHIFT * window)
      : 0;
    return Math.max(1, Math.floor(windowTokens / 2 ** shift / cols / rows)) * rows;
  }

  /** Emits the remaining batches of the window and starts the window at `next`. */
  async *#finish(next: Position): AsyncGenerator<Batch, void> {
    const shape = this.#shape, { rows, mode } = shape;
    const window = this.#window, position = this.#position;
    const arranged = arrangeRows(window, {
      shape,
      epoch: position.epoch,
      number: position.window,
    });
    for (let row = position.row; row < arranged.length; row += rows) {
      const end = row + rows;
      this.#position = end < arranged.length ? { ...position, row: end } : next;
      const cursor = makeCursor(++this.#batch, { position: this.#position, shape });
      const taken = Array.from({ length: rows }, (_, i) => arranged.at(row + i));
      const cols = columnsOf(taken, shape);
      const made = fillBatch(taken, { window, cols, cursor, segments: mode === "pack" });
      validateBatch(made, { vocabSize: this.#vocabSize });
      this.#meter?.phase("blocked");
      yield this.#cursors ? { ...made, cursors: this.#cursors } : made;
      this.#meter?.phase("busy");
      this.#meter?.out(made.validTokens);
    }
    this.#position = next;
    window.restart(this.#maxRows());
  }
}

/** The beginning of the pass that `run` is part of. */
function startOf(run: EpochRun): Position {
  return { epoch: run.epoch, place: 0, offset: 0, window: 0, row: 0, ...passesOfRun(run) };
}

function passesOfRun({ passes }: EpochRun): Pick<Position, "passes"> {
  return passes ? { passes } : {};
}
