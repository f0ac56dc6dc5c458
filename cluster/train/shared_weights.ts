/**
 * The shared weights as a training node has them: it takes every outer step itself, and compares the
 * digest of what it gets with the keeper's. A node that joins late takes the keeper's.
 *
 * @module
 */
import { addDelta, decodeDelta, outerStep, type SharedState } from "../../stages/train/mod.ts";
import { decodeShared, encodeShared } from "./areas.ts";
import { type Blobs, sha256Of } from "./blobs.ts";
import type { RoundResult, RoundTask } from "./records.ts";

/** Shared weights and where they are from. */
export class SharedWeights {
  readonly #blobs: Blobs;
  #held: { readonly state: SharedState; readonly task: RoundTask } | undefined;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  /**
   * The shared state at the start of the task's round. `resultsOf` has the results of an earlier
   * round in order of rank, as far as they are known.
   *
   * @throws {Error} where the outer step of this machine gives other bits than the keeper's
   */
  async at(
    task: RoundTask,
    resultsOf: (round: number) => readonly (RoundResult | undefined)[],
  ): Promise<SharedState> {
    const held = this.#held;
    if (held?.task.shared === task.shared) return held.state;
    const results = held?.task.round === task.round - 1 ? resultsOf(held.task.round) : [];
    const known = results.filter((result) => result !== undefined);
    const state = held && known.length === held.task.replicas
      ? await this.#step(held, known)
      : decodeShared(await this.#blobs.get(task.shared));
    if (sha256Of(encodeShared(state)) !== task.shared) {
      throw new Error(
        `Cannot go on training: the outer step of round ${
          task.round - 1
        } gives other bits on this ` +
          "machine than on the keeper's; leave it out of the run",
      );
    }
    this.#held = { state, task };
    return state;
  }

  async #step(
    { state, task }: { state: SharedState; task: RoundTask },
    results: readonly RoundResult[],
  ): Promise<SharedState> {
    const { length } = state.parameters;
    const sum = new Float32Array(length);
    for (const { delta } of results) {
      addDelta(sum, decodeDelta(await this.#blobs.get(delta), { form: task.deltas, length }));
    }
    return outerStep(state, sum, { ...task.outer, replicas: task.replicas });
  }
}
