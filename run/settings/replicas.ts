/**
 * Flags about training in replicas, and what they come to.
 *
 * @module
 */
import {
  DELTAS,
  MAX_REPLICAS,
  type OptimizerName,
  OPTIMIZERS,
  REPLICA_DEFAULTS,
  type ReplicaOptions,
} from "../../stages/train/mod.ts";
import { choice, group, number, UsageError } from "../../cli/flags.ts";
import { always, never } from "./table.ts";

/** The flags that the defaults of the others follow from. */
interface ReplicaBasis {
  readonly replicas: number | undefined;
  readonly optimizer: OptimizerName;
}

/** Rules of what decides nothing without several replicas. */
const OF_SEVERAL = { needs: "replicas", unless: { replicas: [1] } } as const;

const byOptimizer = (name: keyof Omit<ReplicaOptions, "deltas">) =>
  OPTIMIZERS.map((optimizer) => `${REPLICA_DEFAULTS[optimizer][name]} with ${optimizer}`)
    .join(", ");

/** A setting that only a run with several replicas has. */
function ofSeveral(name: keyof Omit<ReplicaOptions, "deltas">) {
  return {
    from: (given: number | undefined, { replicas = 1, optimizer }: ReplicaBasis) =>
      replicas === 1 ? undefined : given ?? REPLICA_DEFAULTS[optimizer][name],
  };
}

/** Copies of the model that train apart, and are brought together every so many steps. */
export const REPLICAS = group("Replicas", {
  replicas: never(
    number({
      help: "copies of the model that train on steps of their own and are averaged in rounds " +
        "(default: 1, one model)",
      min: 1,
      max: MAX_REPLICAS,
      excludes: ["seconds"],
    }),
    // Left out of run.json where there is one model, as in runs of versions that knew no others.
    { from: (replicas = 1) => replicas === 1 ? undefined : replicas },
  ),
  "inner-steps": always(
    number({
      help: `steps of a replica in a round (default: ${byOptimizer("innerSteps")})`,
      min: 1,
      ...OF_SEVERAL,
    }),
    ofSeveral("innerSteps"),
  ),
  "outer-learning-rate": always(
    number({
      help: `of the outer step, which ends a round (default: ${byOptimizer("outerLearningRate")})`,
      value: "X",
      integer: false,
      ...OF_SEVERAL,
    }),
    ofSeveral("outerLearningRate"),
  ),
  "outer-momentum": always(
    number({
      help: `of the outer step (default: ${byOptimizer("outerMomentum")})`,
      value: "X",
      integer: false,
      max: 1,
      ...OF_SEVERAL,
    }),
    ofSeveral("outerMomentum"),
  ),
  deltas: never(
    choice({
      help: "precision of what a replica hands over; int8 keeps its rounding error for the next " +
        "round (default: f32)",
      of: DELTAS,
      ...OF_SEVERAL,
    }),
    {
      from: (given, { replicas = 1 }: ReplicaBasis) => replicas === 1 ? undefined : given ?? "f32",
    },
  ),
});

/** Settings of a run with several replicas. */
export interface ReplicaSettings extends ReplicaOptions {
  /** R */
  readonly replicas: number;
}

/**
 * The replicas that the settings of a run ask for; undefined for one model.
 *
 * @throws {UsageError} when they cannot have the same number of steps each
 */
export function replicasOf(
  { steps, replicas, innerSteps, outerLearningRate, outerMomentum, deltas }:
    & Partial<ReplicaSettings>
    & { readonly steps: number },
): { readonly replicas?: ReplicaSettings } {
  if (
    replicas === undefined || innerSteps === undefined || outerLearningRate === undefined ||
    outerMomentum === undefined || deltas === undefined
  ) return {};
  if (steps === 0) {
    throw new UsageError(
      `Cannot use --seconds with --replicas ${replicas}: rounds are planned by --steps alone`,
    );
  }
  if (steps % replicas !== 0) {
    const most = Math.max(replicas, steps - steps % replicas);
    throw new UsageError(
      `Cannot use --steps ${steps} with --replicas ${replicas}: they are the steps of all ` +
        `replicas, each of which trains as many; use --steps ${most} or ${most + replicas}`,
    );
  }
  return { replicas: { replicas, innerSteps, outerLearningRate, outerMomentum, deltas } };
}
