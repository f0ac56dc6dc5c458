/**
 * StoredRun → EpochRun: the corpus again and again.
 *
 * @module
 */

import { generated } from "../flow.ts";
import type { Barrier, EpochRun } from "../types.ts";
import type { EpochsOptions } from "./epochs_options.ts";
import { shuffledPasses } from "./shuffled_passes.ts";
import { storedPasses } from "./stored_passes.ts";

/**
 * Passes over the train split, in which each pair of neighbouring tokens comes exactly once.
 *
 * In the `stored` order the first pass is what the store holds, then live runs as they come; later
 * ones replay the store. A `shuffled` pass begins when the runs that it goes over are all stored,
 * and takes them in a seeded order of its own, so that however few of them a training uses, they are
 * a uniform sample. While `live` goes on, the first pass is over the first `warmUpTokens` and each
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
 * const live = ReadableStream.from([run]).pipeThrough(store({ store: tokens }));
 * const passes = epochs<never>({ store: tokens, live, order: "shuffled", maxEpochs: 3 });
 * const runs = await Array.fromAsync(passes);
 * assertEquals(runs.map(({ epoch }) => epoch), [0, 1, 2]);
 * ```
 */
export function epochs(options: EpochsOptions): ReadableStream<EpochRun>;
/** The same among barriers. */
export function epochs<B extends Barrier>(
  options: EpochsOptions<B>,
): ReadableStream<EpochRun | B>;
export function epochs<B extends Barrier>(
  options: EpochsOptions<B>,
): ReadableStream<EpochRun | B> {
  const { live, order } = options;
  const reader = live.getReader();
  return generated<EpochRun | B>((cancelled) => {
    // Fails when `live` has failed, and then the reader has its error already.
    cancelled.addEventListener(
      "abort",
      () => void reader.cancel(cancelled.reason).catch(() => {}),
    );
    return order === "stored" ? storedPasses(options, reader) : shuffledPasses(options, reader);
  });
}
