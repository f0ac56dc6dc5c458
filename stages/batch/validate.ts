/**
 * Checks a batch before anything trains on it.
 *
 * @module
 */

import type { Batch } from "../types.ts";

/**
 * Checks shapes, id ranges, mask, count of target tokens, and that targets are inputs shifted by
 * one within a segment.
 *
 * @throws {TypeError} when an array has the wrong length
 * @throws {RangeError} naming row and column of the first wrong value
 * @example
 * ```ts
 * import { validateBatch } from "./validate.ts";
 * validateBatch({
 *   inputIds: Int32Array.of(5, 6), targetIds: Int32Array.of(6, 7), mask: Int32Array.of(1, 1),
 *   rows: 1, cols: 2, validTokens: 2, cursor: { epoch: 0, batch: 1, state: null },
 * }, { vocabSize: 8 });
 * ```
 */
export function validateBatch(batch: Batch, { vocabSize }: { vocabSize: number }): void {
  const { inputIds, targetIds, mask, segmentIds, rows, cols, validTokens } = batch;
  for (const [name, array] of Object.entries({ inputIds, targetIds, mask, segmentIds })) {
    if (array === undefined || array.length === rows * cols) continue;
    throw new TypeError(
      `Invalid batch: ${name} has ${array.length} values, ${rows} × ${cols} needed`,
    );
  }
  const fail = (i: number, what: string): never => {
    throw new RangeError(
      `Invalid batch: row ${Math.floor(i / cols)}, column ${i % cols}: ${what}`,
    );
  };
  const isId = (id: number): boolean => id >= 0 && id < vocabSize;
  let scored = 0;
  for (let i = 0; i < inputIds.length; i++) {
    const input = inputIds[i] as number, target = targetIds[i] as number, bit = mask[i] as number;
    if (!isId(input)) fail(i, `input ${input} is not an id below ${vocabSize}`);
    if (!isId(target)) fail(i, `target ${target} is not an id below ${vocabSize}`);
    if (bit !== 0 && bit !== 1) fail(i, `mask is ${bit}, not 0 or 1`);
    scored += bit;
    const isLast = (i + 1) % cols === 0;
    if (isLast || bit === 0) continue;
    const isBorder = segmentIds ? segmentIds[i] !== segmentIds[i + 1] : mask[i + 1] === 0;
    if (!isBorder && target !== inputIds[i + 1]) {
      fail(i, `target ${target} is not the next input ${inputIds[i + 1]}`);
    }
  }
  if (scored !== validTokens) {
    throw new RangeError(`Invalid batch: validTokens is ${validTokens}, the mask has ${scored}`);
  }
}
