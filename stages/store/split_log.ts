/**
 * The shards of one split, open for appending.
 *
 * @module
 */

import { syncFolder, writeAll } from "../../model/durable.ts";
import type { Split, StoredRun, TokenRun } from "../types.ts";
import type { ShardSize } from "./index_file.ts";
import { ShardReaders } from "./random_access.ts";
import {
  bytesOf,
  encodeRecord,
  readShard,
  RECORD_BYTES,
  shardPaths,
  type TokenRange,
} from "./shard.ts";
import { joinBytes } from "../../model/bytes.ts";

/** Appended bytes are buffered up to this size. */
const WRITE_BYTES = 2 ** 18;

/** Choices for {@linkcode openSplitLog}. */
export interface SplitLogOptions {
  /** Folder of the split. */
  readonly dir: string;
  readonly split: Split;
  readonly idBytes: 2 | 4;
  readonly vocabSize: number;
  /** A shard is full past this size. */
  readonly shardBytes: number;
}

/**
 * Opens the checked shards of `dir` at the lengths in `sizes`: data beyond was never flushed and is
 * cut off.
 */
export async function openSplitLog(
  options: SplitLogOptions,
  sizes: readonly ShardSize[],
): Promise<SplitLog> {
  const { dir, idBytes } = options;
  await Deno.mkdir(dir, { recursive: true });
  for (const [number, { documents, tokens }] of sizes.entries()) {
    const paths = shardPaths(dir, number);
    await cutTo(paths.tokens, tokens * idBytes);
    await cutTo(paths.records, documents * RECORD_BYTES);
  }
  for await (const { name } of Deno.readDir(dir)) {
    if (Number.parseInt(name) >= sizes.length) await Deno.remove(`${dir}/${name}`);
  }
  return new SplitLog(options, sizes);
}

async function cutTo(path: string, size: number): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  if ((await file.stat()).size > size) await file.truncate(size);
}

interface OpenShard {
  readonly tokens: Deno.FsFile;
  readonly records: Deno.FsFile;
}

/**
 * Made by {@linkcode openSplitLog}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openSplitLog } from "./split_log.ts";
 * const dir = await Deno.makeTempDir();
 * const sizes = { idBytes: 2, vocabSize: 300, shardBytes: 2 ** 20 } as const;
 * const log = await openSplitLog({ dir, split: "train", ...sizes }, []);
 * await log.append({ docId: "0011223344556677", split: "train", ids: Uint16Array.of(5, 6, 0) });
 * assertEquals([log.count, log.tokens], [1, 3]);
 * await log.close();
 * ```
 */
export class SplitLog {
  readonly #options: SplitLogOptions;
  readonly #sizes: { documents: number; tokens: number }[];
  #count = 0;
  #tokens = 0;
  #open: OpenShard | undefined;
  #busy: Promise<void> = Promise.resolve();
  #pending: { tokens: Uint8Array[]; records: Uint8Array[]; bytes: number } = emptyPending();
  readonly #readers: ShardReaders;

  /** Use {@linkcode openSplitLog}. */
  constructor(options: SplitLogOptions, sizes: readonly ShardSize[]) {
    this.#options = options;
    this.#readers = new ShardReaders(options);
    this.#sizes = sizes.map((size) => ({ ...size }));
    for (const { documents, tokens } of sizes) {
      this.#count += documents;
      this.#tokens += tokens;
    }
  }

  /** Documents appended. */
  get count(): number {
    return this.#count;
  }

  /** Tokens appended. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Size of each shard. */
  get sizes(): readonly ShardSize[] {
    return this.#sizes.map((size) => ({ ...size }));
  }

