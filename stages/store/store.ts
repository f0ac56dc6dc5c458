/**
 * The tokens of a run on disk, train and validation apart.
 *
 * @module
 */

import { join } from "node:path";
import { generated } from "../flow.ts";
import type { Split, StoredRun, TokenRun } from "../types.ts";
import { idBytesOf } from "./inspect.ts";
import { readIndex, writeIndex } from "./index_file.ts";
import { openSplitLog, type SplitLog } from "./split_log.ts";

/** Choices for {@linkcode openStore}. */
export interface OpenStoreOptions {
  /** Folder of the store, created when missing. */
  readonly dir: string;
  readonly vocabSize: number;
  /** Any text that changes with the tokenizer, such as a digest of tokenizer.json. */
  readonly tokenizerHash: string;
  /** A shard is full past this size. */
  readonly shardBytes?: number;
  /** Everything is brought to the disk after this many bytes of tokens. */
  readonly flushBytes?: number;
}

/** Choices for {@linkcode Store.read}. */
export interface ReadOptions {
  readonly split: Split;
  /** Documents `[from, to)` of the split; to the present end unless stated. */
  readonly from?: number;
  readonly to?: number;
  readonly signal?: AbortSignal;
}

/**
 * Opens or creates the store in `dir` as of its last flush.
 *
 * @throws {Error} when it was written with another tokenizer or is damaged
 * @example
 * ```ts
 * import { openStore } from "./store.ts";
 * const dir = await Deno.makeTempDir();
 * await using store = await openStore({ dir, vocabSize: 300, tokenizerHash: "abc" });
 * await store.append({ docId: "0011223344556677", split: "train", ids: Uint16Array.of(5, 6, 0) });
 * const runs = await Array.fromAsync(store.read({ split: "train" }));
 * console.assert(runs[0]?.ids[1] === 6 && store.tokens("train") === 3);
 * ```
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { dir, vocabSize, tokenizerHash, shardBytes = 64 * 2 ** 20 } = options;
  await Deno.mkdir(dir, { recursive: true });
  const index = await readIndex(dir);
  if (index && (index.vocabSize !== vocabSize || index.tokenizerHash !== tokenizerHash)) {
    throw new Error(
      `Cannot open token store ${dir}: it was written with another tokenizer ` +
        `(${index.vocabSize} ids, ${index.tokenizerHash}) than this run's ` +
        `(${vocabSize} ids, ${tokenizerHash}); remove the folder to tokenize the corpus again`,
    );
  }
  const idBytes = idBytesOf(vocabSize);
  const open = (split: Split): Promise<SplitLog> =>
    openSplitLog(
      { dir: join(dir, split), split, idBytes, vocabSize, shardBytes },
      index?.splits[split] ?? [],
    );
  return new Store(options, { train: await open("train"), validation: await open("validation") });
}

/** Token runs by split, append-only. Made by {@linkcode openStore}. */
export class Store implements AsyncDisposable {
  readonly #options: OpenStoreOptions;
  readonly #logs: Readonly<Record<Split, SplitLog>>;
  readonly #flushBytes: number;
  #unflushed = 0;
  #flushed: Promise<void> = Promise.resolve();

  /** Use {@linkcode openStore}. */
  constructor(options: OpenStoreOptions, logs: Readonly<Record<Split, SplitLog>>) {
    this.#options = options;
    this.#logs = logs;
    this.#flushBytes = options.flushBytes ?? 8 * 2 ** 20;
  }

  /** Documents appended, both splits together. */
  get documents(): number {
    return this.count("train") + this.count("validation");
  }

  /** Documents appended to a split. */
  count(split: Split): number {
    return this.#logs[split].count;
  }

  /** Tokens appended to a split. */
  tokens(split: Split): number {
    return this.#logs[split].tokens;
  }

  /** Appends a run and returns its index in its split. One append at a time. */
  async append(run: TokenRun): Promise<number> {
    const Ids = this.#options.vocabSize <= 65536 ? Uint16Array : Uint32Array;
    const ids = run.ids instanceof Ids ? run.ids : Ids.from(run.ids);
    const index = await this.#logs[run.split].append({ ...run, ids });
    this.#unflushed += ids.byteLength;
    if (this.#unflushed >= this.#flushBytes) await this.flush();
    return index;
  }

  /** Brings everything appended so far to the disk, both splits at one point of the corpus. */
  flush(): Promise<void> {
    this.#unflushed = 0;
    const flush = this.#flushed.then(() => this.#flushNow(), () => this.#flushNow());
    this.#flushed = flush;
    return flush;
  }

  async #flushNow(): Promise<void> {
    const { dir, vocabSize, tokenizerHash } = this.#options;
    const { train, validation } = this.#logs;
    const splits = { train: train.sizes, validation: validation.sizes };
    await train.sync();
    await validation.sync();
    await writeIndex(dir, { version: 1, vocabSize, tokenizerHash, splits });
  }

  /** Documents of a split in order, those appended but not flushed yet included. */
  read(
    { split, from = 0, to = this.count(split), signal }: ReadOptions,
  ): ReadableStream<StoredRun> {
    const log = this.#logs[split];
    return generated(async function* (cancelled) {
      for await (const run of log.read(from, Math.min(to, log.count))) {
        cancelled.throwIfAborted();
        signal?.throwIfAborted();
        yield run;
      }
    });
  }

  /**
   * One document of a split, in constant time wherever it is.
   *
   * @throws {RangeError} when the split has none at `index`
   */
  document(split: Split, index: number): Promise<StoredRun> {
    return this.#logs[split].document(index);
  }

  /** Tokens of each of the documents `[from, to)` of a split. */
  lengths(split: Split, { from, to }: { from: number; to: number }): Promise<number[]> {
    return this.#logs[split].lengths(from, to);
  }

  /** Tokens of the first `documents` documents of a split; of all where it has fewer. */
  tokensBefore(split: Split, documents: number): Promise<number> {
    return this.#logs[split].tokensBefore(documents);
  }

  /** The fewest first documents of a split that hold at least `tokens`; all where it has fewer. */
  documentsHolding(split: Split, tokens: number): Promise<number> {
    return this.#logs[split].documentsHolding(tokens);
  }

  /** Flushes and closes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    await this.#logs.train.close();
    await this.#logs.validation.close();
  }
}
