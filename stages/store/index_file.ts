/**
 * index.json of a token store: the valid length of its files. It is replaced at every flush, after
 * the files are synced, so a crash at any time leaves the store as of the last flush.
 *
 * @module
 */

import { join } from "node:path";
import { exists } from "../../model/durable.ts";
import { readChecked, writeChecked } from "../checked_json.ts";
import type { Split } from "../types.ts";

const REMEDY = "`deno task repair RUN` says what can be saved";

/** The two parts of a store. */
export const SPLITS: readonly Split[] = ["train", "validation"];

/** Size of one shard; later shards follow where it ends. */
export interface ShardSize {
  /** Whole documents in it. */
  readonly documents: number;
  /** Tokens of all of them. */
  readonly tokens: number;
}

/** Contents of index.json. */
export interface StoreIndex {
  readonly version: 1;
  readonly vocabSize: number;
  readonly tokenizerHash: string;
  readonly splits: Readonly<Record<Split, readonly ShardSize[]>>;
}

/**
 * Reads the index of `dir`; `undefined` when there is none.
 *
 * @throws {SyntaxError} when it is damaged
 */
export async function readIndex(dir: string): Promise<StoreIndex | undefined> {
  const path = join(dir, "index.json");
  const index = await readChecked(path, { remedy: REMEDY });
  if (index === undefined) return undefined;
  try {
    return checkIndex(index);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new SyntaxError(`Cannot read ${path}: ${cause.message}`, { cause });
  }
}

/** Replaces the index of `dir`. */
export async function writeIndex(dir: string, index: StoreIndex): Promise<void> {
  await writeChecked(join(dir, "index.json"), index);
}

/**
 * Checks that the store was written with the wanted tokenizer.
 *
 * @throws {Error} naming both and what to do
 */
export function checkTokenizer(
  index: StoreIndex,
  { dir, vocabSize, tokenizerHash }: { dir: string; vocabSize: number; tokenizerHash: string },
): void {
  if (index.vocabSize === vocabSize && index.tokenizerHash === tokenizerHash) return;
  throw new Error(
    `Cannot open token store ${dir}: it was written with another tokenizer ` +
      `(${index.vocabSize} ids, ${index.tokenizerHash}) than this run's ` +
      `(${vocabSize} ids, ${tokenizerHash}); remove the folder to tokenize the corpus again`,
  );
}

/**
 * Refuses a store that has shards but no index.
 *
 * @throws {Error} naming the missing index
 */
export async function refuseOrphans(dir: string): Promise<void> {
  for (const split of SPLITS) {
    const folder = join(dir, split);
    if (!await exists(folder)) continue;
    for await (const { name } of Deno.readDir(folder)) {
      if ((await Deno.stat(join(folder, name))).size === 0) continue;
      throw new Error(
        `Cannot open token store ${dir}: index.json is missing, and ${join(folder, name)} is ` +
          `there; ${REMEDY}`,
      );
    }
  }
}

function checkIndex(value: Partial<StoreIndex>): StoreIndex {
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
  // Checked field by field above.
  return value as StoreIndex;
}
