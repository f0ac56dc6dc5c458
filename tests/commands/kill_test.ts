/**
 * Kills a small pipeline at random moments and starts it again until it is done, with a fresh run
 * folder each time one is done. `CLLM_KILLS` says how many kills; `CLLM_SEED` repeats a sequence.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { prose, serveChain, writeCorpus } from "./corpus.ts";
import { killer, openFolder, run } from "./program.ts";

const KILLS = Number(Deno.env.get("CLLM_KILLS") ?? 5);
const SEED = Number(Deno.env.get("CLLM_SEED") ?? Date.now());

/** What the run folder says it is made of. */
async function manifestOf(runDir: string): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(join(runDir, "manifest.json")));
}

Deno.test(`${KILLS} kills at random moments leave the same manifest (CLLM_SEED=${SEED})`, async () => {
  await using folder = await openFolder();
  await using site = serveChain({ pages: 5 });
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 10 });
  // Nearly the same as one before them, as five others are as pages of the site.
  for (const i of [2, 5]) {
    await Deno.writeTextFile(join(corpus, `00${i}-again.txt`), prose(i).replace(/\.$/, " indeed."));
  }
  const args = (runDir: string, workers: number) => [
    ...["pipeline", "--run", runDir, "--allow-private", "--steps", "8", "--vocab", "320"],
    ...["--near-duplicates", "--repeated-lines", "2", "--mask-personal-data"],
    ...["--checkpoint-every", "2", "--workers", `${workers}`, "--json"],
    ...[`${site.origin}/0`, corpus],
  ];
  const calm = join(folder.path, "calm");
  const begun = performance.now();
  const { code, err } = await run(args(calm, 2));
  assertEquals(code, 0, err);
  const undisturbedMs = performance.now() - begun;
  const expected = await manifestOf(calm);
  const validationOf = (runDir: string) => Deno.readTextFile(join(runDir, "validation.json"));
  const validation = await validationOf(calm);
  const drops = await Deno.readTextFile(join(calm, "dropped.jsonl"));
  assertEquals(drops.match(/"near-duplicate"/g)?.length, 7);

  const killing = killer({ seed: SEED, withinMs: undisturbedMs, most: KILLS });
  for (let storm = 0; !killing.isDone; storm++) {
    const runDir = join(folder.path, `storm-${storm}`);
    // Another number of workers each time, which must not matter.
    await killing.runToEnd((session) => args(runDir, 1 + (session + storm) % 2));
    assertEquals(await manifestOf(runDir), expected);
    assertEquals(await validationOf(runDir), validation);
    if (killing.isDone) {
      const verified = await run(["verify", runDir]);
      assertEquals([verified.code, verified.err], [0, ""], verified.out);
      assert(verified.out.endsWith("All as recorded.\n"), verified.out);
    }
    await Deno.remove(runDir, { recursive: true });
  }
});
