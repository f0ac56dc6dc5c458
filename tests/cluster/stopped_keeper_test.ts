import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { parseFlags } from "../../cli/flags.ts";
import { connectCluster } from "../../cluster/connect.ts";
import { watchNodes } from "../../cluster/heartbeat.ts";
import { createRun, sealRecord } from "../../cluster/run.ts";
import { recordOf } from "../../pipeline/nodes/run_record.ts";
import { PIPELINE_FLAGS } from "../../run/settings/pipeline.ts";
import { prose } from "../commands/corpus.ts";
import { openFolder, start } from "../commands/program.ts";
import { isWithoutNats, startNats } from "./nats_server.ts";

/** Bytes of documents that the broker may hold, of about ten million. */
const DOC_BYTES = 2 ** 20;
const LINES = 1_800, PAGES = 120;
const FULL = "room on the broker";

/** A site in which every page leads to three others. */
function servePages() {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    const at = Number(new URL(url).pathname.slice(1));
    if (!(at < PAGES)) return new Response("none", { status: 404 });
    const links = [1, 2, 3].map((next) => `<a href="/${3 * at + next}">next</a>`).join(" ");
    const html = `<title>Page ${at}</title><main><h1>Page ${at}</h1><p>${
      prose(at + 10_000, { words: 4_000 })
    }</p></main><footer>${links}</footer>`;
    return new Response(`<html>${html}</html>`, { headers: { "content-type": "text/html" } });
  });
}

Deno.test({
  name: "a keeper that is stopped holds back text and crawl nodes at the broker's bound",
  ignore: await isWithoutNats(),
  async fn() {
    await using folder = await openFolder();
    const lines = Array.from({ length: LINES }, (_, i) => JSON.stringify({ text: prose(i + 100) }));
    const file = join(folder.path, "lines.jsonl");
    await Deno.writeTextFile(file, lines.join("\n"));
    await using site = servePages();
    const args = [
      ...["--allow-private", "--delay", "0", "--warm-up-corpus", "1000000000"],
      ...[
        "--steps",
        "1",
        "--vocab",
        "320",
        "--lease",
        "60",
        file,
        `http://127.0.0.1:${site.addr.port}/0`,
      ],
    ];
    const { sha256: _, ...record } = await recordOf(parseFlags(args, { flags: PIPELINE_FLAGS }));
    await using nats = await startNats(1);
    await using cluster = await connectCluster(nats.urls, { name: "test" });
    const sealed = sealRecord({ ...record, docBytes: DOC_BYTES });
    const { bucket, names } = await createRun(cluster, "books", sealed);
    const node = (...rest: string[]) =>
      start(["node", "--cluster", nats.urls, "--run", "books", "--roles", ...rest]);

    const parts = cluster.connection.subscribe(names.part("*"), { max: 2 });
    await using keeper = node("keeper", "--folder", join(folder.path, "run"));
    // The seeds are on the broker before the first part is.
    await keeper.until(Array.fromAsync(parts).then(({ length }) => assertEquals(length, 2)));
    keeper.kill("SIGSTOP");
    await using _text = node("text");
    await using _crawl = node("crawl");
    await using watch = watchNodes(bucket);
    const roleNamed = (name: string) =>
      watch.nodes().flatMap(({ roles }) => roles).find(({ role }) => role === name);
    const beats = await bucket.watch({ key: "node.*" });
    for await (const _ of beats) {
      if (["text", "crawl"].every((role) => roleNamed(role)?.waitsFor === FULL)) break;
    }
    const { state: { bytes } } = await cluster.manager.streams.info(names.streams.doc);
    assert(bytes > DOC_BYTES / 4 && bytes <= DOC_BYTES, `${bytes} bytes`);
    // A text node reads ahead within its part.
    const read = roleNamed("text")?.counts.pages ?? 0;
    assert(read < LINES, `${read} lines`);

    keeper.kill("SIGCONT");
    const { code, err } = await keeper.ended;
    assertEquals(code, 0, err);
    const manifest = await Deno.readTextFile(join(folder.path, "run", "manifest.json"));
    assertEquals(JSON.parse(manifest).corpus.documents, LINES + PAGES);
  },
});
