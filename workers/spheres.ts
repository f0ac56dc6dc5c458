/**
 * What training looks like from outside: a set of spheres that takes batches.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import type { Layout } from "../model/layout.ts";
import type { Topology } from "./topology.ts";

/** A batch as the spheres need it: row-major int32 `[rows * cols]`. */
export interface SphereBatch {
  readonly inputIds: Int32Array;
  readonly targetIds: Int32Array;
  readonly mask: Int32Array;
  readonly segmentIds?: Int32Array;
  readonly rows: number;
  readonly cols: number;
  readonly validTokens: number;
}

/** AdamW's settings for one step (Loshchilov and Hutter, 2019). */
export interface OptimizerStep {
  /** 1-based, for bias correction. */
  readonly step: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Largest global gradient norm; larger gradients are scaled down. */
  readonly clip: number;
  /** Updates the hidden matrices by Muon; without it AdamW updates everything. */
  readonly muon?: MuonStep;
  /** Beyond them a step leaves weights and moments as they were; without, none does. */
  readonly limits?: StepLimits;
}

/** Muon's settings for one step (Jordan et al., 2024); weight decay and clipping are shared. */
export interface MuonStep {
  readonly learningRate: number;
  readonly momentum: number;
}

/** Largest values at which a step still updates. */
export interface StepLimits {
  /** Mean nats per scored token. */
  readonly loss: number;
  /** Global L2 norm before clipping. */
  readonly gradNorm: number;
}

/** What one leaf sphere did with its microbatch of a step. */
export interface SphereCounters {
  /** 0-based, in reduction order. */
  readonly microbatch: number;
  /** Worker that ran it. */
  readonly worker: number;
  /** Scored tokens. */
  readonly tokens: number;
  readonly computeMs: number;
  /** Waiting for its turn in the ordered reduction. */
  readonly waitMs: number;
  readonly bytesReduced: number;
}

/** Outcome of one step. */
export interface StepOutcome {
  /** Mean nats per scored token. */
  readonly loss: number;
  /** Global L2 norm before clipping. */
  readonly gradNorm: number;
  /** Whether the step was beyond its limits, and updated nothing. */
  readonly skipped: boolean;
  readonly spheres: readonly SphereCounters[];
}

/** Dimensions and policy of a run. */
export interface SpheresOptions {
  readonly config: ModelConfig;
  /** B, rows of the largest batch. */
  readonly rows: number;
  /** T */
  readonly cols: number;
  /** S logical leaves; default 12. */
  readonly leaves?: number;
  /** W; default the number of cores. Never changes a result. */
  readonly workers?: number;
  /** Avoid relaxed SIMD, so that results are the same on every machine. */
  readonly strictSimd?: boolean;
  /**
   * Whether products take the tile that V8 may turn into 256-bit instructions: measured unless said,
   * never with `strictSimd`. Never changes a result.
   */
  readonly simd256?: boolean;
  /** Keep every logit, for tests and parity checks of small models. */
  readonly keepLogits?: boolean;
  /**
   * Keep only the layers' inputs and compute the rest again in the backward pass: a third more
   * work, far less memory for long rows. Never changes a result.
   */
  readonly recompute?: boolean;
  /** Measure the time in each kernel; off by default. */
  readonly profile?: boolean;
}

/** Handle on a running set of spheres. Calls must not overlap. */
export interface Spheres extends AsyncDisposable {
  readonly layout: Layout;
  readonly topology: Topology;
  /** Bytes of shared memory. */
  readonly bytes: number;
  /** Whether products take the 256-bit tile. */
  readonly simd256: boolean;
  /** Views on shared memory in the order of `layout`; valid to read between calls. */
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  /** `[B, T, V]` of the last call when `keepLogits`, else empty. */
  readonly logits: Float32Array;
  /** Whether a sphere has failed: shared memory may then be half-written, and no call works. */
  readonly failed: boolean;
  /** Whether the weights have given a loss or gradient that is not finite. */
  readonly diverged: boolean;
  /** Milliseconds in each kernel since the start, all workers together; zero without `profile`. */
  kernelMs(): Record<string, number>;
  /** Must follow any write to `parameters`. */
  packWeights(): Promise<void>;
  /** One optimizer step. Throws a `DivergedError` when loss or gradient stop being finite. */
  step(batch: SphereBatch, optimizer: OptimizerStep): Promise<StepOutcome>;
  /** Sum of nats and number of scored tokens, weights untouched. */
  evaluate(batch: SphereBatch): Promise<{ loss: number; tokens: number }>;
}
