/**
 * A training node as a process of its own: `URLS RUN NODE [KILL]`. It prints what it does, and kills
 * itself within its turn `KILL`, such as `2.0` for replica 0 in round 2.
 */
import { connectCluster } from "../../../cluster/connect.ts";
import { readCredentials } from "../../../cluster/credentials.ts";
import { joinRun } from "../../../cluster/run.ts";
import { trainNode } from "../../../cluster/train/node.ts";

const [urls = "", run = "", node = "", killed] = Deno.args;
const { signal } = new AbortController();
const credentials = await readCredentials({ file: Deno.env.get("CREDENTIALS"), env: Deno.env });
await using cluster = await connectCluster(urls, { name: node, credentials });
await trainNode({
  run: await joinRun(cluster, run, { signal, onWait: () => console.log("no run yet") }),
  node,
  workers: 1,
  signal,
  onEvent(event) {
    if (event.kind === "waits") return console.log(`waits for ${event.for}`);
    const turn = `${event.round}.${event.rank}`;
    console.log(`${event.kind} ${turn}`);
    if (event.kind === "begins" && turn === killed) Deno.kill(Deno.pid, "SIGKILL");
  },
});
