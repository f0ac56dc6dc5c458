/**
 * The train stage: one optimizer step a batch, run by the spheres.
 *
 * @module
 */
import type { Spheres } from "../../workers/mod.ts";
import type { StageMeter } from "../meter.ts";
import { metered } from "../metered.ts";
import { bounded } from "../queue.ts";
import type { Batch, Cursor, Cursors, Snapshot, SphereCounters, StepReport } from "../types.ts";
import { type GuardState, limitsOf, NEW_GUARD, observe, readGuard } from "./guard.ts";
import { ADAMW_DEFAULTS, type OptimizerOptions, optimizerStep } from "./optimizer.ts";
import {
  isOutOfPatience,
  NO_VALIDATION,
  observeValidation,
  type Patience,
  readValidation,
  type ValidationState,
} from "./patience.ts";
import { learningRateAt, type ScheduleOptions } from "./schedule.ts";
export {
  isOutOfPatience,
  type Patience,
  readValidation,
  type ValidationState,
} from "./patience.ts";
export {
  ADAMW_DEFAULTS,
  type AdamwOptions,
  MUON_DEFAULTS,
  type MuonOptions,
  type OptimizerName,
  type OptimizerOptions,
  OPTIMIZERS,
} from "./optimizer.ts";
export {
  CONTINUED_SCHEDULE,
  learningRateAt,
  SCHEDULE_DEFAULTS,
  type ScheduleName,
  type ScheduleOptions,
  SCHEDULES,
} from "./schedule.ts";

/** How long a run trains: a number of steps (reproducible) or of seconds (planned by the clock). */
export type Duration = { readonly steps: number } | { readonly seconds: number };

/** Where a run stands; changes with every step. */
export interface TrainingState {
  /** Optimizer steps done. */
  step: number;
  /** Scored tokens seen. */
  totalTokens: number;
  /** Seconds spent training, over all sittings. */
  seconds: number;
  /** Of the last batch trained on; undefined before the first. */
  cursor: Cursor | undefined;
  /** Of the stages above the batches, as of that batch. */
  cursors: Cursors;
  guard: GuardState;
  validation: ValidationState;
  /** Of the last step of this session. */
  report?: StepReport;
}

/** The state of a run without a step. */
export function newTraining(): TrainingState {
  return {
    step: 0,
    totalTokens: 0,
    seconds: 0,
    cursor: undefined,
    cursors: {},
    guard: NEW_GUARD,
    validation: NO_VALIDATION,
  };
}

/**
 * Steps between a validation and one at the end of a pass, at least: validating takes up to the time
 * of three steps, and a small corpus is over every few.
 */
const MIN_APART = 10;

/** Tokens of batches that may wait: one batch, whatever its size. */
const QUEUE_TOKENS = 1;

/** Options of {@linkcode train}. */
export interface TrainOptions {
  readonly spheres: Spheres;
  /** Where to go on from; updated in place. */
  readonly state: TrainingState;
  readonly duration: Duration;
  readonly schedule: ScheduleOptions;
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
  /** When to end early for want of a lower validation loss; never unless stated. */
  readonly patience?: Patience;
  /** Held-out batches, the same at every call. */
  readonly validation?: () => AsyncIterable<Batch>;
  /** Ends training after the step in flight, as if the duration were over. */
  readonly stop?: AbortSignal;
  readonly meter?: StageMeter;
  /** Milliseconds; injected by tests. */
  readonly now?: () => number;
}

/**
 * Turns batches into step reports; ends the stream when the duration is over, so that everything
 * upstream is cancelled.
 *
 * A sphere that fails, or a loss that stops being finite, errors the stream.
 *
 * @param options see {@linkcode TrainOptions}
 */
