/**
 * The train stage: one optimizer step per batch, run by the spheres.
 *
 * @module
 */
import type { Spheres } from "../../workers/mod.ts";
import type { StageMeter } from "../meter.ts";
import { metered } from "../metered.ts";
import { bounded } from "../queue.ts";
import type { Batch, SphereCounters, StepReport } from "../types.ts";
import { limitsOf, observe } from "./guard.ts";
import { ADAMW_DEFAULTS, type OptimizerOptions, optimizerStep } from "./optimizer.ts";
import { isOutOfPatience, observeValidation, type Patience } from "./patience.ts";
import type { Objective } from "./preferences.ts";
import { learningRateAt, type ScheduleOptions } from "./schedule.ts";
import { snapshot, type TrainingState } from "./training_state.ts";
export { type Objective, preferences } from "./preferences.ts";
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
export { newTraining, resumeTraining, snapshot, type TrainingState } from "./training_state.ts";

/** How long a run trains: a number of steps (reproducible) or of seconds (planned by the clock). */
export type Duration = { readonly steps: number } | { readonly seconds: number };

/**
 * Minimum steps between a validation and one at the end of a pass: validating takes as long as up to
 * three steps, and a pass over a small corpus takes only a few.
 */
const MIN_APART = 10;

/** Bound of the input queue in tokens: one batch, whatever its size. */
const QUEUE_TOKENS = 1;

/** Options of {@linkcode train}. */
export interface TrainOptions {
  /** What trains; borrowed, its parameters filled and packed. */
  readonly spheres: Spheres;
  /** What a step minimizes and a validation measures; the loss of the targets by default. */
  readonly objective?: Objective;
  /** State to resume from; updated in place. */
  readonly state: TrainingState;
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
  /** Ends training after the step in flight, as if the duration were over. */
  readonly stop?: AbortSignal;
  /**
   * Counts what comes in and goes out, and where the time goes; off by default.
   */
  readonly meter?: StageMeter;
  /** Milliseconds; injected by tests. */
  readonly now?: () => number;
}

/**
 * Turns batches into step reports; ends the stream when the duration is over, which cancels
 * everything upstream.
 *
 * A sphere that fails, or a loss that stops being finite, errors the stream.
 *
 * @param options see {@linkcode TrainOptions}
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { presetConfig } from "../../model/config.ts";
 * import { openSpheres } from "../../workers/mod.ts";
 * import { newTraining, SCHEDULE_DEFAULTS, train } from "./mod.ts";
 * const config = presetConfig("tiny", { vocabSize: 300, endOfTextId: 0 });
 * await using spheres = await openSpheres({ config, rows: 1, cols: 2, workers: 1 });
 * const schedule = { ...SCHEDULE_DEFAULTS, name: "cosine", peak: 0.01 } as const;
 * const stage = train({ spheres, schedule, state: newTraining(), duration: { steps: 1 } });
 * const ids = { inputIds: Int32Array.of(1, 2), targetIds: Int32Array.of(2, 3) };
 * const size = { mask: Int32Array.of(1, 1), rows: 1, cols: 2, validTokens: 2 };
 * const batch = { ...ids, ...size, cursor: { epoch: 0, batch: 1, state: null } };
 * const [step] = await Array.fromAsync(ReadableStream.from([batch]).pipeThrough(stage));
 * assertAlmostEquals(step?.loss ?? 0, Math.log(300), 1e-5); // Weights of zero find all ids alike.
 * ```
 */
export function train(options: TrainOptions): ReadableWritablePair<StepReport, Batch> {
  const { spheres, state, duration, schedule, validation, patience, stop, meter } = options;
  const { objective = spheres } = options;
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
        // A step in flight ends the stream itself, after its report.
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
      const outcome = await objective.step(
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
        ? await validate(objective, validation())
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

/** Time of the worker whose microbatches took longest. */
function leavesMs(spheres: readonly SphereCounters[]): number {
  const byWorker = new Map<number, number>();
  for (const { worker, computeMs, waitMs } of spheres) {
    byWorker.set(worker, (byWorker.get(worker) ?? 0) + computeMs + waitMs);
  }
  return Math.max(0, ...byWorker.values());
}

/** Mean nats per target token over held-out batches; NaN when there are none. */
export async function validate(
  spheres: Pick<Objective, "evaluate">,
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
