import { assert, assertEquals } from "@std/assert";
import { connectCluster } from "../../../cluster/connect.ts";
import { fromStream } from "../../../cluster/from_stream.ts";
import { publish } from "../../../cluster/to_stream.ts";
import { decodeChunk } from "../../../pipeline/nodes/chunk.ts";
import { openConsumer } from "../../../pipeline/nodes/consumers.ts";
import { crawlNode } from "../../../pipeline/nodes/crawl_node.ts";
import { shardKey, shardOf, type ShardState } from "../../../pipeline/nodes/shard.ts";
import { startSampleSite } from "../../../sample_site/site.ts";
import { isWithoutNats, startNats } from "../../cluster/nats_server.ts";
import { openCrawlRun, untilKey } from "./crawl_run.ts";

/** Bytes of documents that the broker may hold, of about ten million. */
const DOC_BYTES = 2 * 2 ** 20;

Deno.test({
  name: "without a keeper a crawl stops at the broker's bound, and goes on when there is room",
  ignore: await isWithoutNats(),
  async fn() {
    await using nats = await startNats(1);
    let requests = 0;
    await using site = await startSampleSite({ onRequest: () => requests++ });
    const seed = `${site.origin}/`;
    await using cluster = await connectCluster(nats.urls, { name: "test" });
    const args = ["--allow-private", "--delay", "0", seed];
    const node = await openCrawlRun(cluster, args, { leaseMs: 60_000, docBytes: DOC_BYTES });
    const { run } = node;
    const { names } = run;
    const stop = new AbortController();
    const { signal } = stop;
    const links = new TextEncoder().encode(JSON.stringify({ links: [[seed, 0]] }));
    await publish(names.url(shardOf(seed)), links, { cluster, id: "seed", signal });
    const sent = cluster.connection.subscribe(names.doc("s*"));
    const { state, done } = crawlNode({ ...node, name: "crawl1", stop: signal });
    const offered = new Set<string>();
    // What is offered again had no room.
    for await (const { headers } of sent) {
      const id = headers?.get("Nats-Msg-Id") ?? "";
      if (offered.has(id)) break;
      offered.add(id);
    }
    assertEquals(state().waitsFor, "room on the broker");
    const stopped = requests;
    const { state: { bytes } } = await cluster.manager.streams.info(names.streams.doc);
    assert(bytes > DOC_BYTES / 2 && bytes <= DOC_BYTES, `${bytes} bytes`);
    assert(stopped < 250, `${stopped} requests of more than 308`);

    const urls = new Set<string>(), areAllThere = Promise.withResolvers<void>();
    const deliveries = fromStream(
      () =>
        openConsumer(run, { stream: names.streams.doc, name: "shards", filter: names.doc("s*") }),
      { decode: decodeChunk, signal },
    );
    const reading = (async () => {
      for await (const delivery of deliveries) {
        for (const { url } of delivery.value.documents) urls.add(url);
        delivery.ack();
        if (urls.size === site.addresses) areAllThere.resolve();
      }
    })().catch((error) => assert(signal.aborted, error));
    await areAllThere.promise;
    await untilKey<ShardState>(run.bucket, shardKey(shardOf(seed)), ({ idle }) => idle);
    assertEquals(urls.size, 233);
    stop.abort(new DOMException("over", "AbortError"));
    await Promise.all([done, reading]);
  },
});
