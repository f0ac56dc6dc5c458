/**
 * Checks a store from end to end without changing it, even while a run writes to it. A fault is
 * reported with its shard, and the check goes on with the next shard.
 *
 * @module
 */

import { join } from "node:path";
import type { Split, StoredRun } from "../types.ts";
import { SPLITS, type StoreIndex } from "./index_file.ts";
import { readShard, RECORD_BYTES, shardPaths } from "./shard.ts";

/** Bytes of an id in a store of `vocabSize` ids. */
export function idBytesOf(vocabSize: number): 2 | 4 {
  return vocabSize <= 65536 ? 2 : 4;
}

/** Contents of a shard, as far as it is readable. */
export interface ShardReport {
  /** Its file of ids. */
  readonly path: string;
  readonly split: Split;
  /** Its documents, tokens and bytes of ids by index.json. */
  readonly documents: number;
  readonly tokens: number;
  readonly bytes: number;
  /** Documents read whose checksum matches. */
  readonly checked: number;
  /** Tokens of the shortest and the longest of those; 0 without any. */
  readonly shortest: number;
  readonly longest: number;
  /** The fault; null when there is none. */
  readonly fault: string | null;
}

/** Shards to check; all of them by default. */
export interface InspectOptions {
  readonly split?: Split;
  readonly number?: number;
}

/**
 * Checks the shards of the store in `dir` one after the other.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inspectShards, openStore, readIndex } from "./mod.ts";
 * const dir = await Deno.makeTempDir();
 * {
 *   await using store = await openStore({ dir, vocabSize: 300, tokenizerHash: "abc" });
 *   await store.append({ docId: "0011223344556677", split: "train", ids: Uint16Array.of(5, 6, 0) });
 * }
 * const index = await readIndex(dir);
 * const [shard] = index ? await Array.fromAsync(inspectShards(dir, { index })) : [];
 * assertEquals([shard?.checked, shard?.longest, shard?.fault], [1, 3, null]);
 * ```
 */
export async function* inspectShards(
  dir: string,
  { index, split: only, number: wanted }: InspectOptions & { index: StoreIndex },
): AsyncGenerator<ShardReport, void> {
  const idBytes = idBytesOf(index.vocabSize);
  for (const split of SPLITS) {
    if (split !== (only ?? split)) continue;
    for (const [number, { documents, tokens }] of index.splits[split].entries()) {
      if (number !== (wanted ?? number)) continue;
      let checked = 0, shortest = Infinity, longest = 0, fault: string | null = null;
      try {
        await checkSizes(join(dir, split), number, { documents, tokens, idBytes });
        for await (const { ids } of readDocuments(dir, { index, split, number })) {
          checked++;
          shortest = Math.min(shortest, ids.length);
          longest = Math.max(longest, ids.length);
        }
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        fault = error.message;
      }
      yield {
        path: shardPaths(join(dir, split), number).tokens,
        split,
        documents,
        tokens,
        bytes: tokens * idBytes,
        checked,
        shortest: checked === 0 ? 0 : shortest,
        longest,
        fault,
      };
    }
  }
}

/** The first `most` documents of one shard. */
export async function* readDocuments(
  dir: string,
  { index, split, number, most = Infinity }: {
    index: StoreIndex;
    split: Split;
    number: number;
    most?: number;
  },
): AsyncGenerator<StoredRun, void> {
  const shards = index.splits[split];
  const base = shards.slice(0, number).reduce((sum, { documents }) => sum + documents, 0);
  yield* readShard({
    dir: join(dir, split),
    number,
    split,
    base,
    from: 0,
    to: Math.min(most, shards[number]?.documents ?? 0),
    idBytes: idBytesOf(index.vocabSize),
    vocabSize: index.vocabSize,
  });
}

/** Data beyond index.json was never flushed, and does not count. */
async function checkSizes(
  dir: string,
  number: number,
  { documents, tokens, idBytes }: { documents: number; tokens: number; idBytes: number },
): Promise<void> {
  const paths = shardPaths(dir, number);
  for (
    const [path, wanted] of [
      [paths.tokens, tokens * idBytes],
      [paths.records, documents * RECORD_BYTES],
    ] as const
  ) {
    const found = await sizeOf(path);
    if (found === undefined) throw new Error(`Cannot read shard ${path}: it is missing`);
    if (found < wanted) {
      throw new Error(`Cannot read shard ${path}: it is truncated, ${found} of ${wanted} bytes`);
    }
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
