/**
 * TokenRun → Batch for evaluation: every token once, always in the same rows.
 *
 * @module
 */

import { generated } from "../flow.ts";
import type { Batch } from "../types.ts";
import { fillBatch } from "./fill.ts";

/** Token ids of a document, or of a part of one. */
export type Ids = Uint16Array | Uint32Array;

/** Choices for {@linkcode evaluationBatches}. */
export interface EvaluationOptions {
  /** Documents or parts of documents; cancelled when no more are needed. */
  readonly runs: ReadableStream<{ readonly ids: Ids }>;
  /** B; the last batch may have fewer rows. */
  readonly rows: number;
  /** T */
  readonly cols: number;
  /** Rows packed together; 16 B by default. */
  readonly windowRows?: number;
}

/**
 * The scored parts of a document, each with the token before its first target: T targets per part,
 * fewer in the last. Training cuts documents at the same places.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rowParts } from "./evaluation.ts";
 * const parts = [...rowParts(Uint16Array.of(5, 6, 7, 0), 2)];
 * assertEquals(parts.map((part) => [...part]), [[5, 6, 7], [7, 0]]);
 * ```
 */
export function* rowParts(ids: Ids, cols: number): Generator<Ids, void> {
  for (let from = 0; from < ids.length - 1; from += cols) yield ids.slice(from, from + cols + 1);
}

/** Rows filled with whole parts of documents in order of arrival. */
export class EvaluationRows {
  readonly #cols: number;
  readonly #maxRows: number;
  readonly #rows: Ids[][] = [];
  /** Rows by the number of free places, newest last. */
  readonly #byFree: Ids[][][];

  /**
   * @param cols T
   * @param maxRows rows that there is room for
   */
  constructor({ cols, maxRows }: { cols: number; maxRows: number }) {
    this.#cols = cols;
    this.#maxRows = maxRows;
    this.#byFree = Array.from({ length: cols + 1 }, () => []);
  }

  /** The parts in each row. */
  get rows(): readonly (readonly Ids[])[] {
    return this.#rows;
  }

  /** Places a part of 1 to T targets by best fit; returns whether there was room. */
  add(part: Ids): boolean {
    const length = part.length - 1;
    let free = length;
    while (free < this.#cols && this.#byFree[free]?.length === 0) free++;
    const row = this.#byFree[free]?.pop() ?? this.#newRow();
    if (row === undefined) return false;
    row.push(part);
    if (free > length) this.#byFree[free - length]?.push(row);
    return true;
  }

  #newRow(): Ids[] | undefined {
    if (this.#rows.length === this.#maxRows) return undefined;
    const row: Ids[] = [];
    this.#rows.push(row);
    return row;
  }
}

/**
 * Packs documents into rows as training does, attention kept apart, without shuffling. Every token
 * but a run's first is scored once, in the context that {@linkcode rowParts} gives it, whatever else
 * is in the batch. Empty places are masked.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { evaluationBatches } from "./evaluation.ts";
 * const run = { ids: Uint16Array.of(5, 6, 0) };
 * const runs = ReadableStream.from([run, run, run]);
 * const batches = await Array.fromAsync(evaluationBatches({ runs, rows: 1, cols: 4 }));
 * assertEquals(batches.map(({ validTokens }) => validTokens), [4, 2]);
 * ```
 */
export function evaluationBatches(
  { runs, rows, cols, windowRows = 16 * rows }: EvaluationOptions,
): ReadableStream<Batch> {
  const reader = runs.getReader();
  let number = 0;
  function* batchesOf({ rows: packed }: EvaluationRows): Generator<Batch, void> {
    for (let from = 0; from < packed.length; from += rows) {
      yield toBatch(packed.slice(from, from + rows), { cols, number: ++number });
    }
  }
  async function* batches(): AsyncGenerator<Batch, void> {
    let packed = new EvaluationRows({ cols, maxRows: windowRows });
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return yield* batchesOf(packed);
      for (const part of rowParts(value.ids, cols)) {
        if (packed.add(part)) continue;
        yield* batchesOf(packed);
        packed = new EvaluationRows({ cols, maxRows: windowRows });
        packed.add(part);
      }
    }
  }
  return generated((cancelled) => {
    // Rejects when `runs` has failed, and then the reader already has the error.
    cancelled.addEventListener(
      "abort",
      () => void reader.cancel(cancelled.reason).catch(() => {}),
    );
    return batches();
  });
}

/** Writes packed rows into the arrays of a batch. */
function toBatch(
  rows: readonly (readonly Ids[])[],
  { cols, number }: { cols: number; number: number },
): Batch {
  const parts = rows.flat();
  const tokens = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  const laidOut = rows.map((row) =>
    row.map((part) => {
      tokens.set(part, at);
      at += part.length;
      return { at: at - part.length, length: part.length - 1 };
    })
  );
  const cursor = { epoch: 0, batch: number, state: null };
  return fillBatch(laidOut, { window: { tokens }, cols, cursor, segments: true });
}
