/**
 * Byte-pair merging of one word: the pair with the lowest rank first, the leftmost of equals, until
 * no pair is left (Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units",
 * 2016).
 *
 * @module
 */

import { PairTable } from "./pair_table.ts";

/** Up to this many symbols a plain scan for the best pair beats a heap. */
const SCAN_LIMIT = 32;
const NO_RANK = 0x7fffffff;

/** The merge rules of a tokenizer, by rank. */
export class MergeRules {
  readonly #pairs = new PairTable();
  readonly #ranks: number[] = [];
  readonly #results: number[] = [];

  /** Adds the next rule; of two rules for one pair the later counts, as in Hugging Face tokenizers. */
  add(
    left: number,
    { right, result, rank }: { right: number; result: number; rank: number },
  ): void {
    const pair = this.#pairs.add(left, right);
    this.#ranks[pair] = rank;
    this.#results[pair] = result;
  }

  /**
   * Merges `symbols[0, length)` in place and returns the new length.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { MergeRules } from "./merge.ts";
   * const rules = new MergeRules();
   * rules.add(1, { right: 2, result: 3, rank: 0 });
   * const symbols = Int32Array.of(1, 2, 1, 2, 2);
   * assertEquals(rules.merge(symbols, 5), 3);
   * assertEquals([...symbols.subarray(0, 3)], [3, 3, 2]);
   * ```
   */
  merge(symbols: Int32Array, length: number): number {
    return length <= SCAN_LIMIT
      ? this.#mergeByScan(symbols, length)
      : this.#mergeByHeap(symbols, length);
  }

  readonly #scanPairs = new Int32Array(SCAN_LIMIT);

  #mergeByScan(symbols: Int32Array, length: number): number {
    const pairs = this.#scanPairs; // pair number at each position, -1 where there is no rule
    for (let i = 0; i + 1 < length; i++) {
      pairs[i] = this.#pairs.find(symbols[i] as number, symbols[i + 1] as number);
    }
    for (;;) {
      let best = -1, bestRank = NO_RANK;
      for (let i = 0; i + 1 < length; i++) {
        const pair = pairs[i] as number;
        if (pair < 0) continue;
        const rank = this.#ranks[pair] as number;
        if (rank < bestRank) best = i, bestRank = rank;
      }
      if (best < 0) return length;
      symbols[best] = this.#results[pairs[best] as number] as number;
      length--;
      for (let i = best + 1; i < length; i++) {
        symbols[i] = symbols[i + 1] as number;
        pairs[i] = pairs[i + 1] as number;
      }
      if (best > 0) {
        pairs[best - 1] = this.#pairs.find(symbols[best - 1] as number, symbols[best] as number);
      }
      if (best + 1 < length) {
        pairs[best] = this.#pairs.find(symbols[best] as number, symbols[best + 1] as number);
      }
    }
  }

  /** The same with a linked list and a heap of `rank * length + position`. */
  #mergeByHeap(symbols: Int32Array, length: number): number {
    const next = new Int32Array(length);
    const previous = new Int32Array(length);
    const heap: number[] = [];
    const offer = (at: number): void => {
      const right = next[at] as number;
      if (right >= length) return;
      const pair = this.#pairs.find(symbols[at] as number, symbols[right] as number);
      if (pair >= 0) push(heap, (this.#ranks[pair] as number) * length + at);
    };
    for (let i = 0; i < length; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
    }
    for (let i = 0; i < length; i++) offer(i);
    while (heap.length > 0) {
      const key = pop(heap);
      const at = key % length;
      const right = next[at] as number;
      if ((symbols[at] as number) < 0 || right >= length) continue;
      const pair = this.#pairs.find(symbols[at] as number, symbols[right] as number);
      // An entry is stale when one of its two symbols has been merged away since.
      if (pair < 0 || this.#ranks[pair] !== (key - at) / length) continue;
      symbols[at] = this.#results[pair] as number;
      symbols[right] = -1;
      const after = next[right] as number;
      next[at] = after;
      if (after < length) previous[after] = at;
      if (previous[at] as number >= 0) offer(previous[at] as number);
      offer(at);
    }
    let kept = 0;
    for (let i = 0; i < length; i++) {
      if (symbols[i] as number >= 0) symbols[kept++] = symbols[i] as number;
    }
    return kept;
  }
}

function push(heap: number[], key: number): void {
  let at = heap.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent] as number <= key) break;
    heap[at] = heap[parent] as number;
    at = parent;
  }
  heap[at] = key;
}

function pop(heap: number[]): number {
  const top = heap[0] as number;
  const key = heap.pop() as number;
  const size = heap.length;
  if (size === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && (heap[child + 1] as number) < (heap[child] as number)) child++;
    if (heap[child] as number >= key) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = key;
  return top;
}
