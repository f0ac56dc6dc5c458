/** How much memory the kernels' packed forms and scratch areas take, in floats. */

/** Rows in a panel of packed A. */
export const MR = 6;
/** Columns in a panel of packed B. */
export const NR = 8;
/** Floating-point operations in one iteration of `fma_peak`. */
export const FMA_PEAK_FLOPS = 12 * 8 * 4 * 2;
/** Query rows that attention handles at a time: a common multiple of MR and NR. */
const QUERIES = 24;

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** Floats of A `[m, k]` when packed. */
export function packedASize(m: number, k: number): number {
  return roundUp(m, MR) * k;
}

/** Floats of B `[k, n]` when packed. */
export function packedBSize(k: number, n: number): number {
  return roundUp(n, NR) * k;
}

/** Floats of scratch for `attention` over t tokens. */
export function attentionScratchSize(t: number, headDim: number): number {
  return packedASize(t, headDim) + packedBSize(t, headDim) + (headDim + 2) * QUERIES +
    2 * packedASize(t, QUERIES);
}

/** Floats of scratch for `attention_backward` over t tokens. */
export function attentionBackwardScratchSize(t: number, headDim: number): number {
  return 2 * packedASize(t, headDim) + packedBSize(t, headDim) + 2 * (headDim + 1) * QUERIES +
    packedBSize(QUERIES, headDim) + 3 * packedASize(t, QUERIES);
}
