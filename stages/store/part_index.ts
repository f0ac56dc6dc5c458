/**
 * Numbers the parts of a split's documents, so that a pass shuffles parts instead of documents:
 * otherwise a long document would come all at once, and a short run would see all or none of it.
 *
 * @module
 */

import type { Split } from "../types.ts";
import type { StoreReader } from "./reader.ts";

/** Documents whose parts are counted together. */
const BLOCK = 256;

/**
 * A part of a document. The last token of it is a target alone, and the first input of the next
 * part, so that every pair of the document is in one part.
 */
export interface PartPlace {
  /** Index of the document in its split. */
  readonly document: number;
  /** Tokens `[from, to)` of it, fewer where it ends before. */
  readonly from: number;
  readonly to: number;
}

/** The parts of the first documents of a split, in order; holds eight bytes per block. */
class PartIndex {
  readonly #store: StoreReader;
  readonly #options: PartOptions;
  /** Parts before each block, then the total. */
  readonly #before: readonly number[];

  /** Use {@linkcode indexParts}. */
  constructor(store: StoreReader, options: PartOptions, before: readonly number[]) {
    this.#store = store;
    this.#options = options;
    this.#before = before;
  }

  /** Number of parts. */
  get count(): number {
    return this.#before.at(-1) ?? 0;
  }

  /** Where part `index` of [0, count) is. */
  async at(index: number): Promise<PartPlace> {
    let low = 0, high = this.#before.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#before[middle] as number) <= index) low = middle;
      else high = middle - 1;
    }
    let part = index - (this.#before[low] as number);
    let document = low * BLOCK;
    const { split, documents, pairs } = this.#options;
    const to = Math.min(document + BLOCK, documents);
    for (const tokens of await this.#store.lengths(split, { from: document, to })) {
      const parts = partsOf(tokens, pairs);
      if (part < parts) return { document, from: part * pairs, to: (part + 1) * pairs + 1 };
      part -= parts;
      document++;
    }
    throw new RangeError(`Cannot find part ${index}: there are ${this.count}`);
  }
}

/** Options of {@linkcode indexParts}. */
export interface PartOptions {
  readonly split: Split;
  /** The first so many documents. */
  readonly documents: number;
  /** Pairs of neighbouring tokens of a part at most. */
  readonly pairs: number;
}

/** Counts the parts of the first documents of a split. */
export async function indexParts(store: StoreReader, options: PartOptions): Promise<PartIndex> {
  const { split, documents, pairs } = options;
  const before = [0];
  for (let from = 0; from < documents; from += BLOCK) {
    let count = before.at(-1) as number;
    const to = Math.min(from + BLOCK, documents);
    for (const tokens of await store.lengths(split, { from, to })) count += partsOf(tokens, pairs);
    before.push(count);
  }
  return new PartIndex(store, options, before);
}

/** Parts of a document, at least one. */
function partsOf(tokens: number, pairs: number): number {
  return Math.max(1, Math.ceil((tokens - 1) / pairs));
}
