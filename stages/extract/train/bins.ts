/**
 * The numbers of a feature, binned.
 *
 * @module
 */
import { shortFloatAbove } from "../block_model.ts";

/** Bins of a feature at most. */
export const BINS = 48;

/** A feature of all rows: the greatest value of each bin but the last, and the bin of each row. */
export interface BinnedFeature {
  readonly bounds: Float32Array;
  readonly bins: Uint8Array;
}

/** Puts a feature's values into bins of about as many rows. */
export function binned(
  { rows, width }: { rows: Float32Array; width: number },
  feature: number,
): BinnedFeature {
  const values = new Float32Array(rows.length / width);
  for (let i = 0; i < values.length; i++) values[i] = rows[i * width + feature] as number;
  const bounds = boundsOf(values);
  return { bounds, bins: Uint8Array.from(values, (value) => binOf(bounds, value)) };
}

/** Quantiles. */
function boundsOf(values: Float32Array): Float32Array {
  const sorted = values.toSorted();
  const bounds: number[] = [];
  for (let bin = 1; bin < BINS; bin++) {
    const at = Math.floor(bin * sorted.length / BINS);
    const bound = shortFloatAbove(sorted[at] as number);
    if (bound < (sorted[sorted.length - 1] as number) && bound > (bounds.at(-1) ?? -Infinity)) {
      bounds.push(bound);
    }
  }
  return Float32Array.from(bounds);
}

function binOf(bounds: Float32Array, value: number): number {
  let low = 0, high = bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value > (bounds[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}
