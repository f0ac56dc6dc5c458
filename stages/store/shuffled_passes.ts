/**
 * Passes over a store in seeded orders, each over a prefix that is complete when the pass begins.
 *
 * @module
 */

import { stratifiedPermutation } from "../../model/permutation.ts";
import { stamp } from "../barrier.ts";
import type { Barrier, EpochRun, PassSize, StoredRun } from "../types.ts";
import { Arrivals } from "./arrivals.ts";
import { type EpochsOptions, refuseEmpty } from "./epochs_options.ts";
import { indexParts } from "./part_index.ts";

/** Most pairs per part of a document: 32 rows of the smallest preset. */
const PART_PAIRS = 4096;

/** The runs of `epochs` in the `shuffled` order; see there. */
export async function* shuffledPasses(
  options: EpochsOptions,
  reader: ReadableStreamDefaultReader<StoredRun | Barrier>,
): AsyncGenerator<EpochRun | Barrier, void> {
  const { store, seed = 0, maxEpochs = Infinity, start = { epoch: 0, place: 0 } } = options;
  const { warmUpTokens = Infinity, plannedTokens = Infinity, partPairs = PART_PAIRS } = options;
  const arrivals = new Arrivals(store, reader);
  const known = start.passes ?? [];
  /** Up to the current pass. */
  let passes = withoutRepeats(known.filter(({ epoch }) => epoch < start.epoch));
  let place = start.place;

  /** Tokens at which pass `epoch`, whose size is not known yet, may begin. */
  const tokensOf = async (epoch: number): Promise<number> => {
    if (epoch === 0) return warmUpTokens;
    const before = sizeOf(passes, epoch - 1);
    if (before === undefined) return Infinity;
    const size = await store.tokensBefore("train", before);
    return Math.max(size, Math.min(2 * size, plannedTokens - await usedTokens(epoch)));
  };
  /** Total tokens of the passes before `epoch`. */
  const usedTokens = async (epoch: number): Promise<number> => {
    let used = 0;
    for (const [i, { epoch: first, documents }] of passes.entries()) {
      const end = Math.min(passes[i + 1]?.epoch ?? epoch, epoch);
      if (end > first) used += (end - first) * await store.tokensBefore("train", documents);
    }
    return used;
  };
  /** Waits until the documents of the pass are stored; returns their number. */
  const sizeWhenStored = async (epoch: number): Promise<number> => {
    if (epoch <= (known.at(-1)?.epoch ?? -1)) {
      const documents = sizeOf(known, epoch) ?? 0;
      // The end of the store may have been lost; it is then stored again.
      await arrivals.documents(documents);
      const stored = store.count("train");
      if (stored >= documents) return documents;
      throw new Error(
        `Cannot go on with pass ${epoch + 1}: it is over ${documents} documents, and the store ` +
          `has ${stored}`,
      );
    }
    const tokens = await tokensOf(epoch);
    await arrivals.tokens(tokens);
    refuseEmpty(store);
    return Math.max(
      await store.documentsHolding("train", tokens),
      // Documents without a token at the end of the pass before count as well.
      sizeOf(passes, epoch - 1) ?? 0,
    );
  };

  for (let { epoch } = start; epoch < maxEpochs; epoch++, place = 0) {
    const documents = await sizeWhenStored(epoch);
    passes = withoutRepeats([...passes, { epoch, documents }]);
    const barrier = arrivals.takeBarrier();
    if (barrier) yield stamp(barrier, { epochs: { epoch, place } });
    arrivals.prefetch(await tokensOf(epoch + 1));
    const parts = await indexParts(store, { split: "train", documents, pairs: partPairs });
    const indexAt = stratifiedPermutation(parts.count, { seed, name: "pass", epoch });
    for (; place < parts.count; place++) {
      arrivals.check();
      const { document, ...range } = await parts.at(indexAt(place));
      yield { ...await store.document("train", document, range), epoch, place, passes };
    }
  }
}

/** Documents of a pass; passes beyond the list are as large as its last. */
function sizeOf(passes: readonly PassSize[], epoch: number): number | undefined {
  return passes.findLast((pass) => pass.epoch <= epoch)?.documents;
}

/** The list without entries that repeat the one before. */
function withoutRepeats(passes: readonly PassSize[]): readonly PassSize[] {
  return passes.filter(({ documents }, i) => passes[i - 1]?.documents !== documents);
}
