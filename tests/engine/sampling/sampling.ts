/**
 * What tests of sampling have in common.
 *
 * @module
 */
import { assert } from "@std/assert";
import * as fc from "fast-check";

/** Eighths, so that equal logits are common and others are told apart by their probabilities. */
export const logits = fc.array(fc.integer({ min: -160, max: 160 }), {
  minLength: 1,
  maxLength: 200,
}).map((values) => Float32Array.from(values, (value) => value / 8));

/** The sum. */
export function total(values: Iterable<number>): number {
  return [...values].reduce((a, b) => a + b, 0);
}

/**
 * Checks Pearson's statistic of `counts` against `expected`. It exceeds
 * `degrees + 5 * sqrt(2 * degrees)` about once in a hundred thousand true distributions.
 */
export function assertFits(counts: readonly number[], expected: readonly number[]): void {
  const chiSquare = total(counts.map((count, i) => {
    const wanted = expected[i] ?? NaN;
    return wanted === 0 ? count * Infinity || 0 : (count - wanted) ** 2 / wanted;
  }));
  const degrees = expected.filter((count) => count > 0).length - 1;
  const bound = degrees + 5 * Math.sqrt(2 * degrees);
  assert(chiSquare <= bound, `chi-square ${chiSquare} > ${bound} for ${counts} vs ${expected}`);
}
