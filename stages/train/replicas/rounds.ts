/**
 * Training by replicas on one machine: a round trains one replica after the other, each on its own
 * batches, and then takes the outer step.
 *
 * @module
 */
import { transformed } from "../../flow.ts";
import { metered } from "../../metered.ts";
import { bounded } from "../../queue.ts";
import type { Batch, ReplicaPlace, StepReport } from "../../types.ts";
import { partsUnlessStopped } from "../abandon.ts";
import { ADAMW_DEFAULTS } from "../optimizer.ts";
import { MIN_APART, QUEUE_TOKENS, type TrainOptions } from "../options.ts";
import { isOutOfPatience, observeValidation } from "../patience.ts";
import { makeReport, validate } from "../step_report.ts";
import { snapshot, type TrainingState } from "../training_state.ts";
import { decodeDelta } from "./delta.ts";
import { addDelta, outerStep } from "./outer.ts";
import { computeOn } from "./round.ts";
import type { ReplicaOptions, ReplicasState, ReplicaState } from "./state.ts";
import type { InnerStep } from "./turn.ts";

/** Options of {@linkcode trainRounds}. */
export interface RoundsOptions extends TrainOptions {
  readonly replicas: ReplicaOptions;
}

/** The steps of a replica before a round, in it and in the whole run. */
export interface RoundSteps {
  readonly done: number;
  readonly steps: number;
  readonly planned: number;
}

/** The steps of a replica in the round after `step`; none where the run is over. */
function roundSteps(
  { step, totalSteps, replicas, innerSteps }: {
    /** Steps of all replicas. */
    step: number;
    totalSteps: number;
    replicas: number;
    innerSteps: number;
  },
): RoundSteps {
  const planned = Math.floor(totalSteps / replicas);
  const done = step / replicas;
  return { done, steps: Math.max(0, Math.min(innerSteps, planned - done)), planned };
}

/**
 * Turns batches into step reports, round by round: the batches of a round are those of replica 0,
 * then those of replica 1, and so on. `state` is that of the last whole round, and a run that is
 * stopped within a round goes on from there.
 *
 * @throws {TypeError} when `state` has no replicas, or the run is planned by seconds
 */
export function trainRounds(options: RoundsOptions): ReadableWritablePair<StepReport, Batch> {
  const { state, duration, patience, meter } = options;
  if (!("steps" in duration)) {
    throw new TypeError("Cannot train replicas by the clock: give a number of steps");
  }
  const stepsLeft = () =>
    roundSteps({
      step: state.step,
      totalSteps: duration.steps,
      replicas: replicasOf(state).replicas.length,
      innerSteps: options.replicas.innerSteps,
    });
  const isOver = () => stepsLeft().steps === 0 || isOutOfPatience(state.validation, patience);
  const stage = transformed<Batch, StepReport>({
    async *generate(input) {
      const batches = untilStopped(input[Symbol.asyncIterator](), options.stop);
      while (!isOver()) {
        const last = yield* trainRound(batches, stepsLeft(), options);
        if (last === undefined) return;
        yield await endRound(last, { options, isOver });
      }
    },
    input: bounded(QUEUE_TOKENS, ({ inputIds }: Batch) => inputIds.length),
  });
  return metered(stage, meter);
}

/** The last step of a round, which is reported with what follows it. */
interface LastStep {
  readonly inner: InnerStep;
  readonly replica: ReplicaPlace;
  /** Pass in which the round began. */
  readonly pass: number;
  /** Step at which it began. */
  readonly from: number;
}

