/**
 * Pairs of ids waiting to be merged, in flat arrays: millions of words are listed without an object
 * for each.
 *
 * @module
 */

import { grown, release } from "./flat_array.ts";
import type { PairTable } from "./pair_table.ts";

const NONE = -1;

/** A list of words: pairs of (word, rest), freed as a whole. */
export class WordLists {
  #words = new Int32Array(1024);
  #rest = new Int32Array(1024);
  #size = 0;
  #free = NONE;

  /** The list `list` with `word` in front, `-1` standing for no list; not twice in a row. */
  prepend(list: number, word: number): number {
    if (list !== NONE && this.#words[list] === word) return list;
    let node = this.#free;
    if (node === NONE) {
      node = this.#size++;
      if (node === this.#words.length) {
        this.#words = grown(this.#words);
        this.#rest = grown(this.#rest);
      }
    } else this.#free = this.#rest[node] as number;
    this.#words[node] = word;
    this.#rest[node] = list;
    return node;
  }

  /** First word of a list that is not empty. */
  word(list: number): number {
    return this.#words[list] as number;
  }

  /** The list without its first word, whose place may now be used again. */
  drop(list: number): number {
    const rest = this.#rest[list] as number;
    this.#rest[list] = this.#free;
    this.#free = list;
    return rest;
  }

  /** Frees the memory of all lists. */
  [Symbol.dispose](): void {
    release(this.#words, this.#rest);
  }
}

/**
 * A heap of (pair, count, list of words): the highest count first, of equals the pair with the lower
 * ids. A pair may stand in it several times, each time with other words.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MergeQueue } from "./merge_queue.ts";
 * import { PairTable } from "./pair_table.ts";
 * const pairs = new PairTable();
 * const queue = new MergeQueue(pairs);
 * queue.push(pairs.add(7, 8), { count: 2, list: -1 });
 * queue.push(pairs.add(5, 6), { count: 2, list: -1 });
 * assertEquals([queue.pair, queue.size], [1, 2]);
 * ```
 */
export class MergeQueue {
  readonly #pairTable: PairTable;
  #pairs = new Int32Array(1024);
  #counts = new Float64Array(1024);
  #lists = new Int32Array(1024);
  #size = 0;

  /** @param pairs names the pairs; borrowed */
  constructor(pairs: PairTable) {
    this.#pairTable = pairs;
  }

  /** Number of entries. */
  get size(): number {
    return this.#size;
  }

  /** Pair of the first entry. */
  get pair(): number {
    return this.#pairs[0] as number;
  }

  /** Count that the first entry was queued with. */
  get count(): number {
    return this.#counts[0] as number;
  }

  /** Words of the first entry. */
  get list(): number {
    return this.#lists[0] as number;
  }

  /** Adds an entry. */
  push(pair: number, { count, list }: { count: number; list: number }): void {
    if (this.#size === this.#pairs.length) {
      this.#pairs = grown(this.#pairs);
      this.#counts = grown(this.#counts);
      this.#lists = grown(this.#lists);
    }
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(pair, count, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, pair, count, list);
  }

  /** Removes the first entry. */
  pop(): void {
    const size = --this.#size;
    if (size > 0) this.#sink(size, this.#counts[size] as number, size);
  }

  /** Gives the first entry another count and the place that belongs to it. */
  recount(count: number): void {
    this.#sink(0, count, this.#size);
  }

  /** Frees the memory; the queue is then unusable. */
  [Symbol.dispose](): void {
    release(this.#pairs, this.#counts, this.#lists);
  }

  #put(at: number, pair: number, count: number, list: number): void {
    this.#pairs[at] = pair;
    this.#counts[at] = count;
    this.#lists[at] = list;
  }

  #move(from: number, to: number): void {
    this.#pairs[to] = this.#pairs[from] as number;
    this.#counts[to] = this.#counts[from] as number;
    this.#lists[to] = this.#lists[from] as number;
  }

  /**
   * Places the entry that stands at `from`, with another count, from the top of a heap of `size`
   * whose first place is free.
   */
  #sink(from: number, count: number, size: number): void {
    const pair = this.#pairs[from] as number, list = this.#lists[from] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      const other = child + 1;
      if (
        other < size &&
        this.#isBefore(this.#pairs[other] as number, this.#counts[other] as number, child)
      ) child = other;
      if (this.#isBefore(pair, count, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, pair, count, list);
  }

  /** Whether (pair, count) comes before the entry at `at`. */
  #isBefore(pair: number, count: number, at: number): boolean {
    const otherCount = this.#counts[at] as number;
    if (count !== otherCount) return count > otherCount;
    const other = this.#pairs[at] as number, pairs = this.#pairTable;
    const left = pairs.left(pair), otherLeft = pairs.left(other);
    return left !== otherLeft ? left < otherLeft : pairs.right(pair) < pairs.right(other);
  }
}
