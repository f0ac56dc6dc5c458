/**
 * The `train` role: computes turns of replicas, whichever no other node computes.
 *
 * @module
 */
import { isConflict, LostLease, pause, takeLease } from "../lease.ts";
import { patiently } from "../patiently.ts";
import type { ClusterRun } from "../run.ts";
import { watchKeys } from "../watch_keys.ts";
import { openSpheres } from "../../workers/mod.ts";
import { openBlobs } from "./blobs.ts";
import { digestOf } from "./lead.ts";
import { checkProbe } from "./probe.ts";
import {
  readResult,
  readTask,
  readTraining,
  resultKey,
  type RoundResult,
  type RoundTask,
  taskKey,
  TRAINING_KEY,
  type TrainingRecord,
} from "./records.ts";
import { openTurns } from "./turns.ts";

/** Options of {@linkcode trainNode}. */
export interface TrainNodeOptions {
  readonly run: ClusterRun;
  /** Name of this node. */
  readonly node: string;
  /** Workers of its spheres; never changes a result. */
  readonly workers: number;
  /** Ends it; a turn in progress is given back. */
  readonly signal: AbortSignal;
  /** Hears what it does: a turn that begins or ends, or nothing to do. */
  readonly onEvent?: (event: TrainEvent) => void;
}

/** What a training node does now. */
export type TrainEvent =
  | { readonly kind: "waits"; readonly for: string }
  | { readonly kind: "begins" | "ends" | "loses"; readonly round: number; readonly rank: number };

/** The tasks and results that are known, of the latest rounds. */
interface Known {
  readonly tasks: Map<string, { readonly task: RoundTask; readonly digest: string }>;
  readonly results: Map<string, RoundResult>;
}

/**
 * Trains until `signal` aborts, and rejects with its reason.
 *
 * @throws {Error} where this machine computes otherwise than others
 */
export async function trainNode(options: TrainNodeOptions): Promise<never> {
  const { run, node, workers, signal, onEvent = () => {} } = options;
  const { bucket, leases, record: { leaseMs } } = run;
  await using resources = new AsyncDisposableStack();
  onEvent({ kind: "waits", for: "a corpus to train on" });
  const { headSample, ...training } = await trainingOf(run, signal);
  await checkProbe(training);
  const spheres = resources.use(
    await openSpheres({ ...training, ...headSample && { headSample }, workers }),
  );
  const blobs = await openBlobs(run, { signal });
  const known: Known = { tasks: new Map(), results: new Map() };
  const turns = openTurns({ spheres, blobs, node, deltas: (round) => resultsIn(known, round) });
  let wake = () => {};
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  watch(run, { known, signal: stop, onChange: () => wake() }).catch((e) => failed.abort(e));

  for (;;) {
    stop.throwIfAborted();
    const changed = new Promise<void>((resolve) => wake = resolve);
    let isIdle = true;
    for (const { task, digest } of openTasks(known, turns.holds)) {
      const { round, rank } = task;
      const key = `train.${rank}`;
      await using lease = await patiently(
        stop,
        () => takeLease({ bucket: leases, key, holder: node, ttlMs: leaseMs }),
      );
      if (!lease) continue;
      const isCurrent = async () => {
        const entry = await patiently(stop, () => bucket.get(taskKey(round, rank)));
        return entry?.operation === "PUT" && digestOf(entry.string()) === digest;
      };
      if (!await isCurrent()) continue;
      const found = await patiently(stop, () => bucket.get(resultKey(round, rank)));
      if (found?.operation === "PUT" && readResult(found.string()).task === digest) continue;
      isIdle = false;
      onEvent({ kind: "begins", round, rank });
      try {
        const held = AbortSignal.any([stop, lease.signal]);
        const result = await turns.compute(task, { digest, signal: held });
        await publishResult(run, { task, result, signal: held });
        known.results.set(resultKey(round, rank), result);
        onEvent({ kind: "ends", round, rank });
      } catch (error) {
        // The blobs of a round that others have ended are gone.
        if (!(error instanceof LostLease) && await isCurrent()) throw error;
        onEvent({ kind: "loses", round, rank });
      }
      break;
    }
    if (!isIdle) continue;
    onEvent({ kind: "waits", for: "the other replicas" });
    // A lease that expires says nothing.
    await Promise.race([changed, pause(leaseMs / 4, stop)]);
  }
}

