/**
 * State of training, and its part in a checkpoint.
 *
 * @module
 */
import type { Spheres } from "../../workers/mod.ts";
import type { Cursor, Cursors, Snapshot, StepReport } from "../types.ts";
import { type GuardState, NEW_GUARD, readGuard } from "./guard.ts";
import { areasOf, replicasJson, type ReplicasState, resumeReplicas } from "./replicas/state.ts";
import { NO_VALIDATION, readValidation, type ValidationState } from "./patience.ts";

/** Training state of a run; changes with every step, or with every round of replicas. */
export interface TrainingState {
  /** Optimizer steps done. */
  step: number;
  /** Target tokens trained on. */
  totalTokens: number;
  /** Seconds spent training, over all sessions. */
  seconds: number;
  /** Cursor of the last batch trained on; undefined before the first. */
  cursor: Cursor | undefined;
  /** Cursors of the stages above the batches, as of that batch. */
  cursors: Cursors;
  /** State of the guard. */
  guard: GuardState;
  /** Validation history. */
  validation: ValidationState;
  /** Weights and moments of a run with replicas, whose spheres hold those of one at a time. */
  replicas?: ReplicasState;
  /** Report of the last step of this session. */
  report?: StepReport;
}

/**
 * The state of a run without a step.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { newTraining } from "./mod.ts";
 * const { step, totalTokens, cursor } = newTraining();
 * assertEquals([step, totalTokens, cursor], [0, 0, undefined]);
 * ```
 */
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
 * Parameters and moments as of `state.step`: copied out of shared memory, between two steps, or those
 * of the replicas, which never change.
 */
export function snapshot(spheres: Spheres, state: TrainingState): Snapshot {
  const { step, totalTokens, seconds, guard, validation, replicas } = state;
  if (!state.cursor) throw new TypeError("Cannot take a snapshot: no step has been trained");
  const [first] = replicas?.replicas ?? [];
  return {
    step,
    totalTokens,
    ...replicas && first
      ? {
        parameters: replicas.parameters,
        firstMoment: first.firstMoment,
        secondMoment: first.secondMoment,
        areas: areasOf(replicas),
      }
      : {
        parameters: spheres.parameters.slice(),
        firstMoment: spheres.firstMoment.slice(),
        secondMoment: spheres.secondMoment.slice(),
      },
    cursors: {
      ...state.cursors,
      batch: state.cursor,
      train: {
        seconds,
        guard,
        validation,
        ...replicas && { replicas: replicasJson(replicas) },
      },
    },
  };
}

/**
 * The state in a snapshot. That of replicas needs their areas, `filled` from it.
 *
 * @throws {TypeError} when its cursors are not those of a training run
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { newTraining, resumeTraining } from "./mod.ts";
 * const { guard, validation } = newTraining();
 * const batch = { epoch: 0, batch: 7, state: null };
 * const cursors = { batch, train: { seconds: 3, guard, validation } };
 * assertEquals(resumeTraining({ step: 7, totalTokens: 900, cursors }).cursor, batch);
 * assertThrows(() => resumeTraining({ step: 7, totalTokens: 900, cursors: {} }), TypeError);
 * ```
 */
export function resumeTraining(
  { step, totalTokens, cursors }: Pick<Snapshot, "step" | "totalTokens" | "cursors">,
  filled?: ReplicasState,
): TrainingState {
  const { batch, train, ...above } = cursors;
  const { seconds, guard, validation, replicas } = (train ?? {}) as Partial<
    Record<"seconds" | "guard" | "validation" | "replicas", unknown>
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
    ...filled && { replicas: resumeReplicas(replicas, filled) },
    // The batch stage reads and checks its own cursor.
    cursor: batch as Cursor,
  };
}
