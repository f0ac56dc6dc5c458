/**
 * A replica's part of a round: H steps from the shared weights. What comes of it is a pure function
 * of weights, the replica's state and its batches, whichever machine computes it.
 *
 * @module
 */
import type { Spheres, StepOutcome } from "../../../workers/mod.ts";
import type { Batch } from "../../types.ts";
import { limitsOf, observe } from "../guard.ts";
import { type OptimizerOptions, optimizerStep } from "../optimizer.ts";
import { learningRateAt, type ScheduleOptions } from "../schedule.ts";
import { encodeDelta } from "./delta.ts";
import type { DeltaForm, ReplicaState } from "./state.ts";

/** Everything that decides the result of {@linkcode trainReplica}, besides the batches. */
export interface Turn {
  /** Shared weights at the start of the round. */
  readonly parameters: Float32Array;
  /** The replica as its last round left it. */
  readonly replica: ReplicaState;
  /** Steps the replica has done in earlier rounds. */
  readonly done: number;
  /** Steps of this round. */
  readonly steps: number;
  /** Steps of a replica in the whole run. */
  readonly planned: number;
  /** Learning rate over the course of `planned` steps. */
  readonly schedule: ScheduleOptions;
  /** Of the steps. */
  readonly optimizer: OptimizerOptions;
  /** See `guardDeviations` of the train stage. */
  readonly guardDeviations: number;
  /** Form of the delta that it hands over. */
  readonly deltas: DeltaForm;
}

/** One step of a replica. */
export interface InnerStep {
  /** What it trained on. */
  readonly batch: Batch;
  /** What the spheres made of it. */
  readonly outcome: StepOutcome;
  /** Of AdamW. */
  readonly learningRate: number;
  /** Waiting for the batch. */
  readonly dataMs: number;
  /** Forward, backward and update. */
  readonly stepMs: number;
}

/** What a turn hands over. */
export interface TurnResult {
  /** Encoded in the form that the turn names. */
  readonly delta: Uint8Array<ArrayBuffer>;
  /** The replica for its next round. */
  readonly replica: ReplicaState;
}

/**
 * Trains a replica for `steps` steps on as many `batches`, yields each step, and returns what comes
 * of them; undefined where the batches end before. The weights in `spheres` are the replica's
 * afterwards.
 *
 * @throws {DivergedError} when the loss stops being finite
 */
export async function* trainReplica(
  spheres: Spheres,
  batches: AsyncIterator<Batch>,
  turn: Turn,
): AsyncGenerator<InnerStep, TurnResult | undefined> {
  const { parameters, replica, done, steps, planned, schedule, optimizer } = turn;
  spheres.parameters.set(parameters);
  spheres.firstMoment.set(replica.firstMoment);
  spheres.secondMoment.set(replica.secondMoment);
  await spheres.packWeights();
  let { guard } = replica;
  for (let step = done + 1; step <= done + steps; step++) {
    const asked = performance.now();
    const next = await batches.next();
    if (next.done) return undefined;
    const started = performance.now();
    const progress = step / planned;
    const learningRate = learningRateAt(progress, schedule);
    const limits = limitsOf(guard, turn.guardDeviations);
    const outcome = await spheres.step(next.value, {
      ...optimizerStep(optimizer, { step, learningRate, progress }),
      ...(limits && { limits }),
    });
    guard = observe(guard, { outcome, limits });
    const stepMs = performance.now() - started;
    yield { batch: next.value, outcome, learningRate, dataMs: started - asked, stepMs };
  }
  const { bytes, residual } = encodeDelta(
    { before: parameters, after: spheres.parameters },
    { form: turn.deltas, ...replica.residual && { residual: replica.residual } },
  );
  return {
    delta: bytes,
    replica: {
      firstMoment: spheres.firstMoment.slice(),
      secondMoment: spheres.secondMoment.slice(),
      ...residual && { residual },
      guard,
    },
  };
}
