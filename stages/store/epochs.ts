/**
 * StoredRun → EpochRun: repeated passes over the corpus.
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
 * Passes over the train split; each pass has every pair of neighbouring tokens exactly once.
 *
 * In the `stored` order the first pass is the content of the store, then runs as they arrive; later
 * passes replay the store. A `shuffled` pass begins when all its runs are stored, and takes them in
 * its own seeded order, so that a prefix of any length is a uniform sample. While runs arrive, the
 * first pass covers the first `warmUpTokens` and each later one up to twice the tokens of the one
 * before, so that new runs are mixed with all earlier ones; where a pass ends depends on the runs
 * alone, never on timing.
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
  // Rejects when the input has failed, and then the reader already has the error.
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
