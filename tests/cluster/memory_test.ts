/**
 * No node of a run needs more memory for a larger corpus. `CLLM_MEMORY` says how many megabytes of
 * files the larger one has; a tenth of that the smaller, and each as many pages of a site as it has
 * tenths of a megabyte.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { connectCluster } from "../../cluster/connect.ts";
import { watchNodes } from "../../cluster/heartbeat.ts";
import { joinRun } from "../../cluster/run.ts";
import { serveGenerated } from "../../bench/crawl_site.ts";
import { prose } from "../commands/corpus.ts";
import { openFolder, programCommand, startCommand } from "../commands/program.ts";
import { isWithoutNats, startNats } from "./nats_server.ts";

const MEGABYTES = Number(Deno.env.get("CLLM_MEMORY") ?? 0);
const ROLES = ["keeper", "text", "crawl"] as const;
/** What a heap may have grown by when it is looked at. */
const SLACK = 64 * 2 ** 20;

/** As the tasks `pipeline` and `node` run it. */
function startLean(args: readonly string[]) {
  const [deno, run, ...rest] = programCommand(args);
  return startCommand([deno, run ?? "", "--v8-flags=--optimize-for-size", ...rest]);
}

/** The peak of each role's node in a run over so many megabytes. */
async function peaks(folder: string, megabytes: number): Promise<Map<string, number>> {
  const file = join(folder, `${megabytes}.jsonl`);
  using lines = await Deno.open(file, { write: true, create: true });
  for (let size = 0, at = 0; size < megabytes * 1e6; at++) {
    const line = new TextEncoder().encode(`${JSON.stringify({ text: prose(at) })}\n`);
    for (let done = 0; done < line.length;) done += await lines.write(line.subarray(done));
    size += line.length;
  }
  await using site = serveGenerated(10 * megabytes);
  await using nats = await startNats(1);
  const named = ["--cluster", nats.urls, "--run", "books"];
  const training = ["--steps", "1", "--vocab", "320", "--warm-up-corpus", "1000000000"];
  const crawl = ["--allow-private", "--delay", "0"];
  await using watcher = startLean(["pipeline", ...named, ...training, ...crawl, file, site.start]);
  await using nodes = new AsyncDisposableStack();
  for (const role of ROLES) {
    const at = role === "keeper" ? ["--folder", join(folder, `run${megabytes}`)] : [];
    nodes.use(startLean(["node", ...named, "--roles", role, ...at]));
  }
  await using cluster = await connectCluster(nats.urls, { name: "test" });
  const { signal } = new AbortController();
  await watcher.line(/^Run books: join it/);
  const { bucket } = await joinRun(cluster, "books", { signal, onWait() {} });
  await using watch = watchNodes(bucket);
  const found = new Map<string, number>();
  const beats = await bucket.watch({ key: "node.*" });
  const looking = (async () => {
    for await (const _ of beats) {
      for (const { roles, memoryBytes } of watch.nodes()) {
        const role = roles[0]?.role ?? "";
        found.set(role, Math.max(found.get(role) ?? 0, memoryBytes));
      }
    }
  })();
  const { code, err } = await watcher.ended;
  assertEquals(code, 0, err);
  beats.stop();
  await looking;
  return found;
}

Deno.test({
  name: "a corpus ten times as large takes no more memory of any node",
  ignore: MEGABYTES === 0 || await isWithoutNats(),
  async fn() {
    await using folder = await openFolder();
    const small = await peaks(folder.path, MEGABYTES / 10);
    const large = await peaks(folder.path, MEGABYTES);
    for (const role of ROLES) {
      const [before, after] = [small.get(role) ?? NaN, large.get(role) ?? NaN];
      console.log(`${role}: ${(before / 1e6).toFixed(0)} and ${(after / 1e6).toFixed(0)} MB`);
      assert(after < before + SLACK, `${role}: ${before} and ${after} bytes`);
    }
  },
});