export function train(options: TrainOptions): ReadableWritablePair<StepReport, Batch> {
  const { spheres, state, duration, schedule, validation, patience, stop, meter } = options;
  const {
    optimizer = ADAMW_DEFAULTS,
    guardDeviations = 0,
    snapshotEvery = 0,
    validateEvery = 0,
    now = () => performance.now(),
  } = options;

  const progress = () =>
    "steps" in duration ? state.step / duration.steps : state.seconds / duration.seconds;
  const isOver = () => progress() >= 1 || isOutOfPatience(state.validation, patience);
  const due = (every: number) => every > 0 && state.step % every === 0;
  let stepping = false;
  let endedAt = now();

  const stage = new TransformStream<Batch, StepReport>({
    start(controller) {
      const end = () => {
        // A step in flight ends the stream itself, once its report is out.
        if (!stepping) controller.terminate();
      };
      if (stop?.aborted || isOver()) end();
      else stop?.addEventListener("abort", end, { once: true });
    },
    async transform(batch, controller) {
      meter?.in(batch.validTokens);
      meter?.phase("busy");
      stepping = true;
      const started = now();
      const stepProgress = "steps" in duration
        ? (state.step + 1) / duration.steps
        : state.seconds / duration.seconds;
      const learningRate = learningRateAt(stepProgress, schedule);
      const limits = limitsOf(state.guard, guardDeviations);
      const outcome = await spheres.step(
        batch,
        {
          ...optimizerStep(optimizer, { step: state.step + 1, learningRate }),
          ...(limits && { limits }),
        },
      );
      const stepMs = now() - started;
      const pass = state.cursor?.epoch ?? 0;
      state.step++;
      state.totalTokens += batch.validTokens;
      state.seconds += stepMs / 1000;
      state.cursor = batch.cursor;
      state.cursors = batch.cursors ?? state.cursors;
      state.guard = observe(state.guard, { outcome, limits });
      const steppedAt = now();
      const endsPass = validateEvery > 0 && batch.cursor.epoch > pass &&
        state.step - state.validation.at >= MIN_APART;
      const validationLoss = validation && (progress() >= 1 || due(validateEvery) || endsPass)
        ? await validate(spheres, validation())
        : undefined;
      if (validationLoss !== undefined) {
        state.validation = observeValidation(state.validation, {
          step: state.step,
          loss: validationLoss,
          counts: pass >= (patience?.fromPass ?? 0),
        });
      }
      const last = isOver();
      const isBest = snapshotEvery > 0 && !last && state.validation.best?.step === state.step;
      const forwardBackwardMs = Math.min(stepMs, leavesMs(outcome.spheres));
      const phases = {
        dataMs: started - endedAt,
        forwardBackwardMs,
        updateMs: stepMs - forwardBackwardMs,
        validationMs: now() - steppedAt,
      };
      endedAt = now();
      meter?.out(batch.validTokens);
      meter?.phase("waiting");
      const report: StepReport = {
        step: state.step,
        loss: outcome.loss,
        perplexity: Math.exp(outcome.loss),
        learningRate,
        gradNorm: outcome.gradNorm,
        ...(outcome.skipped ? { skipped: true } : {}),
        tokens: batch.validTokens,
        totalTokens: state.totalTokens,
        tokensPerSecond: batch.validTokens / (stepMs / 1000),
        stepMs,
        phases,
        spheres: outcome.spheres,
        cursor: batch.cursor,
        ...(validationLoss === undefined ? {} : { validationLoss }),
      };
      state.report = report;
      const isDue = due(snapshotEvery) || isBest;
      controller.enqueue({ ...report, ...(isDue && { snapshot: snapshot(spheres, state) }) });
      stepping = false;
      if (last || stop?.aborted) controller.terminate();
    },
  }, bounded(QUEUE_TOKENS, ({ inputIds }: Batch) => inputIds.length));
  return metered(stage, meter);
}

/** Time of the worker whose leaves took longest. */
function leavesMs(spheres: readonly SphereCounters[]): number {
  const byWorker = new Map<number, number>();
  for (const { worker, computeMs, waitMs } of spheres) {
    byWorker.set(worker, (byWorker.get(worker) ?? 0) + computeMs + waitMs);
  }
  return Math.max(0, ...byWorker.values());
}

/** Mean nats per scored token over held-out batches; NaN when there are none. */
export async function validate(
  spheres: Spheres,
  batches: AsyncIterable<Batch>,
): Promise<number> {
  let loss = 0;
  let tokens = 0;
  for await (const batch of batches) {
    const part = await spheres.evaluate(batch);
    loss += part.loss;
    tokens += part.tokens;
  }
  return loss / tokens;
}

/** Copies parameters and moments out of shared memory, between two steps. */
export function snapshot(spheres: Spheres, state: TrainingState): Snapshot {
  if (!state.cursor) throw new TypeError("Cannot take a snapshot: no step has been trained");
  return {
    step: state.step,
    totalTokens: state.totalTokens,
    parameters: spheres.parameters.slice(),
    firstMoment: spheres.firstMoment.slice(),
    secondMoment: spheres.secondMoment.slice(),
    cursors: {
      ...state.cursors,
      batch: state.cursor,
      train: { seconds: state.seconds, guard: state.guard, validation: state.validation },
    },
  };
}

/**
 * The state that a snapshot was taken of.
 *
 * @throws {TypeError} when its cursors are not those of a training
 */
export function resumeTraining(
  { step, totalTokens, cursors }: Pick<Snapshot, "step" | "totalTokens" | "cursors">,
): TrainingState {
  const { batch, train, ...above } = cursors;
  const { seconds, guard, validation } = (train ?? {}) as Partial<
    Record<"seconds" | "guard" | "validation", unknown>
  >;
  if (typeof seconds !== "number" || typeof batch !== "object" || batch === null) {
    throw new TypeError("Cannot resume: the checkpoint has no cursor of batches and training");
  }
  return {
    step,
    totalTokens,
    seconds,
    cursors: above,
    guard: readGuard(guard),
    validation: readValidation(validation),
    // Written by the batch stage, which reads inside and checks it.
    cursor: batch as Cursor,
  };
}
