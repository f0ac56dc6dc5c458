/**
 * Counted words on disk: a run holds words in the order of their bytes, each as its length (u16,
 * little-endian), its bytes and its count (f64, whole and exact up to 2 ** 53).
 *
 * @module
 */

import type { WordTable } from "./word_table.ts";

/** Bytes that are written, or read of each run, at a time; more than the longest record. */
const BUFFER_BYTES = 1 << 16;
const COUNT_BYTES = 8;

/** Writes the words of a table and their counts, `[table.size]`, to a new file. */
export function writeRun(
  path: string,
  { table, counts }: { table: WordTable; counts: Float64Array },
): void {
  using file = Deno.openSync(path, { write: true, createNew: true });
  const buffer = new Uint8Array(BUFFER_BYTES);
  const view = new DataView(buffer.buffer);
  let filled = 0;
  const flush = (): void => {
    for (let done = 0; done < filled;) done += file.writeSync(buffer.subarray(done, filled));
    filled = 0;
  };
  for (const word of inOrder(table)) {
    const start = table.start(word), end = table.start(word + 1);
    if (filled + 2 + end - start + COUNT_BYTES > buffer.length) flush();
    view.setUint16(filled, end - start, true);
    buffer.set(table.arena.subarray(start, end), filled + 2);
    view.setFloat64(filled + 2 + end - start, counts[word] as number, true);
    filled += 2 + end - start + COUNT_BYTES;
  }
  flush();
}

/** Numbers of the words, in the order of their bytes. */
function inOrder(table: WordTable): Int32Array {
  const { arena } = table;
  return Int32Array.from({ length: table.size }, (_, word) => word).sort((a, b) =>
    compare(
      { buffer: arena, at: table.start(a), length: table.start(a + 1) - table.start(a) },
      { buffer: arena, at: table.start(b), length: table.start(b + 1) - table.start(b) },
    )
  );
}

interface Bytes {
  readonly buffer: Uint8Array;
  readonly at: number;
  readonly length: number;
}

function compare(a: Bytes, b: Bytes): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const difference = (a.buffer[a.at + i] as number) - (b.buffer[b.at + i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** A word `buffer[at, at + length)` and its count, valid until the next is asked for. */
export interface RunWord extends Bytes {
  readonly count: number;
}

/** The words of several runs in order, each once, with its counts of all runs added up. */
export function* mergeRuns(paths: readonly string[]): Generator<RunWord, void> {
  using files = new DisposableStack();
  const readers = paths.map((path) => new RunReader(files.use(Deno.openSync(path))))
    .filter((reader) => reader.next());
  const word = new Uint8Array(BUFFER_BYTES);
  while (readers.length > 0) {
    // A few runs at most: each is as large as the budget.
    let first = readers[0] as RunReader;
    for (const reader of readers) if (compare(reader, first) < 0) first = reader;
    const length = first.length;
    word.set(first.buffer.subarray(first.at, first.at + length));
    const found = { buffer: word, at: 0, length };
    let count = 0;
    for (let i = readers.length - 1; i >= 0; i--) {
      const reader = readers[i] as RunReader;
      if (compare(reader, found) !== 0) continue;
      count += reader.count;
      if (!reader.next()) readers.splice(i, 1);
    }
    yield { ...found, count };
  }
}

/** Reads a run from its start, record by record. */
class RunReader implements Bytes {
  readonly buffer = new Uint8Array(BUFFER_BYTES);
  at = 0;
  length = 0;
  count = 0;
  readonly #view = new DataView(this.buffer.buffer);
  readonly #file: Deno.FsFile;
  #next = 0;
  #filled = 0;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Goes on to the next word; false at the end. */
  next(): boolean {
    if (!this.#has(2)) return false;
    this.length = this.#view.getUint16(this.#next, true);
    if (!this.#has(2 + this.length + COUNT_BYTES)) {
      throw new Error("Cannot read spilled word counts: the file ends inside a word");
    }
    this.at = this.#next + 2;
    this.count = this.#view.getFloat64(this.at + this.length, true);
    this.#next = this.at + this.length + COUNT_BYTES;
    return true;
  }

  /** Whether `size` bytes lie ahead, which are then in the buffer. */
  #has(size: number): boolean {
    if (this.#filled - this.#next >= size) return true;
    this.buffer.copyWithin(0, this.#next, this.#filled);
    this.#filled -= this.#next;
    this.#next = 0;
    while (this.#filled < size) {
      const count = this.#file.readSync(this.buffer.subarray(this.#filled));
      if (count === null) return false;
      this.#filled += count;
    }
    return true;
  }
}
