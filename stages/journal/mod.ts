/**
 * Document → disk → Document: a durable first-in-first-out queue that lets the crawl run ahead of a
 * tokenizer that is not trained yet.
 *
 * @module
 */

import { generated } from "../flow.ts";
import type { StageMeter } from "../meter.ts";
import type { Document } from "../types.ts";
import type { Journal } from "./journal.ts";

export {
  Journal,
  openJournal,
  type OpenJournalOptions,
  type ReadDocumentsOptions,
} from "./journal.ts";

/** Choices for {@linkcode journal}. */
export interface JournalOptions {
  /** Borrowed. */
  readonly journal: Journal;
  /** Index of the first document to hand on. */
  readonly from?: number;
  /** Nothing is handed on before this resolves, and the writer is not held back either. */
  readonly ready?: Promise<void>;
  /** The writer waits while this many bytes of text are written and not yet read. */
  readonly maxLagBytes?: number;
  /** Called with a document's URL once it is on the disk. */
  readonly onStored?: (url: string) => void;
  readonly meter?: StageMeter;
}

/** The two ends of the queue. */
export interface JournalEnds {
  /** Closing it seals the journal; aborting it fails the readable end. */
  readonly writable: WritableStream<Document>;
  /** Every document from `from` on, those of earlier runs included. */
  readonly readable: ReadableStream<Document>;
}

/**
 * Joins a writer and a reader of one journal.
 *
 * @example
 * ```ts
 * import { journal, openJournal } from "./mod.ts";
 * await using corpus = await openJournal({ dir: await Deno.makeTempDir() });
 * const { writable, readable } = journal({ journal: corpus });
 * const document = { id: "0011223344556677", url: "http://a/", title: "", text: "Text.", lang: "en", fetchedAt: "" };
 * const [documents] = await Promise.all([
 *   Array.fromAsync(readable),
 *   ReadableStream.from([document]).pipeTo(writable),
 * ]);
 * console.assert(documents[0]?.text === "Text.");
 * ```
 */
export function journal(
  { journal, from = 0, ready = Promise.resolve(), maxLagBytes = 8 * 2 ** 20, onStored, meter }:
    JournalOptions,
): JournalEnds {
  // Lag counts what this run has written, in UTF-16 code units.
  const base = journal.count;
  let writtenChars = 0, readChars = 0, isReady = false;
  let room = Promise.withResolvers<void>();
  const makeRoom = (): void => {
    room.resolve();
    room = Promise.withResolvers<void>();
  };
  const broken = new AbortController();
  // Before that it may be as long as it gets, and holds nobody up.
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

  const writable = new WritableStream<Document>({
    start(controller) {
      writer = controller;
      const { signal } = controller; // aborts at once, even while a write is held back
      signal.addEventListener("abort", () => {
        broken.abort(signal.reason);
        wakeWriter(signal.reason);
      });
    },
    async write(document) {
      meter?.phase("busy");
      meter?.in(document.text.length);
      writtenChars += document.text.length;
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

  async function* read(signal: AbortSignal): AsyncGenerator<Document, void> {
    try {
      await Promise.race([ready, aborted(signal)]);
      let index = from;
      for await (const document of journal.documents({ from, follow: true, signal })) {
        yield document;
        meter?.out(document.text.length);
        if (index++ >= base) readChars += document.text.length;
        makeRoom();
      }
    } catch (error) {
      stop(error);
      throw error;
    }
  }
  const readable = generated<Document>((cancelled) => {
    // When nobody reads on, what feeds the journal should stop too.
    cancelled.addEventListener("abort", () => stop(cancelled.reason));
    return read(AbortSignal.any([cancelled, broken.signal]));
  });
  return { writable, readable };
}

/** Rejects with the signal's reason when it aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
