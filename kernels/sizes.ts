/** How much memory the kernels' packed forms and scratch areas take, in floats. */

/** Rows in a panel of packed A. */
export const MR = 4;
/** Columns in a panel of packed B. */
export const NR = 12;
/** Rows in an interleaved panel: the columns of the 256-bit tile. */
export const INTERLEAVED_ROWS = 16;
/** Longest k that `gemm` sums in one go; longer ones are added to C block by block. */
export const K_BLOCK = 512;
/** Greatest magnitude of a quantised row of the left operand. */
export const INT8_LIMIT = 127;
/** Greatest magnitude of a quantised weight, and the byte that stands for its zero. */
export const WEIGHT_LIMIT = 63;
export const WEIGHT_ZERO = 64;
/** Words of scratch for products of bytes. */
export const INT8_SCRATCH = MR * NR;
/** Tokens in a page of cached keys and values. */
export const PAGE = 32;
/** Floating-point operations in one iteration of `fma_peak`. */
export const FMA_PEAK_FLOPS = 12 * 8 * 4 * 2;
/** Query rows in a block of attention, as of its backward pass. */
const BLOCK = 48;
/** Query rows in a block of attention over pages. */
const PAGED_BLOCK = 48;

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** Floats of A `[m, k]` when packed. */
export function packedASize(m: number, k: number): number {
  return roundUp(m, MR) * k;
}

/** Floats of A `[m, k]` in interleaved panels. */
export function interleavedSize(m: number, k: number): number {
  return roundUp(m, INTERLEAVED_ROWS) * k;
}

/** Floats of B `[k, n]` when packed. */
export function packedBSize(k: number, n: number): number {
  return roundUp(n, NR) * k;
}

/** Words of four bytes that hold d bytes. */
export function wordsOf(d: number): number {
  return Math.ceil(d / 4);
}

/** How keys and values are kept. */
export const KV_FORMATS = ["f32", "f16", "int8"] as const;

/** A name in {@linkcode KV_FORMATS}. */
export type KvFormat = typeof KV_FORMATS[number];

/** Bits of each element. */
export const KV_BITS: Readonly<Record<KvFormat, 32 | 16 | 8>> = { f32: 32, f16: 16, int8: 8 };

/** Words of one head's keys and values in a page. */
export function pageHeadSize(headDim: number, kv: KvFormat = "f32"): number {
  const elements = PAGE * (headDim + roundUp(headDim, 4));
  return elements * KV_BITS[kv] / 32 + (kv === "int8" ? 2 * PAGE : 0);
}

/**
 * Floats of scratch for `attend_paged` where the last query sees `count` keys and `heads` query heads
 * share them.
 */
export function pagedScratchSize(
  count: number,
  headDim: number,
  { heads = 1, kv = "f32" }: { heads?: number; kv?: KvFormat } = {},
): number {
  const keys = roundUp(count, PAGE);
  // Sums and queries; of each key the values, and a block's scores and weights.
  const blocks = PAGED_BLOCK + 2 * NR * headDim + keys * (roundUp(headDim, NR) + 2 * PAGED_BLOCK);
  if (kv === "f32") return blocks;
  const pages = keys / PAGE;
  const widened = pages * pageHeadSize(headDim) + roundUp(pages, 4);
  // A page; sums, factors, queries and scores of the heads.
  const single = roundUp(headDim, 4) * (PAGE + 2 * heads) + roundUp(heads, 4) + heads * keys;
  return Math.max(widened + blocks, single);
}

/** Floats of scratch for `attention` over t tokens. */
export function attentionScratchSize(t: number, headDim: number): number {
  // Keys, values, queries; segment starts, sums and maxima; scores and weights.
  return packedASize(t, headDim) + packedBSize(t, headDim) + BLOCK * headDim + 3 * BLOCK +
    2 * BLOCK * t;
}

/** Floats of scratch for `attention_backward` over t tokens. */
export function attentionBackwardScratchSize(t: number, headDim: number): number {
  const scores = BLOCK * roundUp(t, 3 * MR);
  // Keys and values by row, keys by column; queries, dO by row and one of them by column; segment
  // starts; scores, gradients and the panels of both; those by query.
  return 2 * packedBSize(headDim, t) + packedBSize(t, headDim) +
    BLOCK * (2 * headDim + roundUp(headDim, NR) + 1) + 4 * scores + BLOCK * t;
}
