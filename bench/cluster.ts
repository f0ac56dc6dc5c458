/**
 * How many more pages do two text nodes turn into text than one, each on a core of its own, and what
 * share of training in replicas is communication? Needs nats-server and taskset, and for training
 * root and iproute2.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connectCluster } from "../cluster/connect.ts";
import { watchNodes } from "../cluster/heartbeat.ts";
import { joinRun } from "../cluster/run.ts";
import { pageOf } from "./crawl_site.ts";
import { startProcesses } from "./cluster_processes.ts";
import { measureRounds } from "./cluster_rounds.ts";
import { SWITCH, TEXT } from "./flags.ts";
import { median } from "./median.ts";

const LOOK_MS = 200;
/** Runs a command where the others leave a core: as if it had a machine of its own. */
const IDLE = ["chrt", "--idle", "0"];

/** Pages per second of one round. */
interface Round {
  readonly one: number;
  readonly two: number;
}

/**
 * Runs `bench cluster [--pages N] [--rounds N] [--replicas R [--preset NAME] [--deltas f32|int8]]
 * [--json]`: N generated pages (8,000) as files, read by one
 * node on the first core and by two on the first two, in turns. Counted is the time from the first
 * page to the last. The keeper runs where they leave a core idle, as if it had its own machine, and
 * documents wait for it on the broker, which has room for those of 8,000 pages. With `--replicas`, R nodes train
 * instead, one worker each, every one, and the server, on a cable of 1 Gbit/s.
 */
export async function run(args: string[]): Promise<void> {
  const { pages, rounds, replicas, preset, deltas, json } = parseArgs({
    args,
    options: {
      ...{ pages: TEXT, rounds: TEXT, replicas: TEXT, preset: TEXT, deltas: TEXT },
      json: SWITCH,
    },
  }).values;
  await Deno.mkdir("runs", { recursive: true });
  const folder = await Deno.realPath(await Deno.makeTempDir({ dir: "runs", prefix: "bench-" }));
  try {
    if (replicas !== undefined) {
      const result = await measureRounds({
        folder,
        replicas: Number(replicas),
        rounds: Number(rounds ?? 6),
        preset: preset ?? "tiny",
        deltas: deltas ?? "f32",
      });
      console.log(json ? JSON.stringify(result) : result);
      return;
    }
    const count = Number(pages ?? 8_000);
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
  await using processes = await startProcesses(folder);
  const { servers, start } = processes;
  const named = ["--cluster", servers, "--run", "bench"];
  const signal = AbortSignal.timeout(600_000);
  await using cluster = await connectCluster(servers, { name: "bench" });
  start(["pipeline", ...named, "--steps", "1", site]);
  start(["node", ...named, "--roles", "keeper", "--folder", join(folder, "run")], { before: IDLE });
  for (let node = 0; node < nodes; node++) {
    start(["node", ...named, "--roles", "text"], { before: ["taskset", "-c", `${node}`] });
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
