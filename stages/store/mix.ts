/**
 * Several token stores as one stream, in stated proportions.
 *
 * @module
 */
import { generated } from "../flow.ts";
import type { Split, StoredRun } from "../types.ts";
import type { StoreReader } from "./reader.ts";

/** One part of a mixture. */
export interface MixSource {
  /** Borrowed. */
  readonly store: StoreReader;
  /** Share of the tokens, in relation to the other sources' weights; above 0. */
  readonly weight: number;
  /** Most passes over the source. */
  readonly passes: number;
}

/** Position in a source, in plain JSON. */
export interface MixPosition {
  readonly pass: number;
  /** Documents taken of this pass. */
  readonly index: number;
  /** Tokens taken in all. */
  readonly tokens: number;
}

/** A document of a mixture. */
export interface MixedRun extends StoredRun {
  /** 0-based place of its source among the sources. */
  readonly source: number;
  /** 0-based pass over that source. */
  readonly pass: number;
  /** Position of every source after this document, to resume a mixture from. */
  readonly positions: readonly MixPosition[];
}

/** Choices for {@linkcode mix}. */
export interface MixOptions {
  readonly sources: readonly MixSource[];
  readonly split: Split;
  /** Positions of an earlier mixture of these sources. */
  readonly start?: readonly MixPosition[];
}

/**
 * Documents of several stores, each next one from the source that is furthest behind its share of
 * tokens; of equal ones, from the first. It depends on nothing but the stores and the weights. The
 * mixture ends when a source has used up its passes, so that the shares hold to the end, to within
 * about a document.
 *
 * @throws {RangeError} when there is no source, a weight or passes are not above 0, or a store is empty
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mix, type MixSource, openStore } from "./mod.ts";
 * const sources: MixSource[] = [];
 * for (const [first, weight] of [[1, 2], [5, 1]] as const) {
 *   const dir = await Deno.makeTempDir();
 *   const store = await openStore({ dir, vocabSize: 9, tokenizerHash: "abc" });
 *   for (let i = 0; i < 3; i++) {
 *     const docId = `${first}${i}`.padStart(16, "0");
 *     await store.append({ docId, split: "train", ids: Uint16Array.of(first, 0) });
 *   }
 *   sources.push({ store, weight, passes: 1 });
 * }
 * const runs = await Array.fromAsync(mix({ sources, split: "train" }));
 * assertEquals(runs.map(({ source }) => source), [0, 1, 0, 0, 1]);
 * for (const { store } of sources) await store[Symbol.asyncDispose]();
 * ```
 */
export function mix({ sources, split, start }: MixOptions): ReadableStream<MixedRun> {
  if (sources.length === 0) throw new RangeError("Cannot mix: there is no source");
  for (const [i, { store, weight, passes }] of sources.entries()) {
    if (!(weight > 0) || !Number.isFinite(weight)) {
      throw new RangeError(`Cannot mix: the weight of source ${i} must be above 0, not ${weight}`);
    }
    if (!(passes > 0)) {
      throw new RangeError(`Cannot mix: the passes of source ${i} must be above 0, not ${passes}`);
    }
    if (store.count(split) === 0) {
      throw new RangeError(`Cannot mix: source ${i} has no ${split} document`);
    }
  }
  return generated(async function* (signal) {
    const positions = start ? [...start] : sources.map(() => ({ pass: 0, index: 0, tokens: 0 }));
    const readers = sources.map(({ store }, i) =>
      store.read({ split, from: positions[i]?.index ?? 0 }).getReader()
    );
    try {
      for (;;) {
        signal.throwIfAborted();
        const source = furthestBehind(sources, positions);
        const { store, passes } = sources[source] as MixSource;
        let { pass, index, tokens } = positions[source] as MixPosition;
        if (index === store.count(split)) {
          pass++;
          index = 0;
          if (pass < passes) readers[source] = store.read({ split }).getReader();
        }
        if (pass >= passes) return;
        const { value: run } = await (readers[source] as typeof readers[0] & object).read();
        if (!run) throw new Error(`Cannot mix: source ${source} ended before document ${index}`);
        index = run.index + 1;
        tokens += run.ids.length;
        positions[source] = { pass, index, tokens };
        yield { ...run, source, pass, positions: [...positions] };
      }
    } finally {
      await Promise.all(readers.map((reader) => reader.cancel()));
    }
  });
}

function furthestBehind(
  sources: readonly MixSource[],
  positions: readonly MixPosition[],
): number {
  let found = 0, least = Infinity;
  for (const [i, { weight }] of sources.entries()) {
    const share = (positions[i]?.tokens ?? 0) / weight;
    if (share < least) [found, least] = [i, share];
  }
  return found;
}
