/**
 * The turns of one round, and who computes them: this machine, one after the other, or several.
 *
 * @module
 */
import type { Spheres } from "../../../workers/mod.ts";
import type { Batch } from "../../types.ts";
import type { ReplicasState } from "./state.ts";
import { type InnerStep, trainReplica, type Turn, type TurnResult } from "./turn.ts";

/** A round to compute. */
export interface RoundWork {
  /** State at its start. */
  readonly before: ReplicasState;
  /** What all its turns have in common. */
  readonly turn: Omit<Turn, "parameters" | "replica">;
}

/** What comes of a round, in order of rank: the steps of a replica and then its result. */
export type RoundPart =
  | { readonly rank: number; readonly inner: InnerStep }
  | { readonly rank: number; readonly result: TurnResult };

/**
 * Computes a round on the next batches: `steps` of them for replica 0, then as many for replica 1,
 * and so on. Ends early where the batches do.
 */
export type ComputeRound = (
  work: RoundWork,
  batches: AsyncIterator<Batch>,
) => AsyncGenerator<RoundPart, void>;

/** Computes rounds on `spheres` alone. */
export function computeOn(spheres: Spheres): ComputeRound {
  return async function* ({ before, turn }, batches) {
    for (const [rank, replica] of before.replicas.entries()) {
      const steps = trainReplica(spheres, batches, {
        ...turn,
        parameters: before.parameters,
        replica,
      });
      for (;;) {
        const { done, value } = await steps.next();
        if (done && value === undefined) return;
        yield done ? { rank, result: value as TurnResult } : { rank, inner: value };
        if (done) break;
      }
    }
  };
}
