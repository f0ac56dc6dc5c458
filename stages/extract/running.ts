/**
 * Sums over the blocks of a page.
 *
 * @module
 */
import type { OpenElement } from "./open_elements.ts";

/** Sums over the blocks of a page up to each, so that what an element holds is a difference. */
export class Running {
  readonly #sums: Float64Array;

  /** Sums `values` of each block. */
  constructor(values: ArrayLike<number>) {
    this.#sums = new Float64Array(values.length + 1);
    for (let i = 0; i < values.length; i++) {
      this.#sums[i + 1] = (this.#sums[i] as number) + (values[i] as number);
    }
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