/** Trains all replicas and takes the outer step; undefined where the batches end before. */
async function* trainRound(
  batches: AsyncIterator<Batch>,
  steps: RoundSteps,
  { spheres, state, schedule, meter, replicas: settings, ...options }: RoundsOptions,
): AsyncGenerator<StepReport, LastStep | undefined> {
  const before = replicasOf(state);
  const { parameters: { length }, replicas: { length: count } } = before;
  const [round, pass] = [before.round + 1, state.cursor?.epoch ?? 0];
  const sum = new Float32Array(length);
  const after: ReplicaState[] = [];
  let { step, totalTokens, seconds, cursors } = state;
  let last: LastStep | undefined;
  const turn = {
    ...steps,
    schedule,
    optimizer: options.optimizer ?? ADAMW_DEFAULTS,
    guardDeviations: options.guardDeviations ?? 0,
    deltas: settings.deltas,
  };
  const { computeRound = computeOn(spheres) } = options;
  const parts = computeRound({ before, turn }, batches);
  for await (const part of partsUnlessStopped({ spheres, ...options }, parts)) {
    if ("result" in part) {
      addDelta(sum, decodeDelta(part.result.delta, { form: settings.deltas, length }));
      after.push(part.result.replica);
      continue;
    }
    const { rank, inner } = part;
    const { batch } = inner;
    meter?.in(batch.validTokens);
    step++;
    totalTokens += batch.validTokens;
    seconds += inner.stepMs / 1000;
    cursors = batch.cursors ?? cursors;
    last = { inner, replica: { rank, replicas: count, round }, pass, from: state.step };
    if (step === state.step + count * steps.steps) continue;
    const report = reportOf(last, { step, totalTokens });
    state.report = report;
    meter?.out(batch.validTokens);
    yield report;
  }
  if (after.length < count || !last) return undefined;
  const shared = outerStep(before, sum, { ...settings, replicas: count });
  const { cursor } = last.inner.batch;
  Object.assign(state, { step, totalTokens, seconds, cursor, cursors });
  state.replicas = { ...shared, round, replicas: after };
  spheres.parameters.set(shared.parameters);
  await spheres.packWeights();
  return last;
}

/** Validates the shared weights where that is due, and reports the last step of the round. */
async function endRound(
  last: LastStep,
  { options, isOver }: { options: RoundsOptions; isOver: () => boolean },
): Promise<StepReport> {
  const { spheres, state, validation, snapshotEvery = 0, validateEvery = 0, patience } = options;
  const { step, totalTokens } = state;
  /** Whether the round passed a multiple of `every`. */
  const due = (every: number) =>
    every > 0 && Math.floor(step / every) > Math.floor(last.from / every);
  const endsPass = validateEvery > 0 && last.inner.batch.cursor.epoch > last.pass &&
    step - state.validation.at >= MIN_APART;
  const started = performance.now();
  const validationLoss = validation && (isOver() || due(validateEvery) || endsPass)
    ? await validate(spheres, validation())
    : undefined;
  if (validationLoss !== undefined) {
    const counts = last.pass >= (patience?.fromPass ?? 0);
    state.validation = observeValidation(state.validation, { step, loss: validationLoss, counts });
  }
  const validationMs = performance.now() - started;
  const report = reportOf(last, { step, totalTokens, validationMs, validationLoss });
  state.report = report;
  options.meter?.out(last.inner.batch.validTokens);
  const isBest = snapshotEvery > 0 && !isOver() && state.validation.best?.step === step;
  const isDue = due(snapshotEvery) || isBest;
  return { ...report, ...(isDue && { snapshot: snapshot(spheres, state) }) };
}

function reportOf(
  { inner, replica }: LastStep,
  { step, totalTokens, validationMs = 0, validationLoss }:
    & Pick<StepReport, "step" | "totalTokens">
    & { validationMs?: number; validationLoss?: number | undefined },
): StepReport {
  const times = { dataMs: inner.dataMs, stepMs: inner.stepMs, validationMs };
  return { ...makeReport(inner, { step, totalTokens, times, validationLoss }), replica };
}

function replicasOf({ replicas }: TrainingState): ReplicasState {
  if (replicas) return replicas;
  throw new TypeError("Cannot train replicas: the state has none");
}

/** The batches up to the moment when `stop` aborts, also while one is awaited. */
function untilStopped(
  batches: AsyncIterator<Batch>,
  stop: AbortSignal | undefined,
): AsyncIterator<Batch> {
  if (!stop) return batches;
  const end = { done: true, value: undefined } as const;
  const stopped = new Promise<typeof end>((resolve) => {
    if (stop.aborted) resolve(end);
    else stop.addEventListener("abort", () => resolve(end), { once: true });
  });
  return {
    next: () => stop.aborted ? stopped : Promise.race([batches.next(), stopped]),
  };
}
