/**
 * A server that loses power may forget links that it has acknowledged. The pages that they were on are
 * then fetched again, or what is behind them is missed; and the crawl ends all the same.
 */
import { assertEquals } from "@std/assert";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { connectCluster } from "../../../cluster/connect.ts";
import { publish } from "../../../cluster/to_stream.ts";
import { shardOf } from "../../../pipeline/nodes/shard.ts";
import { isWithoutNats, startNats } from "../../cluster/nats_server.ts";
import { keep, openCrawlRun, startCrawler } from "./crawl_run.ts";
import { serveLinkedSite } from "./linked_site.ts";

const PAGES = 3;

/** Crawls with a server that forgets all links, or all but the seeds, while an owner lives on or not. */
async function crawlWithLoss(
  { survives, keepsSeeds }: { survives: boolean; keepsSeeds: boolean },
): Promise<void> {
  await using nats = await startNats(1);
  const [server] = nats.servers;
  if (server === undefined) throw new Error("no server has started");
  // The second page is being fetched while the server fails.
  const asked = Promise.withResolvers<void>(), answered = Promise.withResolvers<void>();
  await using site = serveLinkedSite({
    pages: PAGES,
    linksOf: (at) => [at + 1],
    async before(at) {
      if (at !== 1) return;
      asked.resolve();
      await answered.promise;
    },
  });
  const origin = `http://127.0.0.1:${site.addr.port}`;
  const args = ["--allow-private", "--delay", "0", `${origin}/0`];
  const open = async () => {
    const cluster = await connectCluster(nats.urls, { name: "test" });
    return { cluster, node: await openCrawlRun(cluster, args, { leaseMs: 3_000 }) };
  };
  const shard = shardOf(origin);
  const seeds = new TextEncoder().encode(JSON.stringify({ links: [[`${origin}/0`, 0]] }));
  const earlier = `${server.store}-earlier`;
  let stream = "";
  {
    const { cluster, node } = await open();
    await using _closed = cluster;
    const { names } = node.run;
    const { signal } = new AbortController();
    if (keepsSeeds) {
      await publish(names.url(shard), seeds, { cluster, id: `seeds.${shard}`, signal });
    }
    stream = join(server.store, "jetstream", "$G", "streams", names.streams.url);
  }
  await server.kill();
  await cp(stream, earlier, { recursive: true });
  await server.restart();

  const { cluster, node } = await open();
  await using _closed = cluster;
  const isFirstStored = Promise.withResolvers<void>();
  const keeping = keep(node, {
    from: { shards: {}, pages: 0, told: {} },
    onMarked: ({ urls }) => urls.length > 0 && isFirstStored.resolve(),
  });
  await using nodes = new AsyncDisposableStack();
  const first = startCrawler(node, "crawl1");
  await Promise.all([asked.promise, isFirstStored.promise]);
  if (survives) nodes.use(first);
  else await first[Symbol.asyncDispose]();
  await server.kill();
  await Deno.remove(stream, { recursive: true });
  await cp(earlier, stream, { recursive: true });
  await server.restart();
  answered.resolve();
  if (!survives) nodes.use(startCrawler(node, "crawl2"));

  const all = Array.from({ length: PAGES }, (_, at) => `${origin}/${at}`);
  const kept = await keeping;
  assertEquals(new Set(kept.flatMap(({ urls }) => urls)), new Set(all));
}

Deno.test({
  name: "links that the broker has forgotten are found again, whether their owner stays or is gone",
  ignore: await isWithoutNats(),
  async fn() {
    await Promise.all([
      crawlWithLoss({ survives: true, keepsSeeds: false }),
      crawlWithLoss({ survives: false, keepsSeeds: true }),
      crawlWithLoss({ survives: false, keepsSeeds: false }),
    ]);
  },
});
