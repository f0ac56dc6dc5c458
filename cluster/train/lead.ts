/**
 * The keeper's side of training by replicas: hands out the turns of a round as tasks, and takes what
 * the training nodes make of them. The stage above takes the outer step, as on one machine.
 *
 * @module
 */
import {
  type ComputeRound,
  type InnerStep,
  joinDelta,
  type ReplicaOptions,
  type ReplicasState,
  type RoundWork,
  segmentsOf,
  type TurnResult,
} from "../../stages/train/mod.ts";
import type { Batch } from "../../stages/types.ts";
import { DivergedError } from "../../workers/mod.ts";
import { patiently } from "../patiently.ts";
import type { ClusterRun } from "../run.ts";
import { watchKeys } from "../watch_keys.ts";
import { bytesOf, decodeState, encodeBatches, encodeState } from "./areas.ts";
import { type Blobs, sha256Of } from "./blobs.ts";
import {
  readResult,
  readTask,
  resultKey,
  type RoundResult,
  type RoundTask,
  segmentCount,
  taskKey,
  TRAINING_KEY,
  type TrainingRecord,
} from "./records.ts";

/** Options of {@linkcode leadRounds}. */
export interface LeadOptions {
  readonly run: ClusterRun;
  readonly blobs: Blobs;
  /** What nodes must know before they train. */
  readonly training: TrainingRecord;
  readonly replicas: ReplicaOptions;
  /** Aborts when this keeper must not write any more; errors the round. */
  readonly signal: AbortSignal;
  /** Ends the round early, as where the batches end. */
  readonly stop?: AbortSignal;
  /** Hears which replica the round waits for; undefined when it does not. */
  readonly onWait?: (rank: number | undefined) => void;
}

/** A step as a node reports it. */
export type ReportedStep = Omit<InnerStep, "batch">;

/** Computes rounds on the training nodes of `run`. */
export function leadRounds(options: LeadOptions): ComputeRound {
  const { run: { bucket }, blobs, training, signal, onWait = () => {} } = options;
  /** Blobs and keys of the round before, which nodes need to take the outer step themselves. */
  let old: Round | undefined;
  return async function* (work, batches) {
    old ??= await earlierRounds(options, work.before.round + 1);
    const ended = new AbortController();
    const stop = AbortSignal.any([signal, ended.signal]);
    await putOnce(options, TRAINING_KEY, JSON.stringify(training));
    const handed = await handOut(work, batches, options);
    if (!handed) return;
    const { round, tasks } = handed;
    const results = resultsOf(work.before.round + 1, { bucket, tasks, signal: stop });
    try {
      for (const [rank, { batches: own }] of tasks.entries()) {
        onWait(rank);
        const result = await untilAborted(results.of(rank), options.stop);
        onWait(undefined);
        if (!result) return;
        if (result.diverged !== undefined) throw new DivergedError(result.diverged);
        for (const sha256 of [...result.delta, result.state, result.steps]) round.blobs.add(sha256);
        const steps: ReportedStep[] = JSON.parse(
          new TextDecoder().decode(await blobs.get(result.steps)),
        );
        for (const [i, batch] of own.entries()) {
          yield { rank, inner: { ...steps[i] as ReportedStep, batch } };
        }
        yield { rank, result: await turnResult(result, { blobs, work }) };
      }
    } finally {
      ended.abort(new DOMException("the round is over", "AbortError"));
    }
    for (const key of old.keys) await patiently(signal, () => bucket.purge(key));
    for (const sha256 of old.blobs) if (!round.blobs.has(sha256)) await blobs.remove(sha256);
    old = round;
  };
}

interface Round {
  readonly keys: readonly string[];
  readonly blobs: Set<string>;
}

/**
 * What an earlier keeper has left of other rounds than `round`. Its tasks are withdrawn: nodes take
 * the latest round for the current one, and a keeper may go on from an earlier one.
 */
async function earlierRounds(
  { run: { bucket }, signal }: LeadOptions,
  round: number,
): Promise<Round> {
  const keys: string[] = [];
  const blobs = new Set<string>();
  for (const pattern of [taskKey("*", "*"), resultKey("*", "*")]) {
    const found = await patiently(signal, async () => Array.fromAsync(await bucket.keys(pattern)));
    for (const key of found.filter((key) => Number(key.split(".")[1]) !== round)) {
      const entry = await patiently(signal, () => bucket.get(key));
      if (entry?.operation !== "PUT") continue;
      keys.push(key);
      if (pattern === taskKey("*", "*")) {
        const { shared, state, batches } = readTask(entry.string());
        for (const sha256 of [...blobsOf(shared), batches, ...state ? [state] : []]) {
          blobs.add(sha256);
        }
        await patiently(signal, () => bucket.purge(key));
      } else {
        const { delta, state, steps } = readResult(entry.string());
        for (const sha256 of [...delta, state, steps]) blobs.add(sha256);
      }
    }
  }
  return { keys, blobs };
}

/** The value; undefined where `stop` aborts before. */
function untilAborted<T>(value: Promise<T>, stop: AbortSignal | undefined): Promise<T | undefined> {
  if (!stop) return value;
  if (stop.aborted) return Promise.resolve(undefined);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const end = () => resolve(undefined);
  stop.addEventListener("abort", end, { once: true });
  return Promise.race([value, promise]).finally(() => stop.removeEventListener("abort", end));
}

