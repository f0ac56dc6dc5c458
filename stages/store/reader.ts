/**
 * Reads the tokens of a store as of its last flush, without changing it, so that another process may
 * go on writing it.
 *
 * @module
 */

import { join } from "node:path";
import { generated } from "../flow.ts";
import type { Split, StoredRun } from "../types.ts";
import { checkTokenizer, readIndex, refuseOrphans, type StoreIndex } from "./index_file.ts";
import { idBytesOf } from "./inspect.ts";
import { checkShards } from "./check_shards.ts";
import type { TokenRange } from "./shard.ts";
import { SplitLog } from "./split_log.ts";

/** Choices for {@linkcode readStore}. */
export interface ReadStoreOptions {
  /** Folder of the store. */
  readonly dir: string;
  /** Ids there are: up to 65,536, an id takes two bytes, and four above. */
  readonly vocabSize: number;
  /** Identifies the tokenizer, such as a digest of tokenizer.json. */
  readonly tokenizerHash: string;
}

/** Choices for {@linkcode StoreReader.read}. */
export interface ReadRunsOptions {
  /** Which documents to read. */
  readonly split: Split;
  /** Documents `[from, to)` of the split; to its current end by default. */
  readonly from?: number;
  /** Exclusive end; a higher one than the split has documents is lowered to that. */
  readonly to?: number;
  /** Errors the stream with its reason before the next document. */
  readonly signal?: AbortSignal;
}

/**
 * Opens the store in `dir` for reading; a missing store has no documents.
 *
 * @throws {Error} when it was written with another tokenizer or is damaged
 */
export async function readStore(options: ReadStoreOptions): Promise<StoreReader> {
  const { dir } = options;
  const index = await readIndex(dir);
  if (index) checkTokenizer(index, options);
  else await refuseOrphans(dir);
  return new StoreReader({
    train: await openSplit(options, { split: "train", index }),
    validation: await openSplit(options, { split: "validation", index }),
  });
}

async function openSplit(
  { dir, vocabSize }: ReadStoreOptions,
  { split, index }: { split: Split; index: StoreIndex | undefined },
): Promise<SplitLog> {
  const sizes = index?.splits[split] ?? [];
  const options = { dir: join(dir, split), split, idBytes: idBytesOf(vocabSize), vocabSize };
  await checkShards(options, sizes);
  return new SplitLog({ ...options, shardBytes: 0 }, sizes);
}

/**
 * Token runs by split. Made by {@linkcode readStore}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openStore, readStore } from "./mod.ts";
 * const options = { dir: await Deno.makeTempDir(), vocabSize: 300, tokenizerHash: "abc" };
 * await using store = await openStore(options);
 * await store.append({ docId: "0011223344556677", split: "train", ids: Uint16Array.of(5, 0) });
 * await store.flush();
 * await using reader = await readStore(options);
 * assertEquals((await reader.document("train", 0)).ids, Uint16Array.of(5, 0));
 * ```
 */
export class StoreReader implements AsyncDisposable {
  /** The shards of each split. */
  protected readonly logs: Readonly<Record<Split, SplitLog>>;

  /** Use {@linkcode readStore}. */
  constructor(logs: Readonly<Record<Split, SplitLog>>) {
    this.logs = logs;
  }

  /** Documents of both splits together. */
  get documents(): number {
    return this.count("train") + this.count("validation");
  }

  /** Documents of a split. */
  count(split: Split): number {
    return this.logs[split].count;
  }

  /** Tokens of a split. */
  tokens(split: Split): number {
    return this.logs[split].tokens;
  }

  /** Documents of a split in order, including appended ones not flushed yet. */
  read(
    { split, from = 0, to = this.count(split), signal }: ReadRunsOptions,
  ): ReadableStream<StoredRun> {
    const log = this.logs[split];
    return generated(async function* (cancelled) {
      for await (const run of log.read(from, Math.min(to, log.count))) {
        cancelled.throwIfAborted();
        signal?.throwIfAborted();
        yield run;
      }
    });
  }

  /**
   * One document of a split, or a range of its tokens, in constant time wherever it is.
   *
   * @throws {RangeError} when the split has none at `index`
   */
  document(split: Split, index: number, range?: TokenRange): Promise<StoredRun> {
    return this.logs[split].document(index, range);
  }

  /** Tokens of each of the documents `[from, to)` of a split. */
  lengths(split: Split, { from, to }: { from: number; to: number }): Promise<Uint32Array> {
    return this.logs[split].lengths(from, to);
  }

  /** Tokens of the first `documents` documents of a split; of all where it has fewer. */
  tokensBefore(split: Split, documents: number): Promise<number> {
    return this.logs[split].tokensBefore(documents);
  }

  /** The fewest first documents of a split that hold at least `tokens`; all where it has fewer. */
  documentsHolding(split: Split, tokens: number): Promise<number> {
    return this.logs[split].documentsHolding(tokens);
  }

  /** Closes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.logs.train.close();
    await this.logs.validation.close();
  }
}
