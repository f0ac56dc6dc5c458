/**
 * The documents of a run on disk, in the order in which they came.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { join } from "node:path";
import { syncFolder, writeAll } from "../../model/durable.ts";
import { writeChecked } from "../checked_json.ts";
import { generated } from "../flow.ts";
import type { Document } from "../types.ts";
import { LineBuffer } from "./lines.ts";
import { encodeMember } from "./member.ts";
import { checkNamed, type Named, namedInside, SEAL } from "./named.ts";
import {
  countOf,
  indexSegments,
  type MemberPlace,
  readPlaces,
  segmentPath,
  type TornTail,
} from "./segments.ts";

/** Choices for {@linkcode openJournal}. */
export interface OpenJournalOptions {
  /** Folder of the journal, created when missing. */
  readonly dir: string;
  /** Bytes of JSON lines that are compressed and synced together. */
  readonly flushBytes?: number;
  /** Longest time, roughly, until a document is on the disk, even when no other follows. */
  readonly flushMs?: number;
  /** A file is closed and the next begun past this size. */
  readonly segmentBytes?: number;
  /** Document counts that the journal must reach, besides those in its own files. */
  readonly named?: readonly Named[];
}

/** Choices for {@linkcode Journal.documents}. */
export interface ReadDocumentsOptions {
  /** Index of the first document wanted. */
  readonly from?: number;
  /** Past the end, wait for more until the journal is sealed. */
  readonly follow?: boolean;
  /** Errors the stream with its reason, also while it waits. */
  readonly signal?: AbortSignal;
}

/**
 * Opens or creates the journal in `dir` for writing, which only one process may do at a time. The
 * rest of a write that a crash interrupted, and that was never acknowledged, is cut off.
 *
 * @throws {Error} when anything else is damaged or missing; then nothing is changed
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openJournal } from "./journal.ts";
 * await using journal = await openJournal({ dir: await Deno.makeTempDir() });
 * assertEquals([journal.count, journal.sealed], [0, false]);
 * ```
 */
export async function openJournal(options: OpenJournalOptions): Promise<Journal> {
  const { dir, named = [] } = options;
  await Deno.mkdir(dir, { recursive: true });
  const inside = await namedInside(dir);
  const { places, tail } = await indexSegments(dir);
  const found = { dir, count: countOf(places), isTorn: tail !== undefined };
  checkNamed(found, { ...inside, named: [...inside.named, ...named] });
  if (tail) {
    using file = await Deno.open(tail.path, { read: true, write: true });
    await file.truncate(tail.offset);
    await file.sync();
  }
  return new Journal(options, { places, tail, sealed: inside.sealed !== undefined });
}

/** Statistics of the lines that are not on the disk yet. */
interface Pending {
  documents: number;
  /** UTF-8 bytes of their texts. */
  textBytes: number;
  readonly onStored: (() => void)[];
}

/**
 * A durable, append-only list of documents. Made by {@linkcode openJournal}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openJournal } from "./journal.ts";
 * await using journal = await openJournal({ dir: await Deno.makeTempDir() });
 * await journal.append({ id: "0011223344556677", url: "http://a/", title: "", text: "Text.", lang: "en", fetchedAt: "" });
 * await journal.seal();
 * assertEquals((await Array.fromAsync(journal.documents())).length, 1);
 * ```
 */
export class Journal implements AsyncDisposable {
  /** The interrupted write that was cut off when the journal was opened. */
  readonly cut: TornTail | undefined;
  /** Its folder. */
  readonly dir: string;
  readonly #flushBytes: number;
  readonly #flushMs: number;
  readonly #segmentBytes: number;
  readonly #places: MemberPlace[];
  #sealed: boolean;
  #bytes = 0;
  /** Lines that are not on the disk yet. */
  readonly #lines = new LineBuffer();
  #pending: Pending = { documents: 0, textBytes: 0, onStored: [] };
  #flushing: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failure: { error: unknown } | undefined;
  /** Wakes readers that wait at the end. */
  #starving = 0;
  #change = Promise.withResolvers<void>();

  /** Use {@linkcode openJournal}. */
  constructor(
    { dir, flushBytes = 2 ** 20, flushMs = 250, segmentBytes = 64 * 2 ** 20 }: OpenJournalOptions,
    { places, tail, sealed }: {
      places: MemberPlace[];
      tail: TornTail | undefined;
      sealed: boolean;
    },
  ) {
    this.dir = dir;
    this.#flushBytes = flushBytes;
    this.#flushMs = flushMs;
    this.#segmentBytes = segmentBytes;
    this.#places = places;
    this.#sealed = sealed;
    this.cut = tail;
    for (const place of places) this.#bytes += place.textBytes;
  }

