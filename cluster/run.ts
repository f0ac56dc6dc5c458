/**
 * A run on the broker: its record, its streams and its buckets.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  type StreamConfig,
} from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import type { Cluster } from "./connect.ts";
import { isConflict, pause } from "./lease.ts";
import { isAway } from "./to_stream.ts";
import { type RunNames, runNames } from "./subjects.ts";

/** Version of the record. */
const FORMAT = 1;
const WAIT_MS = 1_000;

/** What every node of a run must agree on. */
export interface RunRecord {
  readonly format: number;
  /** Settings of the run, as run.json has them. */
  readonly settings: unknown;
  /** Choices of its keeper that are no settings. */
  readonly options: unknown;
  /** SHA-256 of the program that made it: nodes with another may compute something else. */
  readonly program: string;
  readonly leaseMs: number;
  /** Bytes of documents that the broker holds at most. */
  readonly docBytes: number;
  /** SHA-256 over all of the above. */
  readonly sha256: string;
}

/** A run that a node has joined. */
export interface ClusterRun {
  readonly cluster: Cluster;
  readonly names: RunNames;
  readonly record: RunRecord;
  /** Settings, marks, state. */
  readonly bucket: KV;
  /** Keys here expire after `record.leaseMs`. */
  readonly leases: KV;
}

/** A record with its digest. */
export function sealRecord(body: Omit<RunRecord, "sha256" | "format">): RunRecord {
  const whole = { format: FORMAT, ...body };
  return { ...whole, sha256: createHash("sha256").update(JSON.stringify(whole)).digest("hex") };
}

/**
 * Makes the streams and buckets of a run and writes its record, or joins the one that is there.
 *
 * @throws {Error} where there is a run of this name with other settings
 */
export async function createRun(
  cluster: Cluster,
  run: string,
  record: RunRecord,
): Promise<ClusterRun> {
  const names = runNames(run);
  const { manager, js } = cluster;
  const num_replicas = cluster.connection.info?.cluster === undefined ? 1 : 3;
  const { streams } = names;
  const shared = { num_replicas };
  const configs: (Partial<StreamConfig> & { name: string })[] = [
    { ...shared, name: streams.url, subjects: [names.url("*")] },
    {
      ...shared,
      name: streams.part,
      subjects: [names.part("*")],
      retention: RetentionPolicy.Workqueue,
    },
    {
      ...shared,
      name: streams.doc,
      subjects: [names.doc("p*"), names.doc("s*")],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_bytes: record.docBytes,
    },
    { ...shared, name: streams.stored, subjects: [names.stored("*")] },
  ];
  try {
    for (const config of configs) await manager.streams.add(config);
  } catch (cause) {
    if (!(cause instanceof JetStreamApiError) || isAway(cause)) throw cause;
    throw new Error(
      `Cannot create the run ${run}: ${cause.message}` +
        (num_replicas === 1 ? "" : "; servers that are a cluster must be three or more"),
      { cause },
    );
  }
  const kvm = new Kvm(js);
  const bucket = await kvm.create(names.bucket, { history: 1, replicas: num_replicas });
  const leases = await kvm.create(names.leases, {
    history: 1,
    ttl: record.leaseMs,
    replicas: num_replicas,
  });
  await new Objm(js).create(names.objects, { replicas: num_replicas });
  try {
    await bucket.create("run", JSON.stringify(record));
  } catch (error) {
    if (!isConflict(error)) throw error;
    const existing = await readRecord(bucket, run);
    if (existing?.sha256 !== record.sha256) {
      throw new Error(
        `Cannot create the run ${run}: the cluster has one of that name with other settings, ` +
          "another program or other sources; choose another --run",
      );
    }
  }
  return { cluster, names, record, bucket, leases };
}

/** Removes all that the broker has of a run. */
export async function removeRun({ cluster: { manager }, names }: ClusterRun): Promise<void> {
  const own = new RegExp(`^(KV_|OBJ_)?${names.bucket}(_|$)`);
  const streams = await Array.fromAsync(manager.streams.list(), ({ config }) => config.name);
  for (const stream of streams) if (own.test(stream)) await manager.streams.delete(stream);
}

/** Joins a run as soon as it is there. `onWait` hears that it is not. */
export async function joinRun(
  cluster: Cluster,
  run: string,
  { signal, onWait }: { signal: AbortSignal; onWait: () => void },
): Promise<ClusterRun> {
  const names = runNames(run);
  const kvm = new Kvm(cluster.js);
  for (let waited = false;; waited = true) {
    signal.throwIfAborted();
    try {
      const bucket = await kvm.open(names.bucket);
      const record = await readRecord(bucket, run);
      if (record) {
        return { cluster, names, record, bucket, leases: await kvm.open(names.leases) };
      }
    } catch (error) {
      if (!isMissing(error) && !isAway(error)) throw error;
    }
    if (!waited) onWait();
    await pause(WAIT_MS, signal);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && /not found/i.test(error.message);
}

async function readRecord(bucket: KV, run: string): Promise<RunRecord | undefined> {
  const entry = await bucket.get("run");
  if (entry === null) return undefined;
  const { sha256, ...body }: RunRecord = entry.json();
  const digest = createHash("sha256").update(JSON.stringify(body)).digest("hex");
  if (body.format === FORMAT && digest === sha256) return { ...body, sha256 };
  throw new Error(
    `Cannot use the run ${run}: its record on the cluster is damaged or of another version`,
  );
}
