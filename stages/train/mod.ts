/**
 * The train stage: one optimizer step per batch, run by the spheres.
 *
 * @module
 */
import { metered } from "../metered.ts";
import { bounded } from "../queue.ts";
import type { Batch, StepReport } from "../types.ts";
import { stepUnlessStopped } from "./abandon.ts";
import { limitsOf, observe } from "./guard.ts";
import { ADAMW_DEFAULTS, optimizerStep } from "./optimizer.ts";
import { MIN_APART, QUEUE_TOKENS, type TrainOptions } from "./options.ts";
import { isOutOfPatience, observeValidation } from "./patience.ts";
import { trainRounds } from "./replicas/rounds.ts";
import { learningRateAt } from "./schedule.ts";
import { makeReport, validate } from "./step_report.ts";
import { snapshot } from "./training_state.ts";
export { type Objective, preferences } from "./preferences.ts";
export type { Duration, TrainOptions } from "./options.ts";
export { addDelta, outerStep } from "./replicas/outer.ts";
export { decodeDelta } from "./replicas/delta.ts";
export { cutDelta, joinDelta, type Segment, segmentsOf } from "./replicas/segments.ts";
export {
  areasOf,
  type DeltaForm,
  DELTAS,
  MAX_REPLICAS,
  newReplicas,
  REPLICA_DEFAULTS,
  type ReplicaOptions,
  type ReplicasState,
  type ReplicaState,
  type SharedState,
} from "./replicas/state.ts";
export type { ComputeRound, RoundPart, RoundWork } from "./replicas/round.ts";
export { type InnerStep, trainReplica, type Turn, type TurnResult } from "./replicas/turn.ts";
export { type GuardState, readGuard } from "./guard.ts";
export { validate } from "./step_report.ts";
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
  optimizerStep,
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

/**
 * Turns batches into step reports; ends the stream when the duration is over, which cancels
 * everything upstream.
 *
 * With `replicas`, batches are trained on in rounds, one replica after the other, and validations and
 * snapshots wait for the end of a round; so does what `state` says.
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
  if (options.replicas) return trainRounds({ ...options, replicas: options.replicas });
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
      const outcome = await stepUnlessStopped(options, () =>
        objective.step(batch, {
          ...optimizerStep(optimizer, {
            step: state.step + 1,
            learningRate,
            progress: stepProgress,
          }),
          ...(limits && { limits }),
        }));
      if (!outcome) return controller.terminate();
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
      const report = makeReport({ batch, outcome, learningRate }, {
        step: state.step,
        totalTokens: state.totalTokens,
        times: { dataMs: started - endedAt, stepMs, validationMs: now() - steppedAt },
        validationLoss,
      });
      endedAt = now();
      meter?.out(batch.validTokens);
      meter?.phase("waiting");
      state.report = report;
      const isDue = due(snapshotEvery) || isBest;
      controller.enqueue({ ...report, ...(isDue && { snapshot: snapshot(spheres, state) }) });
      stepping = false;
      if (last || stop?.aborted) controller.terminate();
    },
  }, bounded(QUEUE_TOKENS, ({ inputIds }: Batch) => inputIds.length));
  return metered(stage, meter);
}
