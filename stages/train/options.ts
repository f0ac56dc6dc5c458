/**
 * Options of the train stage.
 *
 * @module
 */
import type { Spheres } from "../../workers/mod.ts";
import type { StageMeter } from "../meter.ts";
import type { Batch } from "../types.ts";
import type { OptimizerOptions } from "./optimizer.ts";
import type { Patience } from "./patience.ts";
import type { Objective } from "./preferences.ts";
import type { ComputeRound } from "./replicas/round.ts";
import type { ReplicaOptions } from "./replicas/state.ts";
import type { ScheduleOptions } from "./schedule.ts";
import type { TrainingState } from "./training_state.ts";

/** How long a run trains: a number of steps (reproducible) or of seconds (planned by the clock). */
export type Duration = { readonly steps: number } | { readonly seconds: number };

/**
 * Minimum steps between a validation and one at the end of a pass: validating takes as long as up to
 * three steps, and a pass over a small corpus takes only a few.
 */
export const MIN_APART = 10;

/** Bound of the input queue in tokens: one batch, whatever its size. */
export const QUEUE_TOKENS = 1;

/** Options of the train stage. */
export interface TrainOptions {
  /** What trains; borrowed, its parameters filled and packed. */
  readonly spheres: Spheres;
  /** What a step minimizes and a validation measures; the loss of the targets by default. */
  readonly objective?: Objective;
  /** State to resume from; updated in place. */
  readonly state: TrainingState;
  /** Trains the replicas of `state` in rounds; without it, each batch updates the same weights. */
  readonly replicas?: ReplicaOptions;
  /** Computes their turns; by default the stage's own spheres do, one turn after the other. */
  readonly computeRound?: ComputeRound;
  /** When training ends, counted from the first step of the run. */
  readonly duration: Duration;
  /** Learning rate over the course of `duration`. */
  readonly schedule: ScheduleOptions;
  /** AdamW with {@linkcode ADAMW_DEFAULTS} by default. */
  readonly optimizer?: OptimizerOptions;
  /**
   * Standard deviations above the recent mean at which a loss or gradient norm is an outlier, whose
   * step is skipped; 0, the default, for none.
   */
  readonly guardDeviations?: number;
  /**
   * Steps between snapshots; 0 for none. Otherwise a step with the lowest validation loss so far has
   * one too, unless it is the last.
   */
  readonly snapshotEvery?: number;
  /**
   * Steps between validations; 0 for none. Otherwise the step that ends a pass over the corpus
   * validates too, unless {@linkcode MIN_APART} steps have not passed. The last step always does.
   */
  readonly validateEvery?: number;
  /** When to stop early for lack of a lower validation loss; never by default. */
  readonly patience?: Patience;
  /** Held-out batches, the same at every call. */
  readonly validation?: () => AsyncIterable<Batch>;
  /**
   * Ends training after the step in flight, as if the duration were over; a step that goes on for
   * longer than `graceMs` is abandoned where it has not begun to change the weights.
   */
  readonly stop?: AbortSignal;
  /** 2 s by default. */
  readonly graceMs?: number;
  /**
   * Counts what comes in and goes out, and where the time goes; off by default.
   */
  readonly meter?: StageMeter;
  /** Milliseconds; injected by tests. */
  readonly now?: () => number;
}
