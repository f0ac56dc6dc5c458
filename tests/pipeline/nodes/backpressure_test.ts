import { assert, assertEquals } from "@std/assert";
import { parseFlags } from "../../../cli/flags.ts";
import { connectCluster } from "../../../cluster/connect.ts";
import { fromStream } from "../../../cluster/from_stream.ts";
import { createRun, sealRecord } from "../../../cluster/run.ts";
import { publish } from "../../../cluster/to_stream.ts";
import { decodeChunk } from "../../../pipeline/nodes/chunk.ts";
import { openConsumer } from "../../../pipeline/nodes/consumers.ts";
import { crawlNode } from "../../../pipeline/nodes/crawl_node.ts";
import { shardKey, shardOf, type ShardState } from "../../../pipeline/nodes/shard.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../../run/settings/pipeline.ts";
import { startSampleSite } from "../../../sample_site/site.ts";
import { isWithoutNats, startNats } from "../../cluster/nats_server.ts";

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
    const settings = settingsOf(parseFlags(args, { flags: PIPELINE_FLAGS })).wanted;
    const record = sealRecord({
      ...{ settings, options: {}, program: "" },
      ...{ leaseMs: 60_000, docBytes: DOC_BYTES },
    });
    const run = await createRun(cluster, "books", record);
    const { names } = run;
    const stop = new AbortController();
    const { signal } = stop;
    const links = new TextEncoder().encode(JSON.stringify({ links: [[seed, 0]] }));
    await publish(names.url(shardOf(seed)), links, { cluster, id: "seed", signal });
    const { state, done } = crawlNode({
      ...{ run, name: "crawl1", settings, stop: signal, note() {} },
      options: {
        ...{ checkpointEvery: 1, keepLast: 1, keepEvery: 0, keepDropped: false },
        ...{ tensorboard: false, contact: undefined, sharedFolder: false, partBytes: 1 },
      },
    });
    const until = async (isSo: () => boolean | Promise<boolean>) => {
      while (!await isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await until(() => state().waitsFor === "room on the broker");
    const stopped = requests;
    const { state: { bytes } } = await cluster.manager.streams.info(names.streams.doc);
    assert(bytes > DOC_BYTES / 2 && bytes <= DOC_BYTES, `${bytes} bytes`);
    assert(stopped < 250, `${stopped} requests of more than 308`);

    const urls = new Set<string>();
    const { readable } = fromStream(
      () =>
        openConsumer(run, { stream: names.streams.doc, name: "shards", filter: names.doc("s*") }),
      { decode: decodeChunk, signal },
    );
    const reading = (async () => {
      for await (const delivery of readable) {
        for (const { url } of delivery.value.documents) urls.add(url);
        delivery.ack();
      }
    })().catch((error) => assert(signal.aborted, error));
    await until(async () => {
      const entry = await run.bucket.get(shardKey(shardOf(seed)));
      return urls.size === site.addresses && (entry?.json<ShardState>().idle ?? false);
    });
    assertEquals(urls.size, 233);
    stop.abort(new DOMException("over", "AbortError"));
    await Promise.all([done, reading]);
  },
});
