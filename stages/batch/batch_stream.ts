/**
 * Batches one by one: the batch stage over a corpus that can be reopened at any position.
 *
 * @module
 */

import type { Batch, Cursor, EpochRun } from "../types.ts";
import { countBatches } from "./count.ts";
import { type ResumePoint, resumePoint } from "./cursor.ts";
import { batch, type BatchOptions } from "./batches.ts";
import { addBatch, type BatchStatistics, NO_BATCHES } from "./statistics.ts";

/** Choices for {@linkcode BatchStream}. */
export interface BatchStreamOptions extends BatchOptions {
  /** Opens the corpus at a document, pass after pass, as `epochs` of the store does. */
  readonly open: (start: ResumePoint) => ReadableStream<EpochRun>;
  /** Size of the corpus, where it is known. */
  readonly size?: { readonly documents: number; readonly tokens: number };
}

/**
 * Reads batches. `reset` goes back to the start, or to just after any batch seen before.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BatchStream } from "./batch_stream.ts";
 * const run = { docId: "0011223344556677", split: "train" as const, epoch: 0, place: 0, index: 0 };
 * const open = () => ReadableStream.from([{ ...run, ids: Uint16Array.of(5, 6, 7, 8, 0) }]);
 * const size = { documents: 1, tokens: 5 };
 * await using batches = new BatchStream({ open, size, rows: 1, cols: 2, vocabSize: 9 });
 * const first = await batches.next();
 * await batches.reset();
 * assertEquals(batches.numBatches, 2);
 * assertEquals((await batches.next())?.cursor.batch, 1);
 * await batches.reset(first?.cursor);
 * assertEquals((await batches.next())?.cursor.batch, 2);
 * ```
 */
export class BatchStream implements AsyncIterable<Batch>, AsyncDisposable {
  readonly #options: BatchStreamOptions;
  #cursor: Cursor | undefined;
  #reader: ReadableStreamDefaultReader<Batch> | undefined;
  #statistics = NO_BATCHES;

  /** Nothing is read before the first `next`. */
  constructor(options: BatchStreamOptions) {
    this.#options = options;
    this.#cursor = options.cursor;
  }

  /** Batches of one epoch; `undefined` where the corpus's size does not determine it. */
  get numBatches(): number | undefined {
    const { size } = this.#options;
    return size && countBatches(size, this.#options);
  }

  /** Statistics of the batches since the start or the last reset. */
  get statistics(): BatchStatistics {
    return this.#statistics;
  }

  /** Cursor of the last batch; `undefined` before the first. */
  get cursor(): Cursor | undefined {
    return this.#cursor;
  }

  /** The next batch, `undefined` after the last. */
  async next(): Promise<Batch | undefined> {
    this.#reader ??= this.#open();
    const { value } = await this.#reader.read();
    if (value === undefined) return undefined;
    this.#cursor = value.cursor;
    this.#statistics = addBatch(this.#statistics, value);
    return value;
  }

  /** Goes to the batch after `cursor`, or to the first, and resets the statistics. */
  async reset(cursor?: Cursor): Promise<void> {
    await this.#close("reset");
    this.#cursor = cursor;
    this.#statistics = NO_BATCHES;
  }

  /** The remaining batches. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void> {
    for (let made = await this.next(); made; made = await this.next()) yield made;
  }

  /** Cancels what is being read. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close("no more batches are needed");
  }

  #open(): ReadableStreamDefaultReader<Batch> {
    const { open, size: _, cursor: __, ...options } = this.#options;
    const cursor = this.#cursor;
    return open(cursor ? resumePoint(cursor) : { epoch: 0, place: 0 })
      .pipeThrough(batch({ ...options, ...(cursor && { cursor }) }))
      .getReader();
  }

  async #close(reason: string): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.cancel(reason);
  }
}
