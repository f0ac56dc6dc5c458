/**
 * The broker may forget a mark that it has acknowledged. What a keeper told of documents behind the
 * mark before is then void: no crawl node may take their pages for stored.
 */
import { assert, assertEquals } from "@std/assert";
import { Kvm } from "@nats-io/kv";
import { parseFlags } from "../../../cli/flags.ts";
import { connectCluster } from "../../../cluster/connect.ts";
import { takeLease } from "../../../cluster/lease.ts";
import { type ClusterRun, createRun, sealRecord } from "../../../cluster/run.ts";
import { crawlNode } from "../../../pipeline/nodes/crawl_node.ts";
import { openFence } from "../../../pipeline/nodes/fence.ts";
import { type Node, RoleCounts } from "../../../pipeline/nodes/node.ts";
import { shardKey, shardOf, type ShardState } from "../../../pipeline/nodes/shard.ts";
import { openShardIntake, type ShardPlaces } from "../../../pipeline/nodes/shard_intake.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../../run/settings/pipeline.ts";
import { isWithoutNats, startNats } from "../../cluster/nats_server.ts";
import { serveLinkedSite } from "./linked_site.ts";

const PAGES = 2;
/** Short for shards: a crawl node notices in a quarter of it that it has lost one. */
const SHARD_LEASE_MS = 4_000, KEEPER_LEASE_MS = 60_000;

/** A role that is stopped when it is disposed. */
function crawler(node: Omit<Node, "name" | "stop">, name: string): AsyncDisposable {
  const stop = new AbortController();
  const { done } = crawlNode({ ...node, name, stop: stop.signal });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new DOMException("over", "AbortError"));
      await done;
    },
  };
}

/** Takes chunks in until the crawl is over, and marks each. */
async function keep(
  node: Omit<Node, "name" | "stop">,
  { from, seeds }: { from: ShardPlaces; seeds: readonly string[] },
) {
  const { bucket, cluster } = node.run;
  const leases = await new Kvm(cluster.js).create("keepers", { ttl: KEEPER_LEASE_MS });
  await using lease = await takeLease({
    ...{ bucket: leases, key: "keeper", holder: "keeper", ttlMs: KEEPER_LEASE_MS },
  });
  assert(lease);
  const { signal } = lease;
  const intake = await openShardIntake({
    node: { ...node, name: "keeper", stop: signal },
    ...{ seeds, from, counts: new RoleCounts(), signal, lease },
    fence: await openFence(bucket, lease),
  });
  const marks: { readonly urls: readonly string[]; readonly cursor: ShardPlaces }[] = [];
  for (let next = await intake.next(); next; next = await intake.next()) {
    const { chunk, cursor } = next;
    marks.push({ urls: chunk.documents.map(({ url }) => url), cursor });
    await intake.marked(cursor);
  }
  return marks;
}

async function stateOf({ bucket }: ClusterRun, shard: number): Promise<ShardState | undefined> {
  return (await bucket.get(shardKey(shard)))?.json<ShardState>();
}

Deno.test({
  name: "what a keeper told behind a mark that the broker has forgotten is crawled again",
  ignore: await isWithoutNats(),
  async fn() {
    await using nats = await startNats(1);
    await using site = serveLinkedSite({ pages: PAGES, linksOf: (at) => [at + 1] });
    const origin = `http://127.0.0.1:${site.addr.port}`;
    const seeds = [`${origin}/0`];
    const shard = shardOf(origin);
    await using cluster = await connectCluster(nats.urls, { name: "test" });
    // Each page is in a chunk of its own.
    const args = ["--allow-private", "--delay", "510", ...seeds];
    const settings = settingsOf(parseFlags(args, { flags: PIPELINE_FLAGS })).wanted;
    const record = {
      settings,
      options: {},
      program: "",
      leaseMs: SHARD_LEASE_MS,
      docBytes: 2 ** 24,
    };
    const run = await createRun(cluster, "books", sealRecord(record));
    const node = {
      ...{ run, settings, note() {} },
      options: {
        ...{ checkpointEvery: 1, keepLast: 1, keepEvery: 0, keepDropped: false },
        ...{ tensorboard: false, contact: undefined, sharedFolder: false, partBytes: 1 },
      },
    };
    const all = Array.from({ length: PAGES }, (_, at) => `${origin}/${at}`);
    const none = { shards: {}, pages: 0, told: {} };
    let told: Awaited<ReturnType<typeof keep>>;
    {
      await using _first = crawler(node, "crawl1");
      told = await keep(node, { from: none, seeds });
    }
    assertEquals(new Set(told.flatMap(({ urls }) => urls)), new Set(all));
    const owner = (await stateOf(run, shard))?.owner;

    // This one begins before the next keeper, and rests on all that the last one told.
    await run.bucket.put("crawl", "goes on");
    await using _second = crawler(node, "crawl2");
    for (let state = await stateOf(run, shard); state?.owner === owner || !state?.idle;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      state = await stateOf(run, shard);
    }
    // The mark that lasted has the first of them.
    const at = told.findIndex(({ cursor }) => cursor.pages > 0);
    const lasting = told.slice(0, at + 1);
    const again = await keep(node, { from: lasting.at(-1)?.cursor ?? none, seeds });
    const kept = lasting.concat(again).flatMap(({ urls }) => urls);
    assertEquals(new Set(kept), new Set(all));
  },
});
