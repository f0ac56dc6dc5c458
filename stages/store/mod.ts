/**
 * TokenRun → disk → StoredRun: token shards that later epochs and resumed runs read again.
 *
 * @module
 */

import { among, isBarrier, stamp } from "../barrier.ts";
import type { StageMeter } from "../meter.ts";
import { metered } from "../metered.ts";
import { bounded } from "../queue.ts";
import type { Barrier, Split, Stage, StoredRun, TokenRun } from "../types.ts";
import type { Store } from "./store.ts";

export {
  type BinFile,
  HEADER_BYTES,
  inspectBin,
  MAGICS,
  readBin,
  type ReadBinOptions,
} from "./bin_file.ts";
export { epochs } from "./epochs.ts";
export { type EpochsOptions, type Order, ORDERS } from "./epochs_options.ts";
export { readIndex, type StoreIndex } from "./index_file.ts";
export {
  idBytesOf,
  type InspectOptions,
  inspectShards,
  readDocuments,
  type ShardReport,
} from "./inspect.ts";
export { mix, type MixedRun, type MixOptions, type MixPosition, type MixSource } from "./mix.ts";
export { type ReadRunsOptions, readStore, type ReadStoreOptions, StoreReader } from "./reader.ts";
export { openStore, type OpenStoreOptions, Store } from "./store.ts";

/** Tokens that may wait. */
const QUEUE_TOKENS = 2 ** 18;

/** Choices for {@linkcode store}. */
export interface StoreOptions {
  /** Borrowed. */
  readonly store: Store;
  /** Counts tokens. */
  readonly meter?: StageMeter;
}

/**
 * Appends runs to a store and passes on those of the train split. Everything is on the disk when the
 * input ends.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openStore, store } from "./mod.ts";
 * const dir = await Deno.makeTempDir();
 * await using tokens = await openStore({ dir, vocabSize: 300, tokenizerHash: "abc" });
 * const runs = ReadableStream.from([
 *   { docId: "0011223344556677", split: "validation" as const, ids: Uint16Array.of(5, 0) },
 *   { docId: "8899aabbccddeeff", split: "train" as const, ids: Uint16Array.of(7, 0) },
 * ]);
 * const train = await Array.fromAsync(runs.pipeThrough(store({ store: tokens })));
 * assertEquals(train.map(({ index }) => index), [0]);
 * ```
 */
export function store<In extends TokenRun | Barrier = TokenRun>(
  { store, meter }: StoreOptions,
): Stage<In, StoredRun> {
  const ends = (split: Split) => ({ documents: store.count(split), tokens: store.tokens(split) });
  const stage = new TransformStream<TokenRun | Barrier, StoredRun | Barrier>({
    async transform(run, controller) {
      if (isBarrier(run)) {
        const cursor = { train: ends("train"), validation: ends("validation") };
        return controller.enqueue(stamp(run, { store: cursor }));
      }
      meter?.phase("busy");
      meter?.in(run.ids.length);
      const index = await store.append(run);
      if (run.split === "train") {
        controller.enqueue({ ...run, index });
        meter?.out(run.ids.length);
      }
      meter?.phase("waiting");
    },
    async flush() {
      await store.flush();
    },
  }, bounded(QUEUE_TOKENS, ({ ids }: TokenRun) => ids.length));
  return among<In, StoredRun>(metered(stage, meter));
}
