/**
 * Passes in the order of the store, the first of them over runs as they arrive.
 *
 * @module
 */

import { isBarrier, stamp } from "../barrier.ts";
import type { Barrier, EpochRun, StoredRun } from "../types.ts";
import { type EpochsOptions, refuseEmpty } from "./epochs_options.ts";

/** The runs of `epochs` in the `stored` order; see there. */
export async function* storedPasses(
  { store, start = { epoch: 0, place: 0 }, maxEpochs = Infinity }: EpochsOptions,
  reader: ReadableStreamDefaultReader<StoredRun | Barrier>,
): AsyncGenerator<EpochRun | Barrier, void> {
  let { epoch, place } = start;

  const passed = (barrier: Barrier): Barrier => stamp(barrier, { epochs: { epoch, place } });

  async function* replay(to: number): AsyncGenerator<EpochRun, void> {
    for await (const run of store.read({ split: "train", from: place, to })) {
      place = run.index + 1;
      yield { ...run, epoch, place: run.index };
    }
  }

  async function* firstEpoch(): AsyncGenerator<EpochRun | Barrier, void> {
    yield* replay(store.count("train"));
    for (;;) {
      const { done, value: run } = await reader.read();
      if (done) break;
      if (isBarrier(run)) {
        yield passed(run);
        continue;
      }
      if (run.index < place) continue; // replayed, or before the start
      yield* replay(run.index);
      place = run.index + 1;
      yield { ...run, epoch, place: run.index };
    }
    yield* replay(store.count("train"));
  }

  if (epoch === 0) {
    yield* firstEpoch();
    epoch = 1;
    place = 0;
  }
  // A resumed run may have lost the end of its store: it must be whole before it is replayed.
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (isBarrier(next.value)) yield passed(next.value);
  }
  refuseEmpty(store);
  for (; epoch < maxEpochs; epoch++, place = 0) yield* replay(store.count("train"));
}
