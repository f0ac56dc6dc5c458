/**
 * The role `crawl`: shards of hosts to documents. Each shard is with one node at a time, by lease.
 *
 * @module
 */
import { type Lease, LostLease, pause, takeLease } from "../../cluster/lease.ts";
import { isAway } from "../../cluster/to_stream.ts";
import { SHARDS } from "../../cluster/subjects.ts";
import { reasonOf } from "../../cli/failure.ts";
import { type Node, type RoleAtWork, RoleCounts } from "./node.ts";
import { isCrawlOver } from "./run_state.ts";
import { shardKey } from "./shard.ts";
import { crawlShard } from "./shard_crawl.ts";
import { openTextStages, type TextStages } from "./text_stages.ts";

/** Keys of the nodes that crawl, in the bucket of leases. */
const CRAWLER = "crawler.";

/** Takes its share of the shards that have addresses, until the node stops. */
export function crawlNode(node: Node): RoleAtWork {
  const counts = new RoleCounts();
  const shards = new Map<number, AbortController>();
  const full = new Set<number>();
  return {
    state: () => ({
      role: "crawl",
      active: shards.size > 0,
      counts: counts.all,
      owns: [...shards.keys()],
      ...(full.size > 0
        ? { waitsFor: "room on the broker" }
        : shards.size === 0
        ? { waitsFor: "hosts" }
        : {}),
    }),
    done: work(node, { counts, shards, full }),
  };
}

interface Progress {
  readonly counts: RoleCounts;
  /** The shards that this node owns, each with what ends its crawl. */
  readonly shards: Map<number, AbortController>;
  readonly full: Set<number>;
}

async function work(node: Node, progress: Progress): Promise<void> {
  const { run, name, stop } = node;
  const { shards } = progress;
  const ttlMs = run.record.leaseMs;
  await using stages = await openTextStages({ settings: node.settings, signal: stop });
  const crawls = new Set<Promise<void>>();
  const broken = new AbortController();
  const signal = AbortSignal.any([stop, broken.signal]);
  try {
    while (!signal.aborted) {
      try {
        await run.leases.put(CRAWLER + name, "");
        // A keeper that takes over may want more pages after all.
        const isOver = await isCrawlOver(run.bucket);
        if (isOver) { for (const end of shards.values()) end.abort(); }
        const due = isOver ? [] : await shardsWithAddresses(node);
        const nodes = await countKeys(node, CRAWLER);
        const share = Math.max(1, Math.ceil(due.length / Math.max(1, nodes)));
        // Those taken last go to nodes that came later.
        for (const shard of [...shards.keys()].slice(share)) shards.get(shard)?.abort();
        for (const shard of due.filter((each) => !shards.has(each))) {
          if (shards.size >= share) break;
          const lease = await takeLease({
            bucket: run.leases,
            key: shardKey(shard),
            holder: name,
            ttlMs,
          });
          if (lease === undefined) continue;
          const crawling = crawlWith(lease, { ...progress, node, stages, shard, signal });
          crawls.add(crawling);
          crawling.catch((error) => broken.abort(error)).finally(() => crawls.delete(crawling));
        }
      } catch (error) {
        if (!isAway(error)) throw error;
      }
      await pause(Math.min(1_000, ttlMs / 4), signal).catch(() => {});
    }
  } finally {
    for (const end of shards.values()) end.abort();
    await Promise.allSettled([...crawls]);
  }
  if (broken.signal.aborted && !stop.aborted) throw broken.signal.reason;
  await run.leases.delete(CRAWLER + name).catch((error: unknown) => {
    if (!isAway(error)) throw error;
  });
}

/** Crawls one shard while its lease lasts. */
async function crawlWith(
  lease: Lease,
  { node, stages, shard, signal, shards, counts, full }: Progress & {
    node: Node;
    stages: TextStages;
    shard: number;
    signal: AbortSignal;
  },
): Promise<void> {
  const given = new AbortController();
  shards.set(shard, given);
  const end = AbortSignal.any([signal, lease.signal, given.signal]);
  const onFull = (isFull: boolean) => void (isFull ? full.add(shard) : full.delete(shard));
  try {
    await crawlShard({ node, shard, lease, stages, counts, signal: end, onFull });
  } catch (error) {
    if (signal.aborted || given.signal.aborted) return;
    // Without an answer from the broker it is given back, and taken anew by whoever has one.
    if (!lease.signal.aborted && !(error instanceof LostLease) && !isAway(error)) throw error;
    node.note(`shard ${shard} goes to another node: ${reasonOf(error)}`);
  } finally {
    shards.delete(shard);
    full.delete(shard);
    await lease[Symbol.asyncDispose]();
  }
}

/** Shards of which addresses are known. */
async function shardsWithAddresses({ run }: Node): Promise<number[]> {
  const { names, cluster } = run;
  const { state } = await cluster.manager.streams.info(names.streams.url, {
    subjects_filter: names.url("*"),
  });
  const found = new Set(Object.keys(state.subjects ?? {}));
  return Array.from({ length: SHARDS }, (_, shard) => shard)
    .filter((shard) => found.has(names.url(shard)));
}

async function countKeys({ run }: Node, prefix: string): Promise<number> {
  let count = 0;
  for await (const _ of await run.leases.keys(`${prefix}*`)) count++;
  return count;
}
