/**
 * index.json of a token store: what of its files counts. It is replaced at every flush, after the
 * files are synced, so a crash at any time leaves the store as of the last flush.
 *
 * @module
 */

import { join } from "node:path";
import { readIfThere, replaceFile } from "../durable.ts";
import type { Split } from "../types.ts";

/** The two parts of a store. */
export const SPLITS: readonly Split[] = ["train", "validation"];

/** Size of one shard; later shards follow where it ends. */
export interface ShardSize {
  readonly documents: number;
  readonly tokens: number;
}

/** Contents of index.json. */
export interface StoreIndex {
  readonly version: 1;
  readonly vocabSize: number;
  readonly tokenizerHash: string;
  readonly splits: Readonly<Record<Split, readonly ShardSize[]>>;
}

/** Reads the index of `dir`; `undefined` when there is none. */
export async function readIndex(dir: string): Promise<StoreIndex | undefined> {
  const path = join(dir, "index.json");
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return checkIndex(JSON.parse(text));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new SyntaxError(`Cannot read ${path}: ${cause.message}`, { cause });
  }
}

/** Replaces the index of `dir`. */
export async function writeIndex(dir: string, index: StoreIndex): Promise<void> {
  await replaceFile(join(dir, "index.json"), JSON.stringify(index) + "\n");
}

function checkIndex(value: StoreIndex): StoreIndex {
  if (value?.version !== 1) {
    throw new SyntaxError(`version ${value?.version} is not known, only 1`);
  }
  if (!Number.isSafeInteger(value.vocabSize) || typeof value.tokenizerHash !== "string") {
    throw new SyntaxError("vocabSize or tokenizerHash is missing");
  }
  for (const split of SPLITS) {
    const isCount = (n: unknown) => Number.isSafeInteger(n) && n as number >= 0;
    const shards: unknown = value.splits?.[split];
    if (
      !Array.isArray(shards) || !shards.every((s) => isCount(s?.documents) && isCount(s?.tokens))
    ) {
      throw new SyntaxError(`splits.${split} is not a list of shard sizes`);
    }
  }
  return value;
}