/** The record that the keeper writes when it is ready to train. */
async function trainingOf({ bucket }: ClusterRun, signal: AbortSignal): Promise<TrainingRecord> {
  for await (const entry of watchKeys(bucket, TRAINING_KEY, signal)) {
    if (entry.operation === "PUT") return readTraining(entry.string());
  }
  throw signal.reason;
}

/** Keeps tasks and results up to date, and forgets those of rounds that are over. */
async function watch(
  { bucket }: ClusterRun,
  { known: { tasks, results }, signal, onChange }: {
    known: Known;
    signal: AbortSignal;
    onChange: () => void;
  },
): Promise<void> {
  const followTasks = async () => {
    for await (const entry of watchKeys(bucket, taskKey("*", "*"), signal)) {
      if (entry.operation !== "PUT") tasks.delete(entry.key);
      else {
        const text = entry.string();
        tasks.set(entry.key, { task: readTask(text), digest: digestOf(text) });
      }
      onChange();
    }
  };
  const followResults = async () => {
    for await (const entry of watchKeys(bucket, resultKey("*", "*"), signal)) {
      if (entry.operation !== "PUT") results.delete(entry.key);
      else results.set(entry.key, readResult(entry.string()));
      onChange();
    }
  };
  await Promise.all([followTasks(), followResults()]);
}

/** The tasks of the latest round without a result, those first whose replica this node had before. */
function openTasks(
  { tasks, results }: Known,
  holds: (task: RoundTask) => boolean,
): { readonly task: RoundTask; readonly digest: string }[] {
  const latest = Math.max(...[...tasks.values()].map(({ task }) => task.round));
  const isOpen = ({ task: { round, rank }, digest }: { task: RoundTask; digest: string }) =>
    round === latest && results.get(resultKey(round, rank))?.task !== digest;
  return [...tasks.values()].filter(isOpen).sort((a, b) =>
    Number(holds(b.task)) - Number(holds(a.task)) || a.task.rank - b.task.rank
  );
}

/** Results of a round in order of rank, as far as they answer the tasks that are known. */
function resultsIn({ tasks, results }: Known, round: number): (RoundResult | undefined)[] {
  return [...tasks.values()].filter(({ task }) => task.round === round)
    .sort((a, b) => a.task.rank - b.task.rank)
    .map(({ task, digest }) => {
      const result = results.get(resultKey(round, task.rank));
      return result?.task === digest ? result : undefined;
    });
}

/**
 * Writes a result. Where another node was first, the two must be the same.
 *
 * @throws {Error} where they are not
 */
async function publishResult(
  { bucket }: ClusterRun,
  { task: { round, rank }, result, signal }: {
    task: RoundTask;
    result: RoundResult;
    signal: AbortSignal;
  },
): Promise<void> {
  const key = resultKey(round, rank);
  const value = JSON.stringify(result);
  for (;;) {
    const entry = await patiently(signal, () => bucket.get(key));
    const other = entry?.operation === "PUT" ? readResult(entry.string()) : undefined;
    if (other?.task === result.task) return checkSame(other, { result, round, rank });
    try {
      await patiently(
        signal,
        () => entry ? bucket.update(key, value, entry.revision) : bucket.create(key, value),
      );
      return;
    } catch (error) {
      // Another was there in between, or the answer to an earlier try was lost.
      if (!isConflict(error)) throw error;
    }
  }
}

function checkSame(
  other: RoundResult,
  { result, round, rank }: { result: RoundResult; round: number; rank: number },
): void {
  if (`${other.delta}` === `${result.delta}` && other.state === result.state) return;
  throw new Error(
    `Cannot go on training: round ${round} of replica ${rank} has other bits on this machine than ` +
      `on node ${other.node}; begin the run with --strict-simd`,
  );
}
