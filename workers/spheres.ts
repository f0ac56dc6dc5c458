/**
 * The interface of training: a set of spheres that takes batches.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import type { Layout } from "../model/layout.ts";
import type { LoraConfig } from "../model/lora.ts";
import type { FrozenType } from "./frozen.ts";
import type { HeadSample } from "./sample_area.ts";
import type { Topology } from "./topology.ts";

/** A batch as the spheres need it: row-major int32 `[rows * cols]`. */
export interface SphereBatch {
  /** Tokens read, from 0 to V - 1. */
  readonly inputIds: Int32Array;
  /** Token wanted at each place. */
  readonly targetIds: Int32Array;
  /** 1 where the target counts towards the loss, else 0. */
  readonly mask: Int32Array;
  /**
   * Attention and positions restart where the id changes along a row; absent: one segment a row.
   */
  readonly segmentIds?: Int32Array;
  /** Factor of each target's loss in the gradient, where it is not 1. */
  readonly weights?: Float32Array;
  /** B, from 1 to that of {@linkcode SpheresOptions}. */
  readonly rows: number;
  /** T, which must be that of {@linkcode SpheresOptions}. */
  readonly cols: number;
  /** Number of ones in `mask`. */
  readonly validTokens: number;
}

/** AdamW's settings for one step (Loshchilov and Hutter, 2019). */
export interface OptimizerStep {
  /** 1-based, for bias correction. */
  readonly step: number;
  /** AdamW's, at this step. */
  readonly learningRate: number;
  /** Decay of the first moment, from 0 to below 1. */
  readonly beta1: number;
  /** Decay of the second moment, from 0 to below 1. */
  readonly beta2: number;
  /** Added to the root of the second moment. */
  readonly epsilon: number;
  /** Decoupled, of all but norms: a step takes this times the learning rate off a weight. */
  readonly weightDecay: number;
  /** Largest global gradient norm; larger gradients are scaled down. */
  readonly clip: number;
  /** Updates the hidden matrices by Muon; without it AdamW updates everything. */
  readonly muon?: MuonStep;
  /** The embedding's learning rate, as a multiple of AdamW's; 1 by default. */
  readonly embeddingRate?: number;
  /** Whether the sample of {@linkcode SpheresOptions} stands for the vocabulary; false by default. */
  readonly sampleHead?: boolean;
  /** Limits beyond which a step skips its update; without them none does. */
  readonly limits?: StepLimits;
}

/** Muon's settings for one step (Jordan et al., 2024); weight decay and clipping are shared. */
export interface MuonStep {
  /** Muon's own, at this step. */
  readonly learningRate: number;
  /** Decay of the momentum, from 0 to below 1. */
  readonly momentum: number;
  /** Rounds of Polar Express; without it five rounds of one polynomial. */
  readonly polarRounds?: number;
}

/** Largest values at which a step still updates. */
export interface StepLimits {
  /** Mean nats per target token. */
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
  /** Target tokens. */
  readonly tokens: number;
  /** Forward and backward pass, without `waitMs`. */
  readonly computeMs: number;
  /** Waiting for its turn in the ordered reduction. */
  readonly waitMs: number;
  /** Bytes of gradient added to the shared sum. */
  readonly bytesReduced: number;
}

/** Outcome of one step. */
export interface StepOutcome {
  /** Mean nats per target token; an estimate where a sample stood for the vocabulary. */
  readonly loss: number;
  /** Global L2 norm before clipping. */
  readonly gradNorm: number;
  /** Whether the step exceeded its limits and skipped its update. */
  readonly skipped: boolean;
  /** One for each leaf, in reduction order. */
  readonly spheres: readonly SphereCounters[];
}

/** Dimensions and policy of a run. */
export interface SpheresOptions {
  /** The model to train. */
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
   * Whether products take the tile that V8 may turn into 256-bit instructions: measured by default,
   * never with `strictSimd`. Never changes a result.
   */
  readonly simd256?: boolean;
  /** Keep every logit, for tests and parity checks of small models. */
  readonly keepLogits?: boolean;
  /**
   * Store only the layers' inputs and recompute the rest in the backward pass: a third more work, far
   * less memory for long rows. Never changes a result.
   */
  readonly recompute?: boolean;
  /** Measure the time in each kernel; off by default. */
  readonly profile?: boolean;
  /** Reserves memory for steps that score a sample of the vocabulary: of an untied head alone. */
  readonly headSample?: HeadSample;
  /** Freeze the weights and train this adapter beside them, by AdamW. */
  readonly lora?: LoraConfig;
  /**
   * How the frozen matrices of the layers are stored with `lora`: "f32", packed for products, or
   * "bf16" or "int8", a twelfth or less of that, rounded, and widened for each product.
   */
  readonly frozenType?: FrozenType;
  /**
   * Bytes of the memory that kernels work on past which packed weights are kept in the other one,
   * from where they are copied for each product; 4 GiB by default. Never changes a result.
   */
  readonly nearBytes?: number;
}

/** Handle on a running set of spheres. Calls must not overlap. */
export interface Spheres extends AsyncDisposable {
  /** Where each tensor is in the areas below, `[layout.length]` each: with `lora` the adapter's. */
  readonly layout: Layout;
  /** The frozen weights in the model's layout; with `lora` alone, and f32 of them. */
  readonly frozen: Float32Array | undefined;
  /** Leaves, control spheres and workers, and who reports to whom. */
  readonly topology: Topology;
  /** Bytes of shared memory, both memories together. */
  readonly bytes: number;
  /** Whether products take the 256-bit tile. */
  readonly simd256: boolean;
  /** Views on shared memory in the order of `layout`; valid to read between calls. */
  readonly parameters: Float32Array;
  /** Mean over the target tokens of the last step, before clipping. */
  readonly gradients: Float32Array;
  /** AdamW's first moments; of matrices that Muon updates, its momentum. */
  readonly firstMoment: Float32Array;
  /** AdamW's second moments. */
  readonly secondMoment: Float32Array;
  /** `[B, T, V]` of the last call when `keepLogits`, else empty. */
  readonly logits: Float32Array;
  /** `[B, T]` nats of each target in the last call, 0 where the mask is. */
  readonly losses: Float32Array;
  /** Whether a sphere has failed: shared memory may then be half-written, and no call works. */
  readonly failed: boolean;
  /** Whether {@linkcode Spheres.abandon} ended a step: the weights are whole, and no call works. */
  readonly abandoned: boolean;
  /** Whether the weights have produced a loss or gradient that is not finite. */
  readonly diverged: boolean;
  /** Milliseconds in each kernel since the start, all workers together; zero without `profile`. */
  kernelMs(): Record<string, number>;
  /** Must follow any write to `parameters` or `frozen`. */
  packWeights(): Promise<void>;
  /**
   * Has `fill` write the frozen weights in the model's layout, and stores them in their type; with
   * `lora` alone. `packWeights` must follow.
   */
  fillFrozen(fill: (weights: Float32Array) => Promise<void>): Promise<void>;
  /** Leaves the adapter out of the following calls, or lets it in again. */
  useAdapter(isUsed: boolean): void;
  /** One optimizer step. Throws a `DivergedError` when loss or gradient stop being finite. */
  step(batch: SphereBatch, optimizer: OptimizerStep): Promise<StepOutcome>;
  /**
   * Ends the workers where a step has not begun to change the weights: it rejects, and the weights and
   * moments stay those before it. Does nothing otherwise.
   */
  abandon(): void;
  /** Sum of nats and number of target tokens; leaves the weights unchanged. */
  evaluate(batch: SphereBatch): Promise<{ loss: number; tokens: number }>;
}
