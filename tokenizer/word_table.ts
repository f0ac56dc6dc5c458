/**
 * A hash table whose keys are byte strings in one arena: no string or object per word, so millions
 * of lookups make no garbage.
 *
 * @module
 */

import { grown, release } from "./flat_array.ts";

/**
 * Byte strings numbered 0, 1, 2, … in the order in which they were added.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { WordTable } from "./word_table.ts";
 * const table = new WordTable();
 * const bytes = new TextEncoder().encode("to be");
 * assertEquals(table.add(bytes, { start: 0, end: 2 }), 0);
 * assertEquals([table.find(bytes, 0, 2), table.find(bytes, 3, 5)], [0, -1]);
 * ```
 */
export class WordTable {
  #slots = new Int32Array(1024).fill(-1);
  #hashes = new Int32Array(512);
  /** One more than there are words. */
  #starts = new Int32Array(512);
  #arena = new Uint8Array(4096);
  #size = 0;

  /** Number of words. */
  get size(): number {
    return this.#size;
  }

  /** Sum of the words' lengths in bytes. */
  get byteLength(): number {
    return this.start(this.#size);
  }

  /** Bytes that the table holds. */
  get memoryBytes(): number {
    return this.#slots.byteLength + this.#hashes.byteLength + this.#starts.byteLength +
      this.#arena.length;
  }

  /** All words end to end; word `i` is `[start(i), start(i + 1))`. */
  get arena(): Uint8Array {
    return this.#arena;
  }

  /** Where word `index` starts in the arena. */
  start(index: number): number {
    return this.#starts[index] as number;
  }

  /**
   * All words end to end in `arena`, word `i` being `[starts[i], starts[i + 1])`, for the caller to
   * keep; the table is of no use any more.
   */
  take(): { arena: Uint8Array; starts: Int32Array } {
    release(this.#slots, this.#hashes);
    return {
      arena: this.#arena.subarray(0, this.byteLength),
      starts: this.#starts.subarray(0, this.#size + 1),
    };
  }

  /** Gives the memory back; the table is of no use any more. */
  [Symbol.dispose](): void {
    release(this.#slots, this.#hashes, this.#starts, this.#arena);
  }

  /** Number of the word `bytes[start, end)`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end);
    const mask = this.#slots.length - 1;
    const arena = this.#arena;
    for (let slot = hash & mask;; slot = (slot + 1) & mask) {
      const index = this.#slots[slot] as number;
      if (index < 0) return -1;
      if (this.#hashes[index] !== hash) continue;
      let at = this.#starts[index] as number;
      if (this.#starts[index + 1] as number - at !== end - start) continue;
      let i = start;
      while (i < end && arena[at] === bytes[i]) i++, at++;
      if (i === end) return index;
    }
  }

  /** Adds the word `bytes[start, end)`, which the table must not hold yet; returns its number. */
  add(bytes: Uint8Array, { start, end }: { start: number; end: number }): number {
    const index = this.#size;
    if (index + 1 === this.#starts.length) this.#grow();
    const at = this.byteLength;
    while (at + end - start > this.#arena.length) this.#arena = grown(this.#arena);
    for (let i = start; i < end; i++) this.#arena[at + i - start] = bytes[i] as number;
    this.#starts[index + 1] = at + end - start;
    this.#hashes[index] = hashBytes(bytes, start, end);
    this.#size++;
    this.#place(index);
    return index;
  }

  /** Forgets all words and keeps the memory. */
  clear(): void {
    this.#slots.fill(-1);
    this.#size = 0;
  }

  #place(index: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[index] as number) & mask;
    while (this.#slots[slot] as number >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = index;
  }

  #grow(): void {
    this.#hashes = grown(this.#hashes);
    this.#starts = grown(this.#starts);
    const { length } = this.#slots;
    release(this.#slots);
    this.#slots = new Int32Array(length * 2).fill(-1);
    for (let index = 0; index < this.#size; index++) this.#place(index);
  }
}

/** FNV-1a with a final mix, because only the low bits choose the slot. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash ^ (hash >>> 15);
}
