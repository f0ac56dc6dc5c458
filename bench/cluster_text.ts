/**
 * How many pages one text node and two turn into text, each as on a machine of its own.
 *
 * @module
 */
import { join } from "node:path";
import { connectCluster } from "../cluster/connect.ts";
import { watchNodes } from "../cluster/heartbeat.ts";
import { joinRun } from "../cluster/run.ts";
import { startProcesses } from "./cluster_processes.ts";
import { cpuMsOf, openCpuGroup } from "./cpu_group.ts";

const LOOK_MS = 50;
/** Cores of a text node, and of all else together: two such nodes fit on a machine of two cores. */
const NODE_CORES = 0.5, REST_CORES = 1;
/** Runs a command where the others leave a core: what is left to do where cores cannot be shared out. */
const IDLE = ["chrt", "--idle", "0"];

/** What to read, and on how many nodes. */
export interface TextJob {
  readonly folder: string;
  readonly site: string;
  readonly pages: number;
  readonly nodes: number;
}

/** What came of it. */
export interface TextReport {
  /** All text nodes together, while each of them had parts to read. */
  readonly pagesPerSecond: number;
  /** Milliseconds of a core for a page, of a run from its beginning until all pages are text. */
  readonly cpuMsPerPage: {
    readonly text: number;
    readonly keeper: number;
    readonly server: number;
  };
  /** Cores that a process can have; null where a node has a core that others use too. */
  readonly cores: { readonly node: number; readonly rest: number } | null;
}

/** Reads all pages, and looks at the nodes while they do. */
export async function measureText({ folder, site, pages, nodes }: TextJob): Promise<TextReport> {
  await using groups = new AsyncDisposableStack();
  const group = async (name: string, cores: number) => {
    const opened = await openCpuGroup(name, cores);
    return opened && groups.use(opened);
  };
  const rest = await group("rest", REST_CORES);
  const own = await Array.fromAsync({ length: nodes }, (_, at) => group(`node${at}`, NODE_CORES));
  const before = rest?.before ?? IDLE;
  await using processes = await startProcesses(folder, rest ?? {});
  const { servers, start } = processes;
  const named = ["--cluster", servers, "--run", "bench"];
  const signal = AbortSignal.timeout(600_000);
  await using cluster = await connectCluster(servers, { name: "bench" });
  start(["pipeline", ...named, "--steps", "1", site], { before });
  const keeper = ["node", ...named, "--roles", "keeper", "--folder", join(folder, "run")];
  const keepers = [start(keeper, { before })];
  const texts = own.map((group, at) =>
    start(["node", ...named, "--roles", "text"], {
      before: [...group?.before ?? [], "taskset", "-c", `${at}`],
    })
  );
  const { bucket } = await joinRun(cluster, "bench", { signal, onWait() {} });
  await using watch = watchNodes(bucket);
  const samples = new Map<string, Sample[]>();
  for (;;) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const at = performance.now();
    for (const { node, roles, silentMs } of watch.nodes()) {
      const text = roles.find(({ role }) => role === "text");
      const known = samples.get(node) ?? [];
      // Of a beat, the time of arrival is the same at every look, but for rounding.
      const beat = at - silentMs;
      if (text === undefined || beat < (known.at(-1)?.at ?? -Infinity) + 1) continue;
      const { pages = 0 } = text.counts;
      samples.set(node, [...known, {
        at: beat,
        pages,
        works: text.owns.length > 0,
      }]);
    }
    const all = [...samples.values()];
    const read = all.reduce((sum, known) => sum + (known.at(-1)?.pages ?? 0), 0);
    if (read < pages) continue;
    const perPage = async (pids: readonly number[]) =>
      (await Promise.all(pids.map(cpuMsOf))).reduce((sum, ms) => sum + ms, 0) / pages;
    return {
      pagesPerSecond: together(all),
      cpuMsPerPage: {
        text: await perPage(texts),
        keeper: await perPage(keepers),
        server: await perPage([processes.pid]),
      },
      cores: rest ? { node: NODE_CORES, rest: REST_CORES } : null,
    };
  }
}

/** A beat of a text node. */
interface Sample {
  readonly at: number;
  readonly pages: number;
  readonly works: boolean;
}

/** The speeds of all nodes, each from beat to beat, while every one of them works. */
function together(nodes: readonly (readonly Sample[])[]): number {
  const working = nodes.map((samples) => samples.filter(({ works, pages }) => works && pages > 0));
  const from = Math.max(...working.map(([first]) => first?.at ?? Infinity));
  const to = Math.min(...working.map((samples) => samples.at(-1)?.at ?? -Infinity));
  return working.reduce((sum, samples) => {
    const within = samples.filter(({ at }) => at >= from && at <= to);
    const [first, last] = [within[0], within.at(-1)];
    if (first === undefined || last === undefined || first === last) {
      throw new Error("Cannot measure: a node read for less than two beats; give more --pages");
    }
    return sum + (last.pages - first.pages) / ((last.at - first.at) / 1000);
  }, 0);
}
