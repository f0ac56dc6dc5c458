/**
 * Kills processes and brokers of a small run on several machines, and cuts their cables. Every run
 * ends with the manifest of a run in one process. `CLLM_STORMS` says how many such runs;
 * `CLLM_SEED` repeats them.
 */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { prose, writeCorpus } from "../commands/corpus.ts";
import { isThere, openFolder, run } from "../commands/program.ts";
import { isWithoutNats, startNats } from "./nats_server.ts";
import { isWithoutNetworks, openNetwork } from "./network.ts";
import { type Fault, type Role, storm } from "./storm.ts";

const STORMS = Number(Deno.env.get("CLLM_STORMS") ?? 1);
const SEED = Number(Deno.env.get("CLLM_SEED") ?? Date.now());
/** Of each run: three kills and a cut cable. */
const FAULTS: readonly Fault[] = ["kill", "leader", "cut", "kill"];

/** The manifest of a run folder, if it has one. */
async function manifestOf(runDir: string): Promise<unknown> {
  const path = join(runDir, "manifest.json");
  return await isThere(path) ? JSON.parse(await Deno.readTextFile(path)) : undefined;
}

Deno.test({
  name: `${STORMS * FAULTS.length} faults leave the manifest of one process (CLLM_SEED=${SEED})`,
  ignore: await isWithoutNats(),
  async fn() {
    await using folder = await openFolder();
    const corpus = join(folder.path, "corpus");
    await writeCorpus(corpus, { count: 40 });
    const lines = Array.from({ length: 400 }, (_, i) => JSON.stringify({ text: prose(i + 100) }));
    await Deno.writeTextFile(join(corpus, "lines.jsonl"), lines.join("\n"));
    const settings = ["--steps", "4", "--vocab", "320", "--checkpoint-every", "2"];
    const calm = join(folder.path, "calm");
    const { code, err } = await run(["pipeline", "--run", calm, ...settings, corpus]);
    assertEquals(code, 0, err);
    const expected = await manifestOf(calm);
    const withoutNetworks = await isWithoutNetworks();
    for (let round = 0; round < STORMS; round++) {
      await using network = withoutNetworks ? undefined : await openNetwork(8);
      const hosts = network?.hosts ?? [];
      await using nats = await startNats(3, { hosts });
      const named = ["--cluster", nats.urls, "--run", "books"];
      const dir = (name: string) => join(folder.path, `${name}-${round}`);
      const node = (name: string, role: string): Role => ({
        name,
        args: ["node", ...named, "--roles", role, "--folder", dir(name), "--workers", "1"],
      });
      const roles: Role[] = [
        { name: "watcher", args: ["pipeline", ...named, ...settings, corpus] },
        ...["keeper1", "keeper2"].map((name) => node(name, "keeper")),
        ...["text1", "text2"].map((name) => node(name, "text")),
      ];
      const { happened, failures } = await storm({
        seed: SEED + round,
        faults: FAULTS.filter((fault) => fault !== "cut" || !withoutNetworks),
        roles,
        nats,
        ...hosts.length > 0 ? { hosts: hosts.slice(3) } : {},
        stream: "cllm_books_doc",
        calmMs: 2_000,
        limitMs: 120_000,
      });
      console.log(happened.join(", "), failures.join("\n"));
      const [made] = (await Promise.all(["keeper1", "keeper2"].map((name) =>
        manifestOf(dir(name))
      )))
        .filter((manifest) => manifest !== undefined);
      assertEquals(made, expected);
    }
  },
});
