/**
 * StoredRun → EpochRun: the corpus again and again.
 *
 * @module
 */

import { isBarrier, stamp } from "../barrier.ts";
import { generated } from "../flow.ts";
import type { Barrier, EpochRun, StoredRun } from "../types.ts";
import type { Store } from "./store.ts";

/** Choices for {@linkcode epochs}. */
export interface EpochsOptions<B extends Barrier = never> {
  /** Borrowed; it must have taken each run before `live` hands it on. */
  readonly store: Store;
  /** Runs that are being appended now. */
  readonly live: ReadableStream<StoredRun | B>;
  /** First run wanted; the very first unless a checkpoint says otherwise. */
  readonly start?: { readonly epoch: number; readonly index: number };
  readonly maxEpochs?: number;
}

/**
 * Passes over the train split. Epoch 0 is what the store holds, then live runs as they come; later
 * epochs replay the store. Each run comes exactly once an epoch, in the order of the store.
 *
 * @throws {Error} (through the stream) when the corpus turns out to be empty
 * @example
 * ```ts
 * import { epochs, openStore, store } from "./mod.ts";
 * const dir = await Deno.makeTempDir();
 * await using tokens = await openStore({ dir, vocabSize: 300, tokenizerHash: "abc" });
 * const run = { docId: "0011223344556677", split: "train" as const, ids: Uint16Array.of(5, 0) };
 * const live = ReadableStream.from([run]).pipeThrough(store({ store: tokens }));
 * const runs = await Array.fromAsync(epochs<never>({ store: tokens, live, maxEpochs: 3 }));
 * console.assert(runs.map(({ epoch }) => epoch).join() === "0,1,2");
 * ```
 */
export function epochs(options: EpochsOptions): ReadableStream<EpochRun>;
/** The same among barriers. */
export function epochs<B extends Barrier>(
  options: EpochsOptions<B>,
): ReadableStream<EpochRun | B>;
export function epochs<B extends Barrier>(
  { store, live, start = { epoch: 0, index: 0 }, maxEpochs = Infinity }: EpochsOptions<B>,
): ReadableStream<EpochRun | B> {
  const reader = live.getReader();
  let { epoch, index } = start;

  const passed = (barrier: B): B => stamp(barrier, { epochs: { epoch, index } });

  async function* replay(to: number): AsyncGenerator<EpochRun, void> {
    for await (const run of store.read({ split: "train", from: index, to })) {
      index = run.index + 1;
      yield { ...run, epoch };
    }
  }

  async function* firstEpoch(): AsyncGenerator<EpochRun | B, void> {
    yield* replay(store.count("train"));
    for (;;) {
      const { done, value: run } = await reader.read();
      if (done) break;
      if (isBarrier(run)) {
        yield passed(run);
        continue;
      }
      if (run.index < index) continue; // replayed, or before the start
      yield* replay(run.index);
      index = run.index + 1;
      yield { ...run, epoch };
    }
    yield* replay(store.count("train"));
  }

  async function* all(): AsyncGenerator<EpochRun | B, void> {
    if (epoch === 0) {
      yield* firstEpoch();
      epoch = 1;
      index = 0;
    }
    // A resumed run may have lost the end of its store: it must be whole before it is replayed.
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (isBarrier(next.value)) yield passed(next.value);
    }
    if (store.count("train") === 0) {
      throw new Error("Cannot start training: the corpus has no document in its train split");
    }
    for (; epoch < maxEpochs; epoch++, index = 0) yield* replay(store.count("train"));
  }

  return generated<EpochRun | B>((cancelled) => {
    // Fails when `live` has failed, and then the reader has its error already.
    cancelled.addEventListener(
      "abort",
      () => void reader.cancel(cancelled.reason).catch(() => {}),
    );
    return all();
  });
}
