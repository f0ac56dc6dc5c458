/**
 * A run over too little text stops early, at the same step and with the same weights however often it
 * is killed, and its best checkpoint is what every command uses. `CLLM_SEED` repeats the kills.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { basename, join } from "node:path";
import { writeCorpus } from "./corpus.ts";
import { killer, openFolder, run, start } from "./program.ts";

const SEED = Number(Deno.env.get("CLLM_SEED") ?? Date.now());
const KILLS = 3;
const PLANNED = 400;

/** What each line of metrics.jsonl says of step, training and validation. */
async function lossesOf(runDir: string) {
  const text = await Deno.readTextFile(join(runDir, "metrics.jsonl"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line))
    .map(({ step, loss, validationLoss }) => ({ step, loss, validationLoss }));
}

Deno.test(`a run stops early, after ${KILLS} kills too, and its best step is used (CLLM_SEED=${SEED})`, async () => {
  await using folder = await openFolder();
  const at = (name: string) => join(folder.path, name);
  await writeCorpus(at("corpus"), { count: 12 });
  const args = (name: string, workers: number) => [
    ...["pipeline", "--run", at(name), "--steps", `${PLANNED}`, "--vocab", "320"],
    ...["--validate-every", "4", "--patience", "2", "--checkpoint-every", "6"],
    ...["--workers", `${workers}`, "--json", at("corpus")],
  ];
  const begun = performance.now();
  const calm = await run(args("calm", 2));
  assertEquals(calm.code, 0, calm.err);
  const undisturbedMs = performance.now() - begun;
  assertMatch(calm.err, /^warning: \d+ passes over 14,\d+ tokens: /);
  const { summary } = JSON.parse(calm.out.trimEnd().split("\n").at(-1) ?? "");
  const losses = await lossesOf(at("calm"));
  const last = losses.at(-1)?.step;
  assert(last < PLANNED && summary.stoppedEarly && summary.step === last, calm.out);
  // By hand: the lowest validation, and two after it.
  const validations = losses.filter(({ validationLoss }) => validationLoss !== undefined);
  const lowest = Math.min(...validations.map(({ validationLoss }) => validationLoss));
  const best = validations.findLast(({ validationLoss }) => validationLoss === lowest)?.step;
  assertEquals(validations.slice(-3)[0]?.step, best);
  const { verdict } = summary;
  assertEquals([verdict.best.step, verdict.best.loss, verdict.last.step], [best, lowest, last]);
  assertEquals(verdict.validations, validations.length);
  const listed = await run(["runs", at("calm"), "--json"]);
  const { state, step, steps, validationLoss } = JSON.parse(listed.out);
  assertEquals([state, step, steps], ["ended early", last, PLANNED]);
  assertEquals(validationLoss, lowest);
  const page = await Deno.readTextFile(join(at("calm"), "report.html"));
  assertStringIncludes(page, ` trained ${last} of ${PLANNED} steps on `);
  assertStringIncludes(page, " It stopped early, as validation brought no lower loss ");
  // Twelve documents, of which the tenth is held out.
  assertMatch(page, /\d passes over 11 documents to train on, of 12 documents /);
  const name = `step-${String(best).padStart(6, "0")}`;
  assertEquals(basename(summary.used), name);

  await killer({ seed: SEED, withinMs: undisturbedMs, most: KILLS })
    .runToEnd((session) => args("storm", 1 + session % 2));
  assertEquals(await lossesOf(at("storm")), losses);
  const manifest = (name: string) => Deno.readTextFile(join(at(name), "manifest.json"));
  assertEquals(await manifest("storm"), await manifest("calm"));

  // Every command takes the best step, and says so.
  const generated = await run(["generate", "--run", at("calm"), "--max-tokens", "2"]);
  assertStringIncludes(generated.err, `Uses ${name}: the best on held-out documents`);
  const exported = await run(["export", "--run", at("calm"), "--output", at("exported")]);
  assert(exported.out.startsWith(`Exported ${summary.used} to `), exported.out);
  const evaluated = await run(["eval", "--run", at("calm")]);
  assertStringIncludes(evaluated.out, `Evaluates ${name}: `);
  const latest = await run(["eval", "--run", at("calm"), "--checkpoint", `${last}`, "--json"]);
  assertEquals(JSON.parse(latest.out).checkpoint, summary.checkpoint);
  const report = await Deno.readTextFile(join(at("calm"), "report.html"));
  assertStringIncludes(report, `${verdict.kind}. `);
  {
    await using server = start(["serve", "--run", at("calm"), "--port", "0"]);
    assertStringIncludes(await server.line(/^Serving model/), `(${name}, wasm)`);
  }

  // What has stopped stays so until it is told otherwise.
  const again = await run(["pipeline", "--run", at("calm")]);
  assertMatch(again.out, /^already finished, nothing to train$/m);
  assertStringIncludes(again.out, `Trained ${last} of ${PLANNED} steps`);
  assertStringIncludes(again.out, "2 validations brought no lower loss (--patience 0 never stops)");
  const changed = ["--patience", "0", "--steps", `${last + 2}`, "--force", "--json"];
  const on = await run(["pipeline", "--run", at("calm"), ...changed]);
  assertEquals(on.code, 0, on.err);
  assertEquals((await lossesOf(at("calm"))).at(-1)?.step, last + 2);
});
