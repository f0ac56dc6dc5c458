/**
 * State of training by replicas: what they share, and what each has of its own.
 *
 * @module
 */
import { type GuardState, NEW_GUARD, readGuard } from "../guard.ts";
import type { OptimizerName } from "../optimizer.ts";

/** Most replicas of a run: as many spheres touch the one that coordinates them. */
export const MAX_REPLICAS = 12;

/** Forms in which the change of a replica's weights is handed over. */
export const DELTAS = ["f32", "int8"] as const;
/** A name in {@linkcode DELTAS}. */
export type DeltaForm = typeof DELTAS[number];

/** Settings of training by replicas that are fixed for a run (DiLoCo, arXiv 2311.08105). */
export interface ReplicaOptions {
  /** H, steps of a replica between two outer steps. */
  readonly innerSteps: number;
  /** Of the outer step. */
  readonly outerLearningRate: number;
  /** Decay of the outer momentum, from 0 to below 1. */
  readonly outerMomentum: number;
  /** Form of the deltas; `int8` carries its rounding error over to the next round. */
  readonly deltas: DeltaForm;
}

/** Defaults by the optimizer of the inner steps: DiLoCo's, and MuLoCo's (arXiv 2505.23725). */
export const REPLICA_DEFAULTS: Readonly<
  Record<OptimizerName, Omit<ReplicaOptions, "deltas">>
> = {
  adamw: { innerSteps: 500, outerLearningRate: 0.7, outerMomentum: 0.9 },
  muon: { innerSteps: 30, outerLearningRate: 0.9, outerMomentum: 0.8 },
};

/** What one replica keeps from round to round. Areas are `[layout.length]`, and never change. */
export interface ReplicaState {
  /** AdamW's first moments; of matrices that Muon updates, its momentum. */
  readonly firstMoment: Float32Array;
  /** AdamW's second moments. */
  readonly secondMoment: Float32Array;
  /** What `int8` deltas have left out so far; absent with `f32`. */
  readonly residual?: Float32Array;
  /** State of its guard. */
  readonly guard: GuardState;
}

/** What all replicas have in common. Areas are `[layout.length]`, and never change. */
export interface SharedState {
  /** Weights from which every replica starts its next round. */
  readonly parameters: Float32Array;
  /** Of the outer step. */
  readonly outerMomentum: Float32Array;
}

/** Everything between two rounds. */
export interface ReplicasState extends SharedState {
  /** Rounds done. */
  readonly round: number;
  /** In order of rank; `[R]`. */
  readonly replicas: readonly ReplicaState[];
}

/**
 * R replicas of `length` parameters before the first round, all zero. Fill the parameters, and train
 * with the option `replicas`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { newReplicas, newTraining } from "../mod.ts";
 * const replicas = newReplicas(2, { length: 3, deltas: "f32" });
 * replicas.parameters.set([0.1, 0.2, 0.3]);
 * const state = { ...newTraining(), replicas };
 * assertEquals([state.step, state.replicas.replicas.length], [0, 2]);
 * ```
 */
export function newReplicas(
  count: number,
  { length, deltas }: { length: number; deltas: DeltaForm },
): ReplicasState {
  const area = () => new Float32Array(length);
  return {
    round: 0,
    parameters: area(),
    outerMomentum: area(),
    replicas: Array.from({ length: count }, () => ({
      firstMoment: area(),
      secondMoment: area(),
      ...deltas === "int8" && { residual: area() },
      guard: NEW_GUARD,
    })),
  };
}

/**
 * The areas that a checkpoint holds beside weights and moments, by the prefix of their tensors. Its
 * moments are those of replica 0.
 */
export function areasOf({ outerMomentum, replicas }: ReplicasState): Map<string, Float32Array> {
  return new Map([
    ["outer_momentum.", outerMomentum],
    ...replicas.flatMap(({ firstMoment, secondMoment, residual }, rank) => {
      const moments: [string, Float32Array][] = rank === 0 ? [] : [
        [`replica.${rank}.exp_avg.`, firstMoment],
        [`replica.${rank}.exp_avg_sq.`, secondMoment],
      ];
      return residual ? [...moments, [`replica.${rank}.residual.`, residual] as const] : moments;
    }),
  ]);
}

/** The part of the state that is plain JSON. */
export function replicasJson({ round, replicas }: ReplicasState) {
  return { round, guards: replicas.map(({ guard }) => guard) };
}

/**
 * The state of a checkpoint, whose areas are in `filled` already.
 *
 * @throws {TypeError} when its JSON is not that of as many replicas
 */
export function resumeReplicas(json: unknown, filled: ReplicasState): ReplicasState {
  const { round, guards } = (json ?? {}) as Partial<Record<"round" | "guards", unknown>>;
  const { replicas } = filled;
  if (typeof round !== "number" || !Array.isArray(guards) || guards.length !== replicas.length) {
    throw new TypeError(
      `Cannot resume: the checkpoint has no state of ${replicas.length} replicas`,
    );
  }
  return {
    ...filled,
    round,
    replicas: replicas.map((replica, rank) => ({ ...replica, guard: readGuard(guards[rank]) })),
  };
}