interface HandedTask {
  readonly task: RoundTask;
  readonly digest: string;
  /** Without their ids, which are handed out. */
  readonly batches: readonly Batch[];
}

/** Writes the tasks of a round; undefined where the batches end before. */
async function handOut(
  { before, turn }: RoundWork,
  batches: AsyncIterator<Batch>,
  options: LeadOptions,
): Promise<{ round: Round; tasks: HandedTask[] } | undefined> {
  const { blobs, replicas: { outerLearningRate, outerMomentum } } = options;
  const number = before.round + 1;
  const slices: Batch[][] = [];
  for (const _ of before.replicas) {
    const slice = await take(batches, turn.steps);
    if (!slice) return undefined;
    slices.push(slice);
  }
  const shared = await putShared(before, blobs);
  const tasks: HandedTask[] = [];
  for (const [rank, replica] of before.replicas.entries()) {
    const slice = slices[rank] ?? [];
    const task: RoundTask = {
      round: number,
      rank,
      replicas: before.replicas.length,
      shared,
      state: before.round === 0 ? null : await blobs.put(encodeState(replica)),
      guard: replica.guard,
      batches: await blobs.put(encodeBatches(slice)),
      ...turn,
      outer: { outerLearningRate, outerMomentum },
    };
    const value = JSON.stringify(task);
    await putOnce(options, taskKey(number, rank), value);
    tasks.push({ task, digest: digestOf(value), batches: slice.map(withoutIds) });
  }
  const keys = tasks.flatMap((_, rank) => [taskKey(number, rank), resultKey(number, rank)]);
  const digests = tasks.flatMap(({ task: { state, batches } }) =>
    state ? [state, batches] : [batches]
  );
  return { round: { keys, blobs: new Set([...blobsOf(shared), ...digests]) }, tasks };
}

/** Stores the shared state in segments. */
async function putShared(before: ReplicasState, blobs: Blobs): Promise<RoundTask["shared"]> {
  const segments = segmentsOf(before.parameters.length, segmentCount(before.replicas.length));
  const put = async (area: Float32Array) => {
    const digests: string[] = [];
    for (const segment of segments) digests.push(await blobs.put(bytesOf(area, segment)));
    return digests;
  };
  return {
    parameters: await put(before.parameters),
    outerMomentum: await put(before.outerMomentum),
  };
}

const blobsOf = (shared: RoundTask["shared"]) => [...shared.parameters, ...shared.outerMomentum];

/** Digest of a task's JSON. */
export function digestOf(task: string): string {
  return sha256Of(new TextEncoder().encode(task));
}

/** Writes a key unless it has the value already, so that its results stay those of the same task. */
async function putOnce(
  { run: { bucket }, signal }: LeadOptions,
  key: string,
  value: string,
): Promise<void> {
  await patiently(signal, async () => {
    const entry = await bucket.get(key);
    if (entry?.operation === "PUT" && entry.string() === value) return;
    await bucket.put(key, value);
  });
}

async function take(batches: AsyncIterator<Batch>, count: number): Promise<Batch[] | undefined> {
  const taken: Batch[] = [];
  while (taken.length < count) {
    const { done, value } = await batches.next();
    if (done) return undefined;
    taken.push(value);
  }
  return taken;
}

const NO_IDS = new Int32Array();

function withoutIds({ segmentIds: _, ...batch }: Batch): Batch {
  return { ...batch, inputIds: NO_IDS, targetIds: NO_IDS, mask: NO_IDS };
}

/** Follows the results of a round; those of other tasks, from before a restart, do not count. */
function resultsOf(
  round: number,
  { bucket, tasks, signal }: {
    bucket: ClusterRun["bucket"];
    tasks: readonly HandedTask[];
    signal: AbortSignal;
  },
): { of(rank: number): Promise<RoundResult> } {
  const coming = tasks.map(() => Promise.withResolvers<RoundResult>());
  const fail = (reason: unknown) => coming.forEach(({ reject }) => reject(reason));
  coming.forEach(({ promise }) => promise.catch(() => {}));
  (async () => {
    for await (const entry of watchKeys(bucket, resultKey(round, "*"), signal)) {
      if (entry.operation !== "PUT") continue;
      const result = readResult(entry.string());
      const rank = Number(entry.key.split(".").at(-1));
      if (tasks[rank]?.digest === result.task) coming[rank]?.resolve(result);
    }
    throw signal.reason;
  })().catch(fail);
  return {
    of: (rank) => coming[rank]?.promise ?? Promise.reject(new RangeError(`no rank ${rank}`)),
  };
}

async function turnResult(
  { delta, state, guard }: RoundResult,
  { blobs, work }: { blobs: Blobs; work: RoundWork },
): Promise<TurnResult> {
  const form = work.turn.deltas;
  const areas = decodeState(await blobs.get(state), { hasResidual: form === "int8" });
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const sha256 of delta) parts.push(await blobs.get(sha256));
  return {
    delta: joinDelta(parts, { form, length: work.before.parameters.length }),
    // Checked when the next round, or a checkpoint, is read.
    replica: { ...areas, guard: guard as TurnResult["replica"]["guard"] },
  };
}
