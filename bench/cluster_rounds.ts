/**
 * What a round of training in replicas takes beside its steps, on machines with cables of 1 Gbit/s.
 *
 * @module
 */
import { join } from "node:path";
import { connectCluster } from "../cluster/connect.ts";
import { joinRun } from "../cluster/run.ts";
import { watchKeys } from "../cluster/watch_keys.ts";
import { startProcesses } from "./cluster_processes.ts";
import { pageOf } from "./crawl_site.ts";
import { median } from "./median.ts";
import { openNetwork } from "./network.ts";

const PAGES = 2_000, INNER_STEPS = 30;

/** What to train, and for how long. */
export interface RoundsJob {
  readonly folder: string;
  readonly replicas: number;
  readonly rounds: number;
  readonly preset: string;
  readonly deltas: string;
}

/** Medians over the rounds but the first. */
export interface RoundsReport {
  readonly roundMs: number;
  /** The steps of the slowest replica. */
  readonly stepsMs: number;
  /** What is left of a round. */
  readonly communication: number;
}

/** Trains on one node for each replica, and reads from metrics.jsonl where the time went. */
export async function measureRounds(job: RoundsJob): Promise<RoundsReport> {
  const { folder, replicas, rounds, preset, deltas } = job;
  const site = join(folder, "site");
  await Deno.mkdir(site);
  for (let at = 0; at < PAGES; at++) {
    await Deno.writeTextFile(join(site, `${at}.html`), pageOf(at, PAGES));
  }
  await using network = await openNetwork(replicas + 2);
  const [server, keeper, ...trainers] = network.hosts;
  if (server === undefined || keeper === undefined) throw new RangeError("a network without hosts");
  await using processes = await startProcesses(folder, { host: server });
  const { servers, start } = processes;
  const named = ["--cluster", servers, "--run", "bench"];
  const steps = replicas * INNER_STEPS * rounds;
  const training = ["--replicas", replicas, "--inner-steps", INNER_STEPS, "--deltas", deltas]
    .map(String);
  start([
    ...["pipeline", ...named, "--preset", preset, "--vocab", "512", "--steps", `${steps}`],
    ...["--validate-every", `${steps}`, "--checkpoint-every", `${steps}`, ...training, site],
  ], { host: keeper });
  const run = join(folder, "run");
  const node = ["node", ...named, "--workers", "1", "--roles"];
  start([...node, "keeper,text", "--folder", run], { host: keeper });
  for (const host of trainers) start([...node, "train"], { host });
  await using cluster = await connectCluster(servers, { name: "bench" });
  const signal = AbortSignal.timeout(1_800_000);
  const { bucket } = await joinRun(cluster, "bench", { signal, onWait() {} });
  for await (const { key, operation } of watchKeys(bucket, "now.state", signal)) {
    if (key === "now.state" && operation === "PUT") break;
  }
  return readRounds(await Deno.readTextFile(join(run, "metrics.jsonl")));
}

/** The rounds in the lines of a metrics.jsonl. */
function readRounds(lines: string): RoundsReport {
  const ends = new Map<number, { at: number; steps: number[] }>();
  for (const line of lines.trimEnd().split("\n")) {
    const { round, replica, stepMs, time } = JSON.parse(line);
    const end = ends.get(round) ?? { at: 0, steps: [] };
    ends.set(round, end);
    end.at = Date.parse(time);
    end.steps[replica] = (end.steps[replica] ?? 0) + stepMs;
  }
  const all = [...ends.values()];
  const roundMs = median(all.slice(1).map(({ at }, i) => at - (all[i]?.at ?? 0)));
  const stepsMs = median(all.slice(1).map(({ steps }) => Math.max(...steps)));
  return { roundMs, stepsMs, communication: 1 - stepsMs / roundMs };
}
