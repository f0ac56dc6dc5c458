/**
 * How many more pages do two text nodes turn into text than one, each as on a machine of its own, and
 * what share of training in replicas is communication? Needs nats-server and taskset, and for
 * training root and iproute2.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pageOf } from "./crawl_site.ts";
import { measureRounds } from "./cluster_rounds.ts";
import { measureText, type TextReport } from "./cluster_text.ts";
import { SWITCH, TEXT } from "./flags.ts";
import { median } from "./median.ts";

/**
 * Runs `bench cluster [--pages N] [--rounds N] [--replicas R [--preset NAME] [--deltas f32|int8]]
 * [--json]`: N generated pages (8,000) as files, read by one
 * node and by two, in turns. As root, where Linux has the cpu controller of cgroup v1, each node has
 * half a core by quota, the first on the first core and the second on the second, and keeper, server
 * and watcher have one core together, with one node and with two. Elsewhere a node is only pinned to
 * its core and the keeper runs where they leave one idle, which is said. Documents wait for the keeper
 * on the broker, which has room for those of 8,000 pages. With `--replicas`, R nodes train instead, one
 * worker each, every one, and the server, on a cable of 1 Gbit/s.
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
    const result = replicas === undefined
      ? await compareNodes(folder, { pages: Number(pages ?? 8_000), rounds: Number(rounds ?? 3) })
      : await measureRounds({
        folder,
        replicas: Number(replicas),
        rounds: Number(rounds ?? 6),
        preset: preset ?? "tiny",
        deltas: deltas ?? "f32",
      });
    console.log(json ? JSON.stringify(result) : result);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** One node and two, in turns. */
async function compareNodes(
  folder: string,
  { pages, rounds }: { pages: number; rounds: number },
) {
  const site = join(folder, "site");
  await Deno.mkdir(site);
  for (let at = 0; at < pages; at++) {
    await Deno.writeTextFile(join(site, `${at}.html`), pageOf(at, pages));
  }
  const done: { one: TextReport; two: TextReport; ratio: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const read = async (nodes: number) =>
      await measureText({ folder: join(folder, `${round}-${nodes}`), site, pages, nodes });
    const [one, two] = [await read(1), await read(2)];
    if (round === 0) console.error(describe(one));
    done.push({ one, two, ratio: two.pagesPerSecond / one.pagesPerSecond });
  }
  return { pages, rounds: done, ratio: median(done.map(({ ratio }) => ratio)) };
}

function describe({ cores }: TextReport): string {
  return cores === null
    ? "No cgroup v1 cpu controller to write to: each text node is pinned to a core that the others use too"
    : `By quota, each text node has ${cores.node} cores, and keeper, server and watcher have ` +
      `${cores.rest} together`;
}
