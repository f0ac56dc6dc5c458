/**
 * Words of shared memory that coordinate spheres, besides those of their pool.
 *
 * @module
 */
import { PoolWord } from "./pool_words.ts";

/** Indices into the Int32 control area, after those of the pool. */
export const Word = {
  command: PoolWord.own,
  /** Rows of the batch in place. */
  rows: PoolWord.own + 1,
  /** 1 when the batch has segment ids. */
  segmented: PoolWord.own + 2,
  /** 1 when the batch has weights. */
  weighted: PoolWord.own + 5,
  /** Equals the round when all microbatches have reported to the root control sphere. */
  microbatchesDone: PoolWord.own + 3,
  /** Equals the round when all norm segments are summed. */
  normDone: PoolWord.own + 4,
  /** Words from here on are zero at the beginning of a round. */
  counters: PoolWord.own + 16,
  /** Next microbatch, norm segment, update segment and, in a Muon step, hidden matrix to take. */
  nextMicrobatch: PoolWord.own + 16,
  nextNorm: PoolWord.own + 17,
  nextUpdate: PoolWord.own + 18,
  nextMatrix: PoolWord.own + 19,
  /** Workers past the norm phase. */
  normArrivals: PoolWord.own + 20,
  /** What becomes of a step: {@linkcode Fate}. */
  fate: PoolWord.own + 21,
  /** First of one word per parameter group: microbatches already reduced into it. */
  turns: PoolWord.own + 32,
  /** First of one word per parameter group: its hidden matrices already updated. */
  matricesDone: 1536,
} as const;

/** First of one word per control sphere: children that have reported. */
export const TREE_WORDS = 3072;

/** Commands of the root to the workers. */
export const Command = {
  /** Forward, backward, ordered reduction, clip, update, pack. */
  train: 1,
  /** Forward and loss. */
  evaluate: 2,
  /** Pack the weights for the products of the next step. */
  pack: 3,
} as const;

/** Whichever comes first of the two holds for the whole step. */
export const Fate = {
  open: 0,
  /** Every microbatch is in, and the weights change. */
  updates: 1,
  /** The root wants it no more; the weights stay. */
  abandoned: 2,
} as const;

/** Decides what becomes of the step, unless that is decided; returns what it is. */
export function decide(words: Int32Array, fate: number): number {
  return Atomics.compareExchange(words, Word.fate, Fate.open, fate) || fate;
}

/** Indices into the Float64 step parameters. */
export const StepParameter = {
  learningRate: 0,
  beta1: 1,
  beta2: 2,
  epsilon: 3,
  weightDecay: 4,
  /** Global L2 norm above which gradients are scaled down; Infinity for never. */
  clip: 5,
  biasCorrection1: 6,
  biasCorrection2: 7,
  /** 1 / target tokens */
  gradientScale: 8,
  /** Out: global L2 norm before clipping. */
  gradNorm: 9,
  /** 1 where Muon updates the hidden matrices. */
  muon: 10,
  muonLearningRate: 11,
  muonMomentum: 12,
  /** Largest mean loss and norm that update; Infinity for all. */
  lossLimit: 13,
  gradNormLimit: 14,
  /** Out: 1 where the step was beyond a limit. */
  skipped: 15,
  /** 1 where adapters are left out. */
  adapterOff: 16,
  /** A multiple of the learning rate. */
  embeddingRate: 17,
  /** 0 for five rounds of one polynomial. */
  muonPolarRounds: 18,
  /** 1-based number of the step. */
  step: 19,
  /** 1 where a sample stands for the vocabulary. */
  headSampled: 20,
} as const;

/** Columns of a microbatch's row in the Float64 results. */
export const MicrobatchResult = {
  loss: 0,
  tokens: 1,
  computeMs: 2,
  waitMs: 3,
  bytesReduced: 4,
  worker: 5,
  /** Row width. */
  width: 6,
} as const;
