/**
 * Random access to the documents of a split's shards: two reads per document, with the files of
 * recently used shards kept open.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import {
  damagedDocument,
  decodeDocument,
  RECORD_BYTES,
  shardPaths,
  type TokenRange,
} from "./shard.ts";

/** Shards whose two files stay open. */
const OPEN_SHARDS = 32;

/** Choices for {@linkcode ShardReaders}. */
export interface ShardReadersOptions {
  /** Folder of the split. */
  readonly dir: string;
  readonly idBytes: 2 | 4;
  /** Every id must be below. */
  readonly vocabSize: number;
}

interface OpenFiles {
  readonly path: string;
  readonly tokens: Deno.FsFile;
  readonly records: Deno.FsFile;
}

/**
 * Reads documents of shards by number and place. Reads are synchronous: one takes some microseconds
 * from the page cache, less than a turn of the event loop.
 */
export class ShardReaders implements Disposable {
  readonly #options: ShardReadersOptions;
  /** Least recently used first. */
  readonly #open = new Map<number, OpenFiles>();
  readonly #recordBytes = reusedBuffer();
  readonly #tokenBytes = reusedBuffer();

  /** Files are opened on first use. */
  constructor(options: ShardReadersOptions) {
    this.#options = options;
  }

  /**
   * Document `place` of shard `number`, or a range of its tokens.
   *
   * @throws {Error} when it is damaged
   */
  document(
    number: number,
    place: number,
    range?: TokenRange,
  ): { docId: string; ids: Uint16Array | Uint32Array } {
    const { idBytes, vocabSize } = this.#options;
    const { path, tokens, records } = this.#files(number);
    // A document's start is in the record before its own.
    const before = place === 0 ? 0 : RECORD_BYTES;
    const both = this.#recordBytes(before + RECORD_BYTES);
    if (!fill(records, place * RECORD_BYTES - before, both)) throw damagedDocument(path, place);
    const record = both.subarray(before);
    const start = place === 0 ? 0 : both.readUInt32LE(8);
    const length = record.readUInt32LE(8) - start;
    // A damaged record must not decide how much memory is allocated.
    const { size } = tokens.statSync();
    if (length < 0 || (start + length) * idBytes > size) throw damagedDocument(path, place);
    const bytes = this.#tokenBytes(length * idBytes);
    if (!fill(tokens, start * idBytes, bytes)) throw damagedDocument(path, place);
    return decodeDocument(record, bytes, { path, document: place, idBytes, vocabSize }, range);
  }

  /** Tokens of the first `documents` documents of shard `number`. */
  tokensBefore(number: number, documents: number): number {
    if (documents === 0) return 0;
    const { path, records } = this.#files(number);
    const record = this.#recordBytes(RECORD_BYTES);
    const place = documents - 1;
    if (!fill(records, place * RECORD_BYTES, record)) throw damagedDocument(path, place);
    return record.readUInt32LE(8);
  }

  /** Tokens of each of the documents `[from, to)` of shard `number`. */
  lengths(number: number, from: number, to: number): Uint32Array {
    const { path, records } = this.#files(number);
    const first = Math.max(0, from - 1);
    const read = this.#recordBytes((to - first) * RECORD_BYTES);
    if (!fill(records, first * RECORD_BYTES, read)) throw damagedDocument(path, from);
    const view = new DataView(read.buffer, read.byteOffset);
    const lengths = new Uint32Array(to - from);
    let start = from === 0 ? 0 : view.getUint32(8, true);
    for (let i = 0; i < lengths.length; i++) {
      const end = view.getUint32((from - first + i) * RECORD_BYTES + 8, true);
      if (end < start) throw damagedDocument(path, from + i);
      lengths[i] = end - start;
      start = end;
    }
    return lengths;
  }

  /** Closes all files. */
  [Symbol.dispose](): void {
    for (const files of this.#open.values()) close(files);
    this.#open.clear();
  }

  #files(number: number): OpenFiles {
    let files = this.#open.get(number);
    if (files) this.#open.delete(number);
    else {
      const paths = shardPaths(this.#options.dir, number);
      using stack = new DisposableStack();
      const tokens = stack.use(Deno.openSync(paths.tokens));
      const records = stack.use(Deno.openSync(paths.records));
      stack.move();
      files = { path: paths.tokens, tokens, records };
      for (const [oldest, used] of this.#open) {
        if (this.#open.size < OPEN_SHARDS) break;
        close(used);
        this.#open.delete(oldest);
      }
    }
    this.#open.set(number, files);
    return files;
  }
}

/** A buffer reused by each read; it grows to the largest. */
function reusedBuffer(): (length: number) => Buffer<ArrayBuffer> {
  let bytes = Buffer.alloc(0);
  return (length) => {
    if (bytes.length < length) bytes = Buffer.alloc(length);
    return bytes.subarray(0, length);
  };
}

function close({ tokens, records }: OpenFiles): void {
  tokens.close();
  records.close();
}

/** Fills `bytes` from `offset` of the file; false where the file ends before. */
function fill(file: Deno.FsFile, offset: number, bytes: Uint8Array): boolean {
  file.seekSync(offset, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) {
    const count = file.readSync(bytes.subarray(done));
    if (count === null) return false;
    done += count;
  }
  return true;
}
