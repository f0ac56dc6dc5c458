import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { connectCluster } from "../../../cluster/connect.ts";
import { takeLease } from "../../../cluster/lease.ts";
import { publish } from "../../../cluster/to_stream.ts";
import { type Chunk, chunkId, encodeChunk } from "../../../pipeline/nodes/chunk.ts";
import { openFence } from "../../../pipeline/nodes/fence.ts";
import { openKeeperIngest } from "../../../pipeline/nodes/keeper_ingest.ts";
import { RoleCounts } from "../../../pipeline/nodes/node.ts";
import { shardOf } from "../../../pipeline/nodes/shard.ts";
import type { ShardCursor } from "../../../pipeline/nodes/shard_intake.ts";
import { runPaths } from "../../../run/folder.ts";
import { splitSources } from "../../../run/sources.ts";
import { isBarrier } from "../../../stages/barrier.ts";
import { isWithoutNats, startNats } from "../../cluster/nats_server.ts";
import { openFolder } from "../../commands/program.ts";
import { openCrawlRun } from "./crawl_run.ts";

const SEED = "http://a.test/";
const SHARD = shardOf(SEED);
/** Together more than what is between two marks. */
const DOCUMENTS = 12, WORDS = 80_000;

const chunkOf = (source: string, count: number, words: number): Chunk => ({
  ...{ source, sequence: 0, last: true, pages: count, drops: [], owner: 7 },
  documents: Array.from({ length: count }, (_, i) => ({
    id: `${source}-${i}`.padStart(16, "0"),
    url: `${SEED}${source}/${i}`,
    title: "",
    text: `Text ${i} of ${source}. ${"word ".repeat(words)}`,
    lang: "en",
    fetchedAt: "",
  })),
});

Deno.test({
  name: "a mark does not count what another source has taken in and not handed on",
  ignore: await isWithoutNats(),
  async fn() {
    await using folder = await openFolder();
    const file = join(folder.path, "lines.jsonl");
    await Deno.writeTextFile(file, "{}");
    await using nats = await startNats(1);
    await using cluster = await connectCluster(nats.urls, { name: "test" });
    const args = [file, SEED];
    const node = await openCrawlRun(cluster, args, { leaseMs: 60_000, docBytes: 2 ** 26 });
    const { run: { bucket, leases, names }, settings } = node;
    await using lease = await takeLease({
      ...{ bucket: leases, key: "keeper", holder: "keeper1", ttlMs: 60_000 },
    });
    assert(lease);
    const stop = new AbortController();
    const { signal } = stop;
    const send = async (chunk: Chunk) =>
      await publish(names.doc(chunk.source), encodeChunk(chunk), {
        ...{ cluster, id: chunkId(chunk), signal },
      });
    const paths = runPaths(join(folder.path, "run"));
    await Deno.mkdir(paths.root);
    const ingest = await openKeeperIngest({
      ...{ sources: splitSources([file, SEED]), paths, mark: undefined, settings, stop: signal },
      ...{ contact: undefined, chromium: "", allowOrigins: [], onDrop() {} },
    }, {
      node: { ...node, name: "keeper1", stop: signal },
      ...{ lease, fence: await openFence(bucket, lease), mirror: undefined },
      counts: new RoleCounts(),
    });
    const documents = ingest.documents().getReader();
    await send(chunkOf("p0", DOCUMENTS, WORDS));
    const first = await documents.read();
    assert(first.value && !isBarrier(first.value));

    // All that the broker sends to consumers on this connection.
    const delivered = cluster.connection.subscribe("_INBOX.>");
    await send(chunkOf(`s${SHARD}`, 1, 100));
    for await (const { reply } of delivered) if (reply?.includes(".shards.")) break;
    const seen: string[] = [first.value.url];
    for (;;) {
      const { value } = await documents.read();
      assert(value);
      if (!isBarrier(value)) {
        seen.push(value.url);
        continue;
      }
      const { shards } = value.cursors.shards as ShardCursor;
      const isSeen = seen.some((url) => url.includes(`/s${SHARD}/`));
      assertEquals(shards[SHARD] !== undefined, isSeen);
      if (isSeen) break;
    }
    assertEquals(seen.length, DOCUMENTS + 1);
    stop.abort(new DOMException("over", "AbortError"));
    await documents.cancel().catch(() => {});
    await ingest[Symbol.asyncDispose]();
  },
});
