/**
 * Sums over the blocks of a page.
 *
 * @module
 */
import type { OpenElement } from "./open_elements.ts";

/** Sums over the blocks of a page up to each, so that what an element holds is a difference. */
export class Running {
  readonly #sums: Float64Array;

  /** Sums a value of each of `size` blocks. */
  constructor(size: number) {
    this.#sums = new Float64Array(size + 1);
  }

  /** The value of block `i`, once those before it are added. */
  add(i: number, value: number): void {
    this.#sums[i + 1] = (this.#sums[i] as number) + value;
  }

  /** The sum from one block up to another, that one not included. */
  between(first: number, end: number): number {
    const last = Math.min(this.#sums.length - 1, end);
    return (this.#sums[last] as number) - (this.#sums[Math.min(first, last)] as number);
  }

  /** What an element holds. */
  in({ firstBlock, endBlock }: OpenElement): number {
    return this.between(firstBlock, endBlock);
  }
}
