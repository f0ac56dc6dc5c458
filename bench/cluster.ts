/**
 * How many more pages do two text nodes turn into text than one, each on a core of its own? Needs
 * nats-server and taskset.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connectCluster } from "../cluster/connect.ts";
import { watchNodes } from "../cluster/heartbeat.ts";
import { joinRun } from "../cluster/run.ts";
import { pageOf } from "./crawl_site.ts";
import { SWITCH, TEXT } from "./flags.ts";
import { median } from "./median.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const LOOK_MS = 200;

/** Pages per second of one round. */
interface Round {
  readonly one: number;
  readonly two: number;
}

/**
 * Runs `bench cluster [--pages N] [--rounds N] [--json]`: N generated pages (20,000) as files, read by one
 * node on the first core and by two on the first two, in turns. Counted is the time from the first
 * page to the last. Keeper and server take what they need of any core.
 */
export async function run(args: string[]): Promise<void> {
  const { pages, rounds, json } = parseArgs({
    args,
    options: { pages: TEXT, rounds: TEXT, json: SWITCH },
  }).values;
  await Deno.mkdir("runs", { recursive: true });
  const folder = await Deno.realPath(await Deno.makeTempDir({ dir: "runs", prefix: "bench-" }));
  try {
    const count = Number(pages ?? 20_000);
    const site = join(folder, "site");
    await Deno.mkdir(site);
    for (let at = 0; at < count; at++) {
      await Deno.writeTextFile(join(site, `${at}.html`), pageOf(at, count));
    }
    const done: Round[] = [];
    for (let round = 0; round < Number(rounds ?? 3); round++) {
      const speed = async (nodes: number) =>
        await measure({ folder: join(folder, `${round}-${nodes}`), site, count, nodes });
      done.push({ one: await speed(1), two: await speed(2) });
    }
    const [one, two] = [median(done.map(({ one }) => one)), median(done.map(({ two }) => two))];
    const result = { pages: count, rounds: done, one, two, ratio: two / one };
    console.log(json ? JSON.stringify(result) : result);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Job {
  readonly folder: string;
  readonly site: string;
  readonly count: number;
  readonly nodes: number;
}

/** Pages per second that so many text nodes read together. */
async function measure({ folder, site, count, nodes }: Job): Promise<number> {
  const port = freePort();
  const servers = `nats://127.0.0.1:${port}`;
  const named = ["--cluster", servers, "--run", "bench"];
  await using processes = new AsyncDisposableStack();
  const start = (command: string, ...args: string[]) => {
    const child = new Deno.Command(command, { args, stdout: "null", stderr: "null" }).spawn();
    processes.defer(async () => {
      child.kill("SIGKILL");
      await child.status;
    });
  };
  const program = [Deno.execPath(), "run", "--quiet", "--allow-all", MAIN];
  const [deno = "", ...main] = program;
  start("nats-server", ...["-js", "-a", "127.0.0.1", "-p", `${port}`, "-sd", join(folder, "nats")]);
  const signal = AbortSignal.timeout(600_000);
  await using cluster = await connectWhenReady(servers, signal);
  start(deno, ...main, "pipeline", ...named, "--steps", "1", site);
  start(deno, ...main, "node", ...named, "--roles", "keeper", "--folder", join(folder, "run"));
  for (let node = 0; node < nodes; node++) {
    start("taskset", "-c", `${node}`, ...program, "node", ...named, "--roles", "text");
  }
  const { bucket } = await joinRun(cluster, "bench", { signal, onWait() {} });
  await using watch = watchNodes(bucket);
  let first: { pages: number; at: number } | undefined;
  for (;;) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const texts = watch.nodes().flatMap(({ roles }) => roles.filter(({ role }) => role === "text"));
    const pages = texts.reduce((sum, { counts }) => sum + (counts.pages ?? 0), 0);
    const at = performance.now();
    const haveAllBegun = texts.filter(({ counts }) => counts.pages).length === nodes;
    if (haveAllBegun) first ??= { pages, at };
    if (first && pages >= count) return (pages - first.pages) / ((at - first.at) / 1000);
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A server that has just been started refuses connections for a moment. */
async function connectWhenReady(servers: string, signal: AbortSignal) {
  for (;;) {
    try {
      return await connectCluster(servers, { name: "bench" });
    } catch (error) {
      signal.throwIfAborted();
      if (!String(error).includes("refused")) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}
