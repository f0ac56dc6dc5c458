/**
 * Optimizer settings that are fixed for a run.
 *
 * @module
 */
import type { MuonStep, OptimizerStep } from "../../workers/mod.ts";

/** Optimizers a run can have; `muon` leaves embedding, head and norms to AdamW. */
export const OPTIMIZERS = ["adamw", "muon"] as const;
/** A name in {@linkcode OPTIMIZERS}. */
export type OptimizerName = typeof OPTIMIZERS[number];

/** AdamW's settings that are fixed for a run. */
export interface AdamwOptions {
  /** Decay of the first moment, from 0 to below 1. */
  readonly beta1: number;
  /** Decay of the second moment, from 0 to below 1. */
  readonly beta2: number;
  /** Added to the root of the second moment. */
  readonly epsilon: number;
  /**
   * Decoupled weight decay of all but norms: a step takes this times the learning rate off a
   * weight.
   */
  readonly weightDecay: number;
  /** Largest global gradient norm. */
  readonly clip: number;
}

/** Muon's settings that are fixed for a run. */
export interface MuonOptions {
  /** Decay of the momentum, from 0 to below 1. */
  readonly momentum: number;
  /** Its learning rate, as a multiple of AdamW's at the same step. */
  readonly rate: number;
  /** Rounds of Polar Express (Amsel et al., arXiv:2505.16932) instead of five of one polynomial. */
  readonly polarRounds?: number;
}

/** AdamW for all parameters, or for those that Muon does not handle. */
export interface OptimizerOptions extends AdamwOptions {
  /** Updates the hidden matrices by Muon; AdamW updates everything by default. */
  readonly muon?: MuonOptions;
  /** AdamW's learning rate of the embedding, as a multiple of that of the rest; 1 by default. */
  readonly embeddingRate?: number;
  /**
   * Share of the run, from its start, in which steps score a sample of the vocabulary; the spheres
   * must be opened for that. 0 by default.
   */
  readonly sampleUntil?: number;
}

/** AdamW as small language models are usually trained. */
export const ADAMW_DEFAULTS: AdamwOptions = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clip: 1,
};

/**
 * Momentum as in Jordan et al. (2024). Embedding and head want the higher learning rate: after 300
 * steps of tiny the held-out loss is 4.47 at half of AdamW's 0.016, and 4.52 with 0.008 for both.
 */
export const MUON_DEFAULTS: MuonOptions = { momentum: 0.95, rate: 0.5 };

/** The settings of one step at AdamW's `learningRate`, `progress` through the run, 0 to 1. */
export function optimizerStep(
  { muon, sampleUntil = 0, ...adamw }: OptimizerOptions,
  { step, learningRate, progress }: { step: number; learningRate: number; progress: number },
): OptimizerStep {
  return {
    ...adamw,
    step,
    learningRate,
    ...(muon && { muon: muonStep(muon, learningRate) }),
    ...(progress < sampleUntil && { sampleHead: true }),
  };
}

function muonStep({ rate, ...rest }: MuonOptions, learningRate: number): MuonStep {
  return { ...rest, learningRate: rate * learningRate };
}
