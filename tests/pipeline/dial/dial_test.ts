import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { parseFlags, UsageError } from "../../../cli/flags.ts";
import { presetConfig } from "../../../model/config.ts";
import { turnDial } from "../../../pipeline/dial/dial.ts";
import { measureSpeed } from "../../../pipeline/dial/measure.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../../run/settings/pipeline.ts";
import { ADAMW_DEFAULTS } from "../../../stages/train/mod.ts";
import { writeCorpus } from "../../commands/corpus.ts";
import { openFolder, run } from "../../commands/program.ts";

const GOLDEN = new URL("../../fixtures/goldens/mha_tied", import.meta.url).pathname;

/** What the dial says of a machine that trains everything at one speed. */
async function said(speed: number, ...args: string[]) {
  const { wanted } = settingsOf(parseFlags(args, { flags: PIPELINE_FLAGS }));
  const lines: string[] = [];
  const choice = await turnDial({
    settings: wanted,
    spheres: {},
    note: (line) => lines.push(line),
    measure: () => Promise.resolve(speed),
  });
  return { choice, text: lines.join("\n") };
}

Deno.test("the dial guesses a loss where runs were measured, and says where none was", async () => {
  const { choice, text } = await said(1000, "--hours", "0.1");
  assertEquals([choice.preset, choice.steps], ["tiny", Math.round(360_000 / 1536)]);
  assertStringIncludes(text, "validation about 4.8 on the sample corpus");
  const { text: day } = await said(10_000, "--hours", "1");
  assertStringIncludes(day, "of the loss there is no guess");
});

Deno.test("a given model is measured, and an adapter proposed where its weights do not fit", async () => {
  const { text } = await said(1000, "--tokens", "1000000", "--init", GOLDEN);
  assertStringIncludes(text, "a pass over a million tokens in 16:40");
  const config = presetConfig("tiny", { vocabSize: 300, endOfTextId: 0 });
  const spheres = { config, rows: 2, cols: 16, leaves: 2, workers: 1, optimizer: ADAMW_DEFAULTS };
  const tooLarge = () => measureSpeed({ ...spheres, available: 1 });
  await assertRejects(tooLarge, RangeError, "1 MiB are free");
  const { wanted } = settingsOf(
    parseFlags(["--hours", "1", "--init", GOLDEN], { flags: PIPELINE_FLAGS }),
  );
  await assertRejects(
    () => turnDial({ settings: wanted, spheres: {}, note: () => {}, measure: tooLarge }),
    UsageError,
    "--lora 16",
  );
});

Deno.test("what the dial chose is the run's, and the same command goes on", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 40 });
  const runDir = join(folder.path, "run");
  const start = ["pipeline", "--run", runDir, "--json"];
  const both = await run([...start, "--tokens", "10000", "--steps", "3", corpus]);
  assertEquals(both.code, 2);
  assertStringIncludes(both.err, "Cannot use both --tokens and --steps");
  const first = await run([...start, "--tokens", "10000", corpus]);
  assertEquals(first.code, 0, first.err);
  const { settings } = JSON.parse(await Deno.readTextFile(join(runDir, "run.json")));
  assertEquals([settings.preset, settings.steps, settings.tokens], ["tiny", 7, 10_000]);
  const report = await Deno.readTextFile(join(runDir, "report.html"));
  assertStringIncludes(
    report,
    `deno task pipeline --run ${runDir} --recipe tuned --steps 7 ${corpus}<`,
  );
  const again = await run([...start, "--tokens", "10000", corpus]);
  assertEquals(again.code, 0, again.err);
  assert(!again.err.includes("measures this machine"));
  const other = await run([...start, "--tokens", "20000", corpus]);
  assertStringIncludes(other.err, "--tokens 20000 (began with 10000)");
  const questions = join(folder.path, "questions.jsonl");
  const question = { question: "2 + 2 is", choices: ["4", "5"], answer: 0 };
  await Deno.writeTextFile(questions, JSON.stringify(question) + "\n");
  const scored = await run(["eval", "--run", runDir, "--json", "--task", `choice=${questions}`]);
  assertEquals(scored.code, 0, scored.err);
  const rows = JSON.parse(await Deno.readTextFile(join(runDir, "tasks.json")));
  assertEquals(rows, [JSON.parse(scored.out)]);
  const page = await Deno.readTextFile(join(runDir, "report.html"));
  assertStringIncludes(page, `id="task-rows">[{"model":${JSON.stringify(runDir)}`);
});
