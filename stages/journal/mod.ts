/**
 * Document → disk → Document: a durable first-in-first-out queue that lets the crawl run ahead of a
 * tokenizer that is not trained yet.
 *
 * @module
 */

import { isBarrier, stamp } from "../barrier.ts";
import { generated } from "../flow.ts";
import type { StageMeter } from "../meter.ts";
import type { Barrier, Document } from "../types.ts";
import type { Journal } from "./journal.ts";
import { type Mark, writeMark } from "./mark.ts";

export {
  Journal,
  openJournal,
  type OpenJournalOptions,
  type ReadDocumentsOptions,
} from "./journal.ts";
export { type Named, readSeal, SEAL } from "./named.ts";
export { type JournalReader, readJournal } from "./reader.ts";
export { hasDocuments, JournalDamage, type TornTail } from "./segments.ts";
export { type Mark, readMark, writeMark } from "./mark.ts";
export { type Salvage, salvageJournal } from "./salvage.ts";
export { type JournalSurvey, surveyJournal } from "./survey.ts";

/** Choices for {@linkcode journal}. */
export interface JournalOptions<B extends Barrier = never> {
  /** Borrowed. */
  readonly journal: Journal;
  /** Index of the first document to hand on. */
  readonly from?: number;
  /** Reading starts when this resolves; until then the writer has no bound. */
  readonly ready?: Promise<void>;
  /** The writer waits while this many bytes of text are written and not yet read. */
  readonly maxLagBytes?: number;
  /** Called with a document's URL once it is on the disk. */
  readonly onStored?: (url: string) => void;
  /** Called once a barrier, and all that came before it, is on the disk; the writer waits for it. */
  readonly onMark?: ((mark: Mark) => Promise<void>) | undefined;
  /** Sent first, after each barrier written, and at the end; none by default. */
  readonly barrier?: B;
  /** The last barrier of an earlier run. */
  readonly mark?: Mark;
  /**
   * Counts what comes in and goes out, and where the time goes; off by default.
   */
  readonly meter?: StageMeter;
}

/** The two ends of the queue. */
export interface JournalEnds<B extends Barrier = never> {
  /** Closing it seals the journal; aborting it fails the readable end. */
  readonly writable: WritableStream<Document | B>;
  /** Every document from `from` on, those of earlier runs included. */
  readonly readable: ReadableStream<Document | B>;
}

/**
 * Joins a writer and a reader of one journal.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { journal, openJournal } from "./mod.ts";
 * await using corpus = await openJournal({ dir: await Deno.makeTempDir() });
 * const { writable, readable } = journal({ journal: corpus });
 * const document = { id: "0011223344556677", url: "http://a/", title: "", text: "Text.", lang: "en", fetchedAt: "" };
 * const [documents] = await Promise.all([
 *   Array.fromAsync(readable),
 *   ReadableStream.from([document]).pipeTo(writable),
 * ]);
 * assertEquals(documents, [document]);
 * ```
 */
export function journal<B extends Barrier = never>(options: JournalOptions<B>): JournalEnds<B> {
  const { journal, from = 0, ready = Promise.resolve(), onStored, onMark, meter, barrier } =
    options;
  const { maxLagBytes = 8 * 2 ** 20 } = options;
  /** Barriers written and not yet read. */
  const marks: Mark[] = options.mark ? [options.mark] : [];
  let newest = options.mark?.cursors;
  let last = barrier;
  // Lag counts what this run has written, in UTF-16 code units.
  const base = journal.count;
  let written = 0, writtenChars = 0, readChars = 0, isReady = false;
  let room = Promise.withResolvers<void>();
  const makeRoom = (): void => {
    room.resolve();
    room = Promise.withResolvers<void>();
  };
  const broken = new AbortController();
  // Until then the queue is unbounded, and the writer never waits.
  meter?.queueFrom(() => isReady ? (writtenChars - readChars) / maxLagBytes : 0);
  ready.then(() => isReady = true, (error) => broken.abort(error));
  let writer: WritableStreamDefaultController | undefined;
  let stopped: { reason: unknown } | undefined;
  const wakeWriter = (reason: unknown): void => {
    stopped ??= { reason };
    makeRoom();
  };
  const stop = (reason: unknown): void => {
    wakeWriter(reason);
    writer?.error(reason);
  };

  const writable = new WritableStream<Document | B>({
    start(controller) {
      writer = controller;
      const { signal } = controller; // aborts at once, even while a write is held back
      signal.addEventListener("abort", () => {
        broken.abort(signal.reason);
        wakeWriter(signal.reason);
      });
    },
    async write(document) {
      if (isBarrier(document)) {
        newest = { ...newest, ...document.cursors };
        const mark = { documents: base + written, cursors: newest };
        // Before the reader reaches it.
        marks.push(mark);
        // A source that resumes here skips these documents, so they must be on the disk.
        await journal.flush();
        await writeMark(journal.dir, mark);
        await onMark?.(mark);
        return;
      }
      meter?.phase("busy");
      meter?.in(document.text.length);
      writtenChars += document.text.length;
      written++;
      await journal.append(document, onStored ? { onStored: () => onStored(document.url) } : {});
      meter?.phase("blocked");
      while (isReady && !stopped && writtenChars - readChars > maxLagBytes) {
        await room.promise;
      }
      if (stopped) throw stopped.reason;
      meter?.phase("waiting");
    },
    async close() {
      await journal.seal();
    },
  });

  /** The barrier at document `index`, if one was written there or `always`. */
  function passed(index: number, { always }: { always: boolean }): B | undefined {
    let due = always;
    for (; marks[0] && marks[0].documents <= index; due = true) {
      last = last && stamp(last, (marks.shift() as Mark).cursors);
    }
    return due && last ? stamp(last, { journal: { documents: index } }) : undefined;
  }

  async function* read(signal: AbortSignal): AsyncGenerator<Document | B, void> {
    try {
      await Promise.race([ready, aborted(signal)]);
      let index = from;
      const first = passed(index, { always: true });
      if (first) yield first;
      for await (const document of journal.documents({ from, follow: true, signal })) {
        yield document;
        meter?.out(document.text.length);
        if (index++ >= base) readChars += document.text.length;
        makeRoom();
        const next = passed(index, { always: false });
        if (next) yield next;
      }
      const end = passed(index, { always: true });
      if (end) yield end;
    } catch (error) {
      stop(error);
      throw error;
    }
  }
  const readable = generated<Document | B>((cancelled) => {
    // Once the reader cancels, the writer should stop too.
    cancelled.addEventListener("abort", () => stop(cancelled.reason));
    return read(AbortSignal.any([cancelled, broken.signal]));
  });
  return { writable, readable };
}

/**
 * Checks that a journal still holds the documents that a checkpoint's cursor has read.
 *
 * @throws {Error} when it has lost documents
 */
export function checkCursor({ dir, count }: Journal, cursor: unknown): void {
  const read = (cursor as { documents?: unknown } | undefined)?.documents;
  if (typeof read !== "number" || read <= count) return;
  throw new Error(
    `Cannot go on with ${dir}: it has ${count} documents, and the checkpoint was made of ${read}; ` +
      `bring back the folder or start another run`,
  );
}

/** Rejects with the signal's reason when it aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
