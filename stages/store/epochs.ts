/**
 * StoredRun → EpochRun: the corpus again and again.
 *
 * @module
 */

import { among } from "../barrier.ts";
import { generated } from "../flow.ts";
import { bounded, queue } from "../queue.ts";
import type { Barrier, EpochRun, Stage, StoredRun } from "../types.ts";
import type { EpochsOptions } from "./epochs_options.ts";
import { shuffledPasses } from "./shuffled_passes.ts";
import { storedPasses } from "./stored_passes.ts";

/** Tokens that may wait. */
const QUEUE_TOKENS = 2 ** 18;

/**
 * Passes over the train split, in which each pair of neighbouring tokens comes exactly once.
 *
 * In the `stored` order the first pass is what the store holds, then the runs that arrive as they come; later
 * ones replay the store. A `shuffled` pass begins when the runs that it goes over are all stored,
 * and takes them in a seeded order of its own, so that however few of them a training uses, they are
 * a uniform sample. While runs arrive, the first pass is over the first `warmUpTokens` and each
 * later one over up to twice the tokens of the one before, so that what arrives is mixed with all
 * that was there; where a pass ends depends on the runs alone, never on when they came.
 *
 * @throws {Error} (through the stream) when the corpus turns out to be empty
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { epochs, openStore, store } from "./mod.ts";
 * const dir = await Deno.makeTempDir();
 * await using tokens = await openStore({ dir, vocabSize: 300, tokenizerHash: "abc" });
 * const run = { docId: "0011223344556677", split: "train" as const, ids: Uint16Array.of(5, 0) };
 * const passes = ReadableStream.from([run])
 *   .pipeThrough(store({ store: tokens }))
 *   .pipeThrough(epochs({ store: tokens, order: "shuffled", maxEpochs: 3 }));
 * const runs = await Array.fromAsync(passes);
 * assertEquals(runs.map(({ epoch }) => epoch), [0, 1, 2]);
 * ```
 */
export function epochs<In extends StoredRun | Barrier = StoredRun>(
  options: EpochsOptions,
): Stage<In, EpochRun> {
  const { writable, readable } = queue<StoredRun | Barrier>(
    bounded(QUEUE_TOKENS, ({ ids }: StoredRun) => ids.length),
  );
  const reader = readable.getReader();
  // Fails when the input has failed, and then the reader has its error already.
  const cancelInput = (reason: unknown) => reader.cancel(reason).catch(() => {});
  async function* passes(): AsyncGenerator<EpochRun | Barrier, void> {
    try {
      yield* options.order === "stored"
        ? storedPasses(options, reader)
        : shuffledPasses(options, reader);
    } finally {
      await cancelInput("no more runs are needed");
    }
  }
  return among<In, EpochRun>({
    writable,
    readable: generated((cancelled) => {
      cancelled.addEventListener("abort", () => void cancelInput(cancelled.reason));
      return passes();
    }),
  });
}
