/**
 * TokenRun → Batch for evaluation: always the same rows, in the order of the corpus.
 *
 * @module
 */

import { generated } from "../flow.ts";
import type { Batch, TokenRun } from "../types.ts";
import { fillBatch } from "./fill.ts";
import { layOutRows } from "./rows.ts";
import { Window } from "./window.ts";

/** Choices for {@linkcode evaluationBatches}. */
export interface EvaluationOptions {
  /** Runs of the validation split; cancelled when no more are needed. */
  readonly runs: ReadableStream<TokenRun>;
  /** B */
  readonly rows: number;
  /** T */
  readonly cols: number;
  /** At most this many rows, rounded up to whole batches. */
  readonly maxRows?: number;
  /** Of each document only the start, so that few rows cover many documents. */
  readonly maxTokensPerDocument?: number;
}

/**
 * Cuts runs into rows of T tokens without shuffling; each run starts a new row. Every token but a
 * run's first is scored once; places that a run's last row leaves empty are masked.
 *
 * @example
 * ```ts
 * import { evaluationBatches } from "./evaluation.ts";
 * const run = { docId: "0011223344556677", split: "validation" as const, ids: Uint16Array.of(5, 6, 0) };
 * const runs = ReadableStream.from([run, run]);
 * const batches = await Array.fromAsync(evaluationBatches({ runs, rows: 1, cols: 4 }));
 * console.assert(batches.length === 2 && batches[1]?.validTokens === 2);
 * ```
 */
export function evaluationBatches(
  { runs, rows, cols, maxRows = Infinity, maxTokensPerDocument = Infinity }: EvaluationOptions,
): ReadableStream<Batch> {
  const mode = "pad";
  const reader = runs.getReader();
  async function* batches(): AsyncGenerator<Batch, void> {
    const window = new Window({ mode, cols, maxRows: rows });
    let batch = 0;
    const flush = function* (): Generator<Batch, void> {
      const laidOut = layOutRows(window, { mode, cols, rows, dropLast: false });
      if (laidOut.length === 0) return;
      const cursor = { epoch: 0, batch: ++batch, state: null };
      yield fillBatch(laidOut, { window, cols, cursor, segments: false });
      window.restart(rows);
    };
    while (batch * rows < maxRows) {
      const { done, value } = await reader.read();
      if (done) return yield* flush();
      const ids = value.ids.subarray(0, maxTokensPerDocument);
      let offset = 0;
      do {
        offset = window.add(ids, offset);
        if (window.isFull) yield* flush();
      } while (offset < ids.length - 1 && batch * rows < maxRows);
    }
    await reader.cancel("enough rows");
  }
  return generated((cancelled) => {
    // Fails when `runs` has failed, and then the reader has its error already.
    cancelled.addEventListener(
      "abort",
      () => void reader.cancel(cancelled.reason).catch(() => {}),
    );
    return batches();
  });
}
