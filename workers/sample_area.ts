/**
 * Memory of a sampled head: which ids steps score, and a worker's scratch for their rows.
 *
 * @module
 */
import { packedBSize } from "../kernels/mod.ts";
import type { ModelConfig } from "../model/config.ts";

/** Which ids a sampled step scores, besides all that are targets in its batch. */
export interface HeadSample {
  /** The first so many, always: a tokenizer learns frequent pieces first. */
  readonly kept: number;
  /** Of the others every so many-th, from another one on in each step, as so many times itself. */
  readonly period: number;
}

/** Byte addresses of a worker's copy of the sampled rows of the head. */
export interface SampleArea {
  /** Its packed rows in both orders. */
  readonly forward: number;
  readonly backward: number;
  /** [V] logarithm of how many ids each sampled one stands for */
  readonly logWeights: number;
  /** Int32 [B, T] places of the targets in the sample */
  readonly targets: number;
}

/**
 * Places a worker's area; `take` reserves floats and returns their address.
 *
 * @throws {TypeError} where the head is the embedding too
 */
export function placeSampleArea(
  { vocab_size: V, hidden_size: D, tie_word_embeddings: isTied }: ModelConfig,
  { tokens, take }: { tokens: number; take: (floats: number) => number },
): SampleArea {
  if (isTied) throw new TypeError("Cannot sample the vocabulary: the head is tied");
  return {
    forward: take(packedBSize(D, V)),
    backward: take(packedBSize(V, D)),
    logWeights: take(V),
    targets: take(tokens),
  };
}
