/**
 * The tokens of a run on disk, train and validation apart, open for appending.
 *
 * @module
 */

import { join } from "node:path";
import type { Split, TokenRun } from "../types.ts";
import { checkTokenizer, readIndex, refuseOrphans, SPLITS, writeIndex } from "./index_file.ts";
import { idBytesOf } from "./inspect.ts";
import { type ReadStoreOptions, StoreReader } from "./reader.ts";
import { checkShards } from "./check_shards.ts";
import { openSplitLog, type SplitLog } from "./split_log.ts";

/** Choices for {@linkcode openStore}; the folder is created when missing. */
export interface OpenStoreOptions extends ReadStoreOptions {
  /** A shard is full past this size. */
  readonly shardBytes?: number;
  /** Everything is flushed to the disk after this many bytes of tokens. */
  readonly flushBytes?: number;
}

/**
 * Opens or creates the store in `dir` as of its last flush for appending, which only one process may
 * do at a time. Data written after that flush is cut off and made from the corpus again.
 *
 * @throws {Error} when it was written with another tokenizer or is damaged; then nothing is changed
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openStore } from "./store.ts";
 * const dir = await Deno.makeTempDir();
 * await using store = await openStore({ dir, vocabSize: 300, tokenizerHash: "abc" });
 * await store.append({ docId: "0011223344556677", split: "train", ids: Uint16Array.of(5, 6, 0) });
 * const runs = await Array.fromAsync(store.read({ split: "train" }));
 * assertEquals(runs[0]?.ids, Uint16Array.of(5, 6, 0));
 * assertEquals(store.tokens("train"), 3);
 * ```
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { dir, vocabSize, tokenizerHash, shardBytes = 64 * 2 ** 20 } = options;
  await Deno.mkdir(dir, { recursive: true });
  const index = await readIndex(dir);
  if (index) checkTokenizer(index, options);
  else {
    await refuseOrphans(dir);
    // Before the first shard, so that a shard without an index proves that the index was lost.
    await writeIndex(dir, {
      version: 1,
      vocabSize,
      tokenizerHash,
      splits: { train: [], validation: [] },
    });
  }
  const ofSplit = (split: Split) => ({
    dir: join(dir, split),
    split,
    idBytes: idBytesOf(vocabSize),
    vocabSize,
    shardBytes,
  });
  for (const split of SPLITS) await checkShards(ofSplit(split), index?.splits[split] ?? []);
  const open = (split: Split) => openSplitLog(ofSplit(split), index?.splits[split] ?? []);
  return new Store(options, { train: await open("train"), validation: await open("validation") });
}

/**
 * Token runs by split, append-only. Made by {@linkcode openStore}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openStore } from "./store.ts";
 * const options = { dir: await Deno.makeTempDir(), vocabSize: 300, tokenizerHash: "abc" };
 * {
 *   await using store = await openStore(options);
 *   await store.append({ docId: "0011223344556677", split: "train", ids: Uint16Array.of(5, 0) });
 * }
 * await using again = await openStore(options);
 * assertEquals([again.count("train"), again.tokens("train")], [1, 2]);
 * ```
 */
export class Store extends StoreReader {
  readonly #options: OpenStoreOptions;
  readonly #flushBytes: number;
  #unflushed = 0;
  #flushed: Promise<void> = Promise.resolve();

  /** Use {@linkcode openStore}. */
  constructor(options: OpenStoreOptions, logs: Readonly<Record<Split, SplitLog>>) {
    super(logs);
    this.#options = options;
    this.#flushBytes = options.flushBytes ?? 8 * 2 ** 20;
  }

  /** Appends a run and returns its index in its split. One append at a time. */
  async append(run: TokenRun): Promise<number> {
    const Ids = this.#options.vocabSize <= 65536 ? Uint16Array : Uint32Array;
    const ids = run.ids instanceof Ids ? run.ids : Ids.from(run.ids);
    const index = await this.logs[run.split].append({ ...run, ids });
    this.#unflushed += ids.byteLength;
    if (this.#unflushed >= this.#flushBytes) await this.flush();
    return index;
  }

  /** Writes everything appended so far to the disk, both splits at one point of the corpus. */
  flush(): Promise<void> {
    this.#unflushed = 0;
    const flush = this.#flushed.then(() => this.#flushNow(), () => this.#flushNow());
    this.#flushed = flush;
    return flush;
  }

  async #flushNow(): Promise<void> {
    const { dir, vocabSize, tokenizerHash } = this.#options;
    const { train, validation } = this.logs;
    const splits = { train: train.sizes, validation: validation.sizes };
    await train.sync();
    await validation.sync();
    await writeIndex(dir, { version: 1, vocabSize, tokenizerHash, splits });
  }

  /** Flushes and closes the files. */
  override async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    await super[Symbol.asyncDispose]();
  }
}