  /** Appends a run and returns its index in the split. */
  async append(run: TokenRun): Promise<number> {
    let last = this.#sizes.at(-1);
    if (last === undefined || last.tokens * this.#options.idBytes >= this.#options.shardBytes) {
      await this.sync();
      await this.close();
      last = { documents: 0, tokens: 0 };
      this.#sizes.push(last);
    }
    const record = encodeRecord(run, last.tokens + run.ids.length);
    this.#pending.records.push(record);
    this.#pending.tokens.push(bytesOf(run.ids));
    this.#pending.bytes += run.ids.byteLength + record.length;
    last.documents++;
    last.tokens += run.ids.length;
    this.#tokens += run.ids.length;
    const index = this.#count++;
    if (this.#pending.bytes >= WRITE_BYTES) await this.write();
    return index;
  }

  /** Writes pending data, so that readers find it. */
  write(): Promise<void> {
    return this.#exclusively(() => this.#writePending());
  }

  /** Writes everything appended to the disk. */
  sync(): Promise<void> {
    return this.#exclusively(async () => {
      await this.#writePending();
      await this.#open?.tokens.sync();
      await this.#open?.records.sync();
    });
  }

  /** Closes the files; nothing may be pending. */
  close(): Promise<void> {
    return this.#exclusively(() => {
      this.#closeLast();
      this.#readers[Symbol.dispose]();
      return Promise.resolve();
    });
  }

  #closeLast(): void {
    this.#open?.tokens.close();
    this.#open?.records.close();
    this.#open = undefined;
  }

  /** Runs file operations one at a time. */
  #exclusively(operation: () => Promise<void>): Promise<void> {
    const done = this.#busy.then(operation, operation);
    this.#busy = done;
    return done;
  }

  async #writePending(): Promise<void> {
    const { tokens, records, bytes } = this.#pending;
    if (bytes === 0) return;
    this.#pending = emptyPending();
    this.#open ??= await this.#openLast();
    await writeAll(this.#open.tokens, joinBytes(tokens));
    await writeAll(this.#open.records, joinBytes(records));
  }

  /** Reads the documents `[from, to)`. */
  async *read(from: number, to: number): AsyncGenerator<StoredRun, void> {
    const { dir, split, idBytes, vocabSize } = this.#options;
    let base = 0;
    for (const [number, { documents }] of this.sizes.entries()) {
      const first = Math.max(0, from - base), last = Math.min(documents, to - base);
      if (first < last) {
        await this.write();
        yield* readShard({ dir, number, split, base, from: first, to: last, idBytes, vocabSize });
      }
      base += documents;
    }
  }

  /**
   * Document `index` of the split, or a range of its tokens.
   *
   * @throws {RangeError} when there is none
   */
  async document(index: number, range?: TokenRange): Promise<StoredRun> {
    await this.write();
    const { dir, split } = this.#options;
    let base = 0;
    for (const [number, { documents }] of this.#sizes.entries()) {
      if (Number.isInteger(index) && index >= base && index < base + documents) {
        return { ...this.#readers.document(number, index - base, range), split, index };
      }
      base += documents;
    }
    throw new RangeError(`Cannot read document ${index} of ${dir}: it has ${this.#count}`);
  }

  /** Tokens of each of the documents `[from, to)`. */
  async lengths(from: number, to: number): Promise<Uint32Array> {
    await this.write();
    const lengths = new Uint32Array(to - from);
    let base = 0;
    for (const [number, { documents }] of this.#sizes.entries()) {
      const first = Math.max(0, from - base), last = Math.min(documents, to - base);
      if (first < last) {
        lengths.set(this.#readers.lengths(number, first, last), base + first - from);
      }
      base += documents;
    }
    return lengths;
  }

  /** Tokens of the first `documents` documents of the split, at most all of them. */
  async tokensBefore(documents: number): Promise<number> {
    await this.write();
    let left = documents, tokens = 0;
    for (const [number, shard] of this.#sizes.entries()) {
      if (left < shard.documents) return tokens + this.#readers.tokensBefore(number, left);
      left -= shard.documents;
      tokens += shard.tokens;
    }
    return tokens;
  }

  /** The fewest first documents that hold at least `tokens`; all where they hold fewer. */
  async documentsHolding(tokens: number): Promise<number> {
    // As of now: later appends may not be written yet.
    const sizes = this.sizes;
    await this.write();
    let left = tokens, base = 0;
    for (const [number, shard] of sizes.entries()) {
      if (left > shard.tokens) {
        left -= shard.tokens;
        base += shard.documents;
        continue;
      }
      let low = 0, high = shard.documents;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.#readers.tokensBefore(number, middle) < left) low = middle + 1;
        else high = middle;
      }
      return base + low;
    }
    return base;
  }

  async #openLast(): Promise<OpenShard> {
    const paths = shardPaths(this.#options.dir, this.#sizes.length - 1);
    const mode = { append: true, create: true };
    const open = {
      tokens: await Deno.open(paths.tokens, mode),
      records: await Deno.open(paths.records, mode),
    };
    await syncFolder(this.#options.dir);
    return open;
  }
}

function emptyPending(): { tokens: Uint8Array[]; records: Uint8Array[]; bytes: number } {
  return { tokens: [], records: [], bytes: 0 };
}
