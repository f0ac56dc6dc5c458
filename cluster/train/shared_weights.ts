/**
 * The shared weights as a training node has them: it takes every outer step itself, and compares the
 * digest of what it gets with the keeper's. Of many replicas, it takes the step for one segment of the
 * weights. What it does not have is the keeper's.
 *
 * @module
 */
import {
  addDelta,
  decodeDelta,
  outerStep,
  type Segment,
  segmentsOf,
  type SharedState,
} from "../../stages/train/mod.ts";
import { areaOf, bytesOf } from "./areas.ts";
import { type Blobs, sha256Of } from "./blobs.ts";
import type { RoundResult, RoundTask } from "./records.ts";

/** What a node has of the state at the start of a round. */
interface Held {
  readonly task: RoundTask;
  readonly parameters: Float32Array;
  /** Which segment is its own. */
  readonly own: number;
  /** Of that segment. */
  readonly outerMomentum: Float32Array;
}

/** Shared weights and where they are from. */
export class SharedWeights {
  readonly #blobs: Blobs;
  readonly #length: number;
  #held: Held | undefined;

  /** For models of `length` weights. */
  constructor(blobs: Blobs, length: number) {
    this.#blobs = blobs;
    this.#length = length;
  }

  /**
   * The weights at the start of the task's round. `resultsOf` has the results of an earlier round in
   * order of rank, as far as they are known.
   *
   * @throws {Error} where the outer step of this machine gives other bits than the keeper's
   */
  async at(
    task: RoundTask,
    resultsOf: (round: number) => readonly (RoundResult | undefined)[],
  ): Promise<Float32Array> {
    const held = this.#held;
    const { shared } = task;
    const count = shared.parameters.length;
    if (held?.task.round === task.round && isSame(held.task, task)) return held.parameters;
    // That of its first replica, whichever replicas it computes later.
    const own = held?.own ?? task.rank % count;
    const segments = segmentsOf(this.#length, count);
    const stepped = held && await this.#step(held, { task, segments, resultsOf });
    const outerMomentum = stepped?.outerMomentum ??
      areaOf(await this.#blobs.get(shared.outerMomentum[own] as string));
    const parameters = new Float32Array(this.#length);
    for (const [at, { start }] of segments.entries()) {
      const area = at === own && stepped
        ? stepped.parameters
        : areaOf(await this.#blobs.get(shared.parameters[at] as string));
      parameters.set(area, start);
    }
    this.#held = { task, parameters, own, outerMomentum };
    return parameters;
  }

  /** The node's own segment after the round that it has; undefined where it lacks what that takes. */
  async #step(
    { task: last, parameters, own, outerMomentum }: Held,
    { task, segments, resultsOf }: {
      task: RoundTask;
      segments: readonly Segment[];
      resultsOf: (round: number) => readonly (RoundResult | undefined)[];
    },
  ): Promise<SharedState | undefined> {
    const results = last.round === task.round - 1 ? resultsOf(last.round) : [];
    const known = results.filter((result) => result !== undefined);
    if (known.length !== last.replicas) return undefined;
    const { start, end } = segments[own] as Segment;
    const length = end - start;
    const sum = new Float32Array(length);
    for (const { delta } of known) {
      const bytes = await this.#blobs.get(delta[own] as string);
      addDelta(sum, decodeDelta(bytes, { form: last.deltas, length }));
    }
    const before = { parameters: parameters.subarray(start, end), outerMomentum };
    const after = outerStep(before, sum, { ...last.outer, replicas: last.replicas });
    const whole = { start: 0, end: length };
    const isRight = (["parameters", "outerMomentum"] as const).every((name) =>
      sha256Of(bytesOf(after[name], whole)) === task.shared[name][own]
    );
    if (isRight) return after;
    throw new Error(
      `Cannot go on training: the outer step of round ${last.round} gives other bits on this ` +
        "machine than on the keeper's; leave it out of the run",
    );
  }
}

const isSame = ({ shared: a }: RoundTask, { shared: b }: RoundTask) =>
  JSON.stringify(a) === JSON.stringify(b);
