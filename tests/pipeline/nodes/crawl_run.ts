/** A crawl on a real broker: its run, a crawl node and a keeper, in this process. */
import { assert } from "@std/assert";
import { type KV, Kvm } from "@nats-io/kv";
import { parseFlags } from "../../../cli/flags.ts";
import type { Cluster } from "../../../cluster/connect.ts";
import { takeLease } from "../../../cluster/lease.ts";
import { createRun, sealRecord } from "../../../cluster/run.ts";
import { watchKeys } from "../../../cluster/watch_keys.ts";
import { crawlNode } from "../../../pipeline/nodes/crawl_node.ts";
import { openFence } from "../../../pipeline/nodes/fence.ts";
import { type Node, RoleCounts } from "../../../pipeline/nodes/node.ts";
import { openShardIntake, type ShardPlaces } from "../../../pipeline/nodes/shard_intake.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../../run/settings/pipeline.ts";

const KEEPER_LEASE_MS = 60_000;

/** What all nodes of a run have. */
export type RunNode = Omit<Node, "name" | "stop">;

/** Creates the run `books` over `args`, flags and seeds as `pipeline` takes them. */
export async function openCrawlRun(
  cluster: Cluster,
  args: readonly string[],
  { leaseMs, docBytes = 2 ** 24 }: { leaseMs: number; docBytes?: number },
): Promise<RunNode> {
  const settings = settingsOf(parseFlags(args, { flags: PIPELINE_FLAGS })).wanted;
  const record = { settings, options: {}, program: "", leaseMs, docBytes };
  return {
    ...{ run: await createRun(cluster, "books", sealRecord(record)), settings, note() {} },
    options: {
      ...{ checkpointEvery: 1, keepLast: 1, keepEvery: 0, keepDropped: false },
      ...{ tensorboard: false, contact: undefined, sharedFolder: false, partBytes: 1 },
    },
  };
}

/** A crawl node that is stopped when it is disposed. */
export function startCrawler(node: RunNode, name: string): AsyncDisposable {
  const stop = new AbortController();
  const { done } = crawlNode({ ...node, name, stop: stop.signal });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new DOMException("over", "AbortError"));
      await done;
    },
  };
}

/** Documents of a chunk, and the place behind it. */
export interface KeptChunk {
  readonly urls: readonly string[];
  readonly cursor: ShardPlaces;
}

/** Takes chunks in until the crawl is over, and marks each. `onMarked` hears of each. */
export async function keep(
  node: RunNode,
  { from, onMarked = () => {} }: { from: ShardPlaces; onMarked?: (chunk: KeptChunk) => void },
): Promise<KeptChunk[]> {
  const { bucket, cluster } = node.run;
  const leases = await new Kvm(cluster.js).create("keepers", { ttl: KEEPER_LEASE_MS });
  await using lease = await takeLease({
    ...{ bucket: leases, key: "keeper", holder: "keeper", ttlMs: KEEPER_LEASE_MS },
  });
  assert(lease);
  const { signal } = lease;
  const intake = await openShardIntake({
    node: { ...node, name: "keeper", stop: signal },
    ...{ seeds: node.settings.sources, from, counts: new RoleCounts(), signal, lease },
    fence: await openFence(bucket, lease),
  });
  const kept: KeptChunk[] = [];
  for (let next = await intake.next(); next; next = await intake.next()) {
    const { chunk, cursor } = next;
    kept.push({ urls: chunk.documents.map(({ url }) => url), cursor });
    await intake.marked(cursor);
    onMarked({ urls: chunk.documents.map(({ url }) => url), cursor });
  }
  return kept;
}

/** Waits until the value of a key of the run's bucket is as wanted. */
export async function untilKey<T>(
  bucket: KV,
  key: string,
  isSo: (value: T) => boolean,
): Promise<void> {
  const over = new AbortController();
  for await (const entry of watchKeys(bucket, key, over.signal)) {
    if (entry.operation === "PUT" && isSo(entry.json<T>())) return over.abort();
  }
}
