/**
 * A training node's turns: from a task to its result, with what the node has from earlier rounds.
 *
 * @module
 */
import { cutDelta, readGuard, type ReplicaState, trainReplica } from "../../stages/train/mod.ts";
import { DivergedError, type Spheres } from "../../workers/mod.ts";
import { decodeBatches, decodeState, encodeState } from "./areas.ts";
import type { Blobs } from "./blobs.ts";
import type { ReportedStep } from "./lead.ts";
import { type RoundResult, type RoundTask, segmentCount } from "./records.ts";
import { SharedWeights } from "./shared_weights.ts";

/** Options of {@linkcode openTurns}; all are borrowed. */
export interface TurnsOptions {
  readonly spheres: Spheres;
  readonly blobs: Blobs;
  /** Name of the node. */
  readonly node: string;
  /** Results of a round in order of rank, as far as they are known. */
  readonly deltas: (round: number) => readonly (RoundResult | undefined)[];
}

/** Computes turns, one at a time. */
export interface Turns {
  /** Whether it has what the replica keeps from its last round. */
  holds(task: RoundTask): boolean;
  /**
   * @throws {LostLease} through `signal`
   * @throws {Error} where blobs are gone
   */
  compute(
    task: RoundTask,
    options: { readonly digest: string; readonly signal: AbortSignal },
  ): Promise<RoundResult>;
}

/** Opens them. */
export function openTurns({ spheres, blobs, node, deltas }: TurnsOptions): Turns {
  /** Segments of the latest delta of each replica that was computed here, by digest. */
  const own = new Map<number, ReadonlyMap<string, Uint8Array<ArrayBuffer>>>();
  const ownDelta = (digest: string) => own.values().find((parts) => parts.has(digest))?.get(digest);
  const { length } = spheres.parameters;
  const shared = new SharedWeights({
    ...blobs,
    get: async (digest) => ownDelta(digest) ?? await blobs.get(digest),
  }, length);
  /** By rank, what a replica keeps after the last turn of it here, and the digest of that. */
  const kept = new Map<number, { digest: string; state: Omit<ReplicaState, "guard"> }>();

  const stateOf = async ({ rank, state, deltas: form }: RoundTask) => {
    const hasResidual = form === "int8";
    if (state === null) {
      const area = () => new Float32Array(length);
      return { firstMoment: area(), secondMoment: area(), ...hasResidual && { residual: area() } };
    }
    const held = kept.get(rank);
    return held?.digest === state
      ? held.state
      : decodeState(await blobs.get(state), { hasResidual });
  };

  return {
    holds: ({ rank, state }) => state !== null && kept.get(rank)?.digest === state,
    async compute(task, { digest, signal }) {
      const parameters = await shared.at(task, deltas);
      const replica = { ...await stateOf(task), guard: readGuard(task.guard) };
      const batches = ReadableStream.from(decodeBatches(await blobs.get(task.batches)));
      const steps: ReportedStep[] = [];
      const turn = trainReplica(spheres, batches[Symbol.asyncIterator](), {
        ...task,
        optimizer: optimizerOf(task),
        parameters,
        replica,
      });
      const answer = { task: digest, node };
      try {
        for (;;) {
          signal.throwIfAborted();
          const { done, value } = await turn.next();
          if (!done) {
            const { batch: _, ...step } = value;
            steps.push(step);
            continue;
          }
          if (!value) throw new RangeError(`Cannot train: the task has no ${task.steps} batches`);
          const { guard, ...state } = value.replica;
          const stored = await blobs.put(encodeState(state));
          kept.set(task.rank, { digest: stored, state });
          const count = segmentCount(task.replicas);
          const parts = new Map<string, Uint8Array<ArrayBuffer>>();
          const delta: string[] = [];
          for (const part of cutDelta(value.delta, { form: task.deltas, length, count })) {
            const digest = await blobs.put(part);
            parts.set(digest, part);
            delta.push(digest);
          }
          own.set(task.rank, parts);
          return {
            ...answer,
            delta,
            state: stored,
            guard,
            steps: await blobs.put(new TextEncoder().encode(JSON.stringify(steps))),
          };
        }
      } catch (error) {
        if (!(error instanceof DivergedError)) throw error;
        return divergedResult(answer, error.message);
      }
    },
  };
}

function optimizerOf({ optimizer: { muon, embeddingRate, sampleUntil, ...adamw } }: RoundTask) {
  return {
    ...adamw,
    ...muon && { muon: muonOf(muon) },
    ...embeddingRate !== undefined && { embeddingRate },
    ...sampleUntil !== undefined && { sampleUntil },
  };
}

function muonOf({ polarRounds, ...muon }: NonNullable<RoundTask["optimizer"]["muon"]>) {
  return { ...muon, ...polarRounds !== undefined && { polarRounds } };
}

function divergedResult(
  answer: Pick<RoundResult, "task" | "node">,
  diverged: string,
): RoundResult {
  const none = "0".repeat(64);
  return { ...answer, delta: [none], state: none, steps: none, guard: null, diverged };
}
