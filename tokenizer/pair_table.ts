/**
 * A hash table from pairs of token ids to small integers, in flat arrays.
 *
 * @module
 */

import { grown, release } from "./flat_array.ts";

/**
 * Pairs numbered 0, 1, 2, … in the order in which they were added.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PairTable } from "./pair_table.ts";
 * const pairs = new PairTable();
 * assertEquals([pairs.add(7, 8), pairs.add(8, 7), pairs.add(7, 8)], [0, 1, 0]);
 * assertEquals(pairs.find(1, 2), -1);
 * ```
 */
export class PairTable {
  #slots = new Int32Array(1024).fill(-1);
  #left = new Int32Array(512);
  #right = new Int32Array(512);
  #size = 0;

  /** Number of pairs. */
  get size(): number {
    return this.#size;
  }

  /** First id of pair `index`. */
  left(index: number): number {
    return this.#left[index] as number;
  }

  /** Second id of pair `index`. */
  right(index: number): number {
    return this.#right[index] as number;
  }

  /** Number of the pair, or -1. */
  find(left: number, right: number): number {
    return this.#slots[this.#slot(left, right)] as number;
  }

  /** Number of the pair, which is added when new. */
  add(left: number, right: number): number {
    const slot = this.#slot(left, right);
    const known = this.#slots[slot] as number;
    if (known >= 0) return known;
    const index = this.#size++;
    this.#slots[slot] = index;
    this.#left[index] = left;
    this.#right[index] = right;
    if (this.#size === this.#left.length) this.#grow();
    return index;
  }

  /** Frees the memory; the table is then unusable. */
  [Symbol.dispose](): void {
    release(this.#slots, this.#left, this.#right);
  }

  /** Slot that holds the pair, or the free one where it belongs. */
  #slot(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash ^= hash >>> 15;
    for (let slot = hash & mask;; slot = (slot + 1) & mask) {
      const index = this.#slots[slot] as number;
      if (index < 0 || (this.#left[index] === left && this.#right[index] === right)) return slot;
    }
  }

  #grow(): void {
    this.#left = grown(this.#left);
    this.#right = grown(this.#right);
    const { length } = this.#slots;
    release(this.#slots);
    this.#slots = new Int32Array(length * 2).fill(-1);
    for (let i = 0; i < this.#size; i++) {
      this.#slots[this.#slot(this.left(i), this.right(i))] = i;
    }
  }
}
