/**
 * Kills processes and brokers of small runs on several machines, and cuts their cables. Every run ends
 * with what one process makes. `CLLM_STORMS` says how many runs, of four kills and a cut each;
 * `CLLM_SEED` repeats them. The first run over files, and every second after it, trains replicas.
 */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { prose, writeCorpus } from "../commands/corpus.ts";
import { isThere, openFolder, run } from "../commands/program.ts";
import { readJournal } from "../../stages/journal/mod.ts";
import { isWithoutNats, startNats } from "./nats_server.ts";
import { isWithoutNetworks, openNetwork } from "../../bench/network.ts";
import { type Fault, type Role, storm, type StormReport } from "./storm.ts";

const STORMS = Number(Deno.env.get("CLLM_STORMS") ?? 1);
const SEED = Number(Deno.env.get("CLLM_SEED") ?? Date.now());
const FAULTS: readonly Fault[] = ["kill", "leader", "cut", "broker", "kill"];
const KEEPERS = ["keeper1", "keeper2"];
/** Training waits for the last page, where it would else end the crawl with its last step. */
const WHOLE = ["--warm-up-corpus", "1000000000"];
const TRAINING = ["--steps", "4", "--vocab", "320", "--checkpoint-every", "2"];
/** Long enough that its turns are disturbed too. */
const REPLICAS = [
  ...["--replicas", "2", "--inner-steps", "3", "--steps", "24", "--vocab", "320"],
  ...["--checkpoint-every", "6"],
];

const ignore = await isWithoutNats();
const withoutNetworks = ignore || await isWithoutNetworks();

/** The first keeper's file of this name that is there. */
async function madeBy(folder: string, name: string): Promise<string> {
  const paths = KEEPERS.map((keeper) => join(folder, keeper, name));
  const found = await Promise.all(paths.map(isThere));
  return paths[found.indexOf(true)] ?? "";
}

/** Disturbs a run of `sources`, which the test serves at `address` if it is asked to. */
async function disturb(
  { folder, seed, workers, training, sources }: {
    folder: string;
    seed: number;
    /** The roles of the nodes that are no keepers. */
    workers: readonly ("text" | "crawl" | "train")[];
    training: readonly string[];
    sources: (address: string) => readonly string[];
  },
): Promise<StormReport> {
  await using network = withoutNetworks ? undefined : await openNetwork(6 + workers.length);
  const hosts = network?.hosts ?? [];
  await using nats = await startNats(3, { hosts });
  const named = ["--cluster", nats.urls, "--run", "books"];
  const node = (name: string, role: string): Role => ({
    name,
    args: [
      ...["node", ...named, "--roles", role],
      ...role === "keeper" ? ["--folder", join(folder, name)] : [],
      ...["keeper", "train"].includes(role) ? ["--workers", "1"] : [],
    ],
  });
  const report = await storm({
    seed,
    faults: FAULTS.filter((fault) => fault !== "cut" || !withoutNetworks),
    roles: [
      {
        name: "watcher",
        args: [
          "pipeline",
          ...named,
          "--lease",
          "10",
          ...training,
          ...sources(network?.address ?? "127.0.0.1"),
        ],
      },
      ...KEEPERS.map((name) => node(name, "keeper")),
      ...workers.map((role, at) => ({
        ...node(`${role}${at + 1}`, role),
        needsSites: role === "crawl",
      })),
    ],
    nats,
    ...hosts.length > 0 ? { hosts: hosts.slice(3) } : {},
    stream: "cllm_books_doc",
    // Some end before training begins, others go on within it.
    calmMs: 1_500 * (1 + seed % 4),
    limitMs: 300_000,
  });
  console.log([`seed ${seed}`, ...report.happened, ...report.failures].join("\n"));
  return report;
}

Deno.test({
  name: `${STORMS} disturbed runs over files leave the manifest of one process (seed ${SEED})`,
  ignore,
  async fn() {
    await using folder = await openFolder();
    const corpus = join(folder.path, "corpus");
    await writeCorpus(corpus, { count: 40 });
    const lines = Array.from({ length: 2000 }, (_, i) => JSON.stringify({ text: prose(i + 100) }));
    await Deno.writeTextFile(join(corpus, "lines.jsonl"), lines.join("\n"));
    const sources = () => [corpus];
    const manifestOf = async (path: string) => JSON.parse(await Deno.readTextFile(path));
    const kinds = [
      { workers: ["text", "text", "train", "train"], training: REPLICAS },
      { workers: ["text", "text"], training: TRAINING },
    ] as const;
    const calm: unknown[] = [];
    for (const [at, { training }] of kinds.slice(0, STORMS).entries()) {
      const path = join(folder.path, `calm${at}`);
      const { code, err } = await run(["pipeline", "--run", path, ...training, corpus]);
      assertEquals(code, 0, err);
      calm.push(await manifestOf(join(path, "manifest.json")));
    }
    for (let round = 0; round < STORMS; round++) {
      const own = join(folder.path, `${round}`);
      const at = round % kinds.length as 0 | 1;
      await disturb({ folder: own, seed: SEED + round, ...kinds[at], sources });
      assertEquals(await manifestOf(await madeBy(own, "manifest.json")), calm[at]);
      await Deno.remove(own, { recursive: true });
    }
  },
});

Deno.test({
  name: `${STORMS} disturbed crawls keep each page once (seed ${SEED})`,
  // The crawl's part in CI is a calm one, in docs_test.ts.
  ignore: ignore || !Deno.env.has("CLLM_STORMS"),
  async fn() {
    await using folder = await openFolder();
    const pages = 60;
    await using server = Deno.serve({ hostname: "0.0.0.0", port: 0, onListen() {} }, ({ url }) => {
      const at = Number(new URL(url).pathname.slice(1));
      if (!(at < pages)) return new Response("none", { status: 404 });
      const links = [3 * at + 1, 3 * at + 2, 3 * at + 3, Math.max(0, at - 1)]
        .map((to) => `<a href="/${to}">page ${to}</a>`).join(" ");
      const html = `<title>Page ${at}</title><main><h1>Page ${at}</h1><p>${prose(at)}</p></main>`;
      return new Response(`<html>${html}<footer>${links}</footer></html>`, {
        headers: { "content-type": "text/html" },
      });
    });
    for (let round = 0; round < STORMS; round++) {
      const own = join(folder.path, `${round}`);
      let site = "";
      const sources = (address: string) => {
        site = `http://${address}:${server.addr.port}`;
        return ["--allow-private", "--delay", "50", ...WHOLE, `${site}/0`];
      };
      await disturb({
        ...{ folder: own, seed: SEED + round, workers: ["crawl", "crawl"] },
        training: TRAINING,
        sources,
      });
      const made = await madeBy(own, "manifest.json");
      const journal = await readJournal(join(made, "../corpus"));
      const urls: string[] = [];
      for await (const { url } of journal.documents()) urls.push(url);
      const all = Array.from({ length: pages }, (_, at) => `${site}/${at}`);
      assertEquals(urls.toSorted(), all.toSorted());
      await Deno.remove(own, { recursive: true });
    }
  },
});
