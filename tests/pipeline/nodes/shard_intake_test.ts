import { assert, assertEquals } from "@std/assert";
import { connectCluster } from "../../../cluster/connect.ts";
import { takeLease } from "../../../cluster/lease.ts";
import { publish } from "../../../cluster/to_stream.ts";
import { encodeChunk } from "../../../pipeline/nodes/chunk.ts";
import { openFence } from "../../../pipeline/nodes/fence.ts";
import { RoleCounts } from "../../../pipeline/nodes/node.ts";
import { shardKey, shardOf } from "../../../pipeline/nodes/shard.ts";
import { openShardIntake } from "../../../pipeline/nodes/shard_intake.ts";
import { isWithoutNats, startNats } from "../../cluster/nats_server.ts";
import { openCrawlRun } from "./crawl_run.ts";

const SEED = "http://a.test/";
const SHARD = shardOf(SEED), OWNER = 7;

Deno.test({
  name: "a new keeper takes what the last one took and did not mark, before what came later",
  ignore: await isWithoutNats(),
  async fn() {
    await using nats = await startNats(1);
    await using cluster = await connectCluster(nats.urls, { name: "test" });
    const node = await openCrawlRun(cluster, [SEED], { leaseMs: 60_000 });
    const { bucket, leases, names } = node.run;
    await using lease = await takeLease({
      ...{ bucket: leases, key: "keeper", holder: "keeper1", ttlMs: 60_000 },
    });
    assert(lease);
    const fence = await openFence(bucket, lease);
    const send = async (sequence: number) => {
      const chunk = { sequence, last: false, pages: 1, documents: [], drops: [], owner: OWNER };
      const bytes = encodeChunk({ source: `s${SHARD}`, ...chunk });
      const id = `s${SHARD}.${sequence}`;
      await publish(names.doc(`s${SHARD}`), bytes, { cluster, id, signal: lease.signal });
    };
    const open = async (signal: AbortSignal) =>
      await openShardIntake({
        node: { ...node, name: "keeper1", stop: signal },
        ...{ seeds: [SEED], from: { shards: {}, pages: 0, told: {} } },
        ...{ counts: new RoleCounts(), signal, lease, fence },
      });
    for (const sequence of [0, 1]) await send(sequence);
    const killed = new AbortController();
    const first = await open(killed.signal);
    for (const sequence of [0, 1]) {
      assertEquals((await first.next())?.chunk.sequence, sequence);
    }
    killed.abort(new DOMException("killed", "AbortError"));

    await send(2);
    const state = { owner: OWNER, applied: 1, links: [], sent: 3, idle: true, basis: {} };
    await bucket.put(shardKey(SHARD), JSON.stringify(state));
    const second = await open(lease.signal);
    const taken: unknown[] = [];
    for (let next = await second.next(); next; next = await second.next()) {
      taken.push([next.chunk.sequence, next.cursor.shards[SHARD]]);
    }
    const behind = (sent: number) => ({ owner: OWNER, sent, ahead: [] });
    assertEquals(taken, [[0, behind(1)], [1, behind(2)], [2, behind(3)]]);
  },
});
