import { assertEquals } from "@std/assert";
import { DiscardPolicy } from "@nats-io/jetstream";
import { connectCluster } from "../../../cluster/connect.ts";
import { publish } from "../../../cluster/to_stream.ts";
import { type Chunk, decodeChunk } from "../../../pipeline/nodes/chunk.ts";
import { type FoundLinks, shardOf } from "../../../pipeline/nodes/shard.ts";
import { isWithoutNats, startNats } from "../../cluster/nats_server.ts";
import { openCrawlRun, startCrawler } from "./crawl_run.ts";
import { serveLinkedSite } from "./linked_site.ts";

const PAGES = 120;
const linksOf = (at: number) => [1, 2, 3].map((next) => 3 * at + next).filter((to) => to < PAGES);

Deno.test({
  name: "the links of a page are on the broker before its document, however long they take",
  ignore: await isWithoutNats(),
  async fn() {
    await using nats = await startNats(1);
    const asked = new Set<number>(), areAllAsked = Promise.withResolvers<void>();
    await using site = serveLinkedSite({
      pages: PAGES,
      linksOf,
      before: (at) => void (asked.add(at).size === PAGES && areAllAsked.resolve()),
    });
    const origin = `http://127.0.0.1:${site.addr.port}`;
    await using cluster = await connectCluster(nats.urls, { name: "test" });
    const args = ["--allow-private", "--delay", "0", `${origin}/0`];
    const node = await openCrawlRun(cluster, args, { leaseMs: 60_000 });
    const { run: { names } } = node;
    const { signal } = new AbortController();
    const shard = shardOf(origin);
    const links = new TextEncoder().encode(JSON.stringify({ links: [[`${origin}/0`, 0]] }));
    await publish(names.url(shard), links, { cluster, id: "seed", signal });
    // No room for links: who would publish some waits.
    const { config, state } = await cluster.manager.streams.info(names.streams.url);
    const { name } = config;
    const full = { max_bytes: state.bytes + 1, discard: DiscardPolicy.New };
    await cluster.manager.streams.update(name, full);

    const known = new Set([`${origin}/0`]);
    const documents = new Set<string>();
    const seen = cluster.connection.subscribe("cllm.books.>");
    await using _crawler = startCrawler(node, "crawl1");
    await areAllAsked.promise;
    await cluster.manager.streams.update(name, { max_bytes: -1 });
    for await (const { subject, data } of seen) {
      if (subject === names.url(shard)) {
        const { links }: FoundLinks = JSON.parse(new TextDecoder().decode(data));
        for (const [url] of links) known.add(url);
      } else if (subject === names.doc(`s${shard}`)) {
        const chunk: Chunk = decodeChunk(data);
        for (const { url } of chunk.documents) {
          documents.add(url);
          const at = Number(new URL(url).pathname.slice(1));
          assertEquals(linksOf(at).filter((to) => !known.has(`${origin}/${to}`)), [], url);
        }
      }
      if (documents.size === PAGES) break;
    }
  },
});