  /** Documents on the disk. */
  get count(): number {
    return countOf(this.#places);
  }

  /** UTF-8 bytes of the texts on the disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the corpus is complete. */
  get sealed(): boolean {
    return this.#sealed;
  }

  /**
   * Appends a document; it is on the disk when `onStored` is called. Resolves when there is room for
   * the next one.
   */
  async append(document: Document, { onStored }: { onStored?: () => void } = {}): Promise<void> {
    if (this.#sealed) throw new Error(`Cannot append to journal ${this.dir}: it is sealed`);
    this.#throwFailure();
    this.#lines.add(JSON.stringify(document));
    const pending = this.#pending;
    pending.documents++;
    pending.textBytes += Buffer.byteLength(document.text);
    if (onStored) pending.onStored.push(onStored);
    if (this.#lines.bytes.length >= this.#flushBytes) await this.flush();
    else if (this.#starving > 0) this.#flushSoon(0);
    else this.#flushSoon(this.#flushMs);
  }

  /** Writes everything appended so far to the disk. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const flush = this.#flushing.then(() => this.#writePending());
    this.#flushing = flush.catch((error) => {
      this.#failure ??= { error };
      this.#wake();
    });
    return flush;
  }

  /** Declares the corpus complete: readers that follow it end after the last document. */
  async seal(): Promise<void> {
    await this.flush();
    if (this.#sealed) return;
    await writeChecked(join(this.dir, SEAL), { documents: this.count });
    this.#sealed = true;
    this.#wake();
  }

  /** Documents in order, read member by member. */
  documents(
    { from = 0, follow = false, signal }: ReadDocumentsOptions = {},
  ): ReadableStream<Document> {
    return generated((cancelled) =>
      this.#read(from, {
        follow,
        signal: signal ? AbortSignal.any([signal, cancelled]) : cancelled,
      })
    );
  }

  /** Flushes what is pending; does not seal. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
  }

  async *#read(
    from: number,
    { follow, signal }: { follow: boolean; signal: AbortSignal },
  ): AsyncGenerator<Document, void> {
    let next = this.#placeOf(from);
    for (;;) {
      signal.throwIfAborted();
      const place = this.#places[next++];
      if (place !== undefined) {
        yield* readPlaces([place], { from, signal });
        continue;
      }
      next--;
      this.#throwFailure();
      if (!follow || this.#sealed) return;
      await this.#changed(signal);
    }
  }

  /** Index of the member that holds document `from`, or where it will be. */
  #placeOf(from: number): number {
    let low = 0, high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { first, documents } = this.#places[middle] as MemberPlace;
      if (first + documents <= from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Waits for the next flush, and asks for one when there is something to flush. */
  async #changed(signal: AbortSignal): Promise<void> {
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    this.#starving++;
    try {
      if (this.#pending.documents > 0) this.#flushSoon(0);
      await Promise.race([this.#change.promise, aborted]);
    } finally {
      this.#starving--;
      signal.removeEventListener("abort", abort);
    }
  }

  #flushSoon(delayMs: number): void {
    if (delayMs === 0) clearTimeout(this.#timer);
    else if (this.#timer !== undefined) return;
    // The next caller gets the failure.
    this.#timer = setTimeout(() => this.flush().catch(() => {}), delayMs);
  }

  async #writePending(): Promise<void> {
    this.#throwFailure();
    const { documents, textBytes, onStored } = this.#pending;
    if (documents === 0) return;
    this.#pending = { documents: 0, textBytes: 0, onStored: [] };
    const first = this.count;
    const member = encodeMember(this.#lines.bytes, { documents, textBytes, first });
    this.#lines.clear();
    const last = this.#places.at(-1);
    const end = last === undefined ? 0 : last.offset + last.size;
    const isNew = last === undefined || end >= this.#segmentBytes;
    const path = isNew ? segmentPath(this.dir, this.#segments) : last.path;
    const offset = isNew ? 0 : end;
    {
      using file = await Deno.open(path, { write: true, create: isNew });
      await file.seek(offset, Deno.SeekMode.Start);
      await writeAll(file, member);
      await file.sync();
    }
    if (isNew) await syncFolder(this.dir);
    this.#places.push({ path, offset, size: member.length, first, documents, textBytes });
    this.#bytes += textBytes;
    for (const stored of onStored) stored();
    this.#wake();
  }

  get #segments(): number {
    return new Set(this.#places.map(({ path }) => path)).size;
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
