/**
 * The broker may forget a mark that it has acknowledged. What a keeper told of documents behind the
 * mark before is then void: no crawl node may take their pages for stored.
 */
import { assertEquals } from "@std/assert";
import { connectCluster } from "../../../cluster/connect.ts";
import { shardKey, shardOf, type ShardState } from "../../../pipeline/nodes/shard.ts";
import { isWithoutNats, startNats } from "../../cluster/nats_server.ts";
import { keep, type KeptChunk, openCrawlRun, startCrawler, untilKey } from "./crawl_run.ts";
import { serveLinkedSite } from "./linked_site.ts";

const PAGES = 2;
/** Short for shards: a crawl node notices in a quarter of it that it has lost one. */
const SHARD_LEASE_MS = 4_000;

Deno.test({
  name: "what a keeper told behind a mark that the broker has forgotten is crawled again",
  ignore: await isWithoutNats(),
  async fn() {
    await using nats = await startNats(1);
    await using site = serveLinkedSite({ pages: PAGES, linksOf: (at) => [at + 1] });
    const origin = `http://127.0.0.1:${site.addr.port}`;
    const shard = shardOf(origin);
    await using cluster = await connectCluster(nats.urls, { name: "test" });
    // Each page is in a chunk of its own.
    const args = ["--allow-private", "--delay", "510", `${origin}/0`];
    const node = await openCrawlRun(cluster, args, { leaseMs: SHARD_LEASE_MS });
    const { bucket } = node.run;
    const all = Array.from({ length: PAGES }, (_, at) => `${origin}/${at}`);
    const none = { shards: {}, pages: 0, told: {} };
    let told: KeptChunk[];
    {
      await using _first = startCrawler(node, "crawl1");
      told = await keep(node, { from: none });
    }
    assertEquals(new Set(told.flatMap(({ urls }) => urls)), new Set(all));
    const owner = (await bucket.get(shardKey(shard)))?.json<ShardState>().owner;

    // This one begins before the next keeper, and rests on all that the last one told.
    await bucket.put("crawl", "goes on");
    await using _second = startCrawler(node, "crawl2");
    await untilKey<ShardState>(bucket, shardKey(shard), (now) => now.owner !== owner && now.idle);
    // The mark that lasted has the first of them.
    const at = told.findIndex(({ cursor }) => cursor.pages > 0);
    const lasting = told.slice(0, at + 1);
    const again = await keep(node, { from: lasting.at(-1)?.cursor ?? none });
    const kept = lasting.concat(again).flatMap(({ urls }) => urls);
    assertEquals(new Set(kept), new Set(all));
  },
});
