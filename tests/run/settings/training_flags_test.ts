import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { checkRules } from "../../../cli/flag_rules.ts";
import { parseFlags, UsageError } from "../../../cli/flags.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../../run/settings/pipeline.ts";
import { runPaths, writeSettings } from "../../../run/folder.ts";
import { type PresetName, PRESETS } from "../../../model/config.ts";
import { writeCorpus } from "../../commands/corpus.ts";
import { openFolder, run } from "../../commands/program.ts";

const settings = (...args: string[]) =>
  settingsOf(parseFlags(args, { flags: PIPELINE_FLAGS })).wanted;

Deno.test("the learning rate is the preset's, and a share of it for weights from elsewhere", () => {
  for (const preset of Object.keys(PRESETS) as PresetName[]) {
    const { adamw, muon } = PRESETS[preset].learningRate;
    for (
      const [optimizer, peak, share] of [["adamw", adamw, 1 / 2], ["muon", muon, 1 / 4]] as const
    ) {
      const args = ["--preset", preset, "--optimizer", optimizer];
      assertEquals(settings(...args).learningRate, peak);
      assertEquals(settings(...args, "--init", "somewhere").learningRate, peak * share);
      const given = ["--learning-rate", "0.123", "--warmup", "0", "--decay", "1"];
      const { learningRate, warmup, decay } = settings(...args, "--init", "somewhere", ...given);
      assertEquals([learningRate, warmup, decay], [0.123, 0, 1]);
    }
  }
});

Deno.test("what the schedule has no use for is refused, also by a run that has begun", async () => {
  const check = (...args: string[]) =>
    checkRules(PIPELINE_FLAGS, parseFlags(args, { flags: PIPELINE_FLAGS }));
  const refuse = (args: string[], message: string) =>
    assertThrows(() => check(...args), UsageError, message);
  refuse(
    ["--decay", "0.5", "--schedule", "cosine"],
    "Cannot use --decay with --schedule cosine: it is for --schedule wsd",
  );
  refuse(
    ["--warmup", "0.5", "--schedule", "constant"],
    "Cannot use --warmup with --schedule constant: it is for --schedule wsd or cosine",
  );
  check("--warmup", "0.1", "--decay", "0.5");
  check("--warmup", "0.1", "--schedule", "cosine");
  assertThrows(() => settings("--warmup", "1.5"), UsageError, "it must be a number from 0 to 1");

  await using folder = await openFolder();
  const root = join(folder.path, "run");
  await writeCorpus(join(folder.path, "corpus"), { count: 1 });
  await Deno.mkdir(root);
  await writeSettings(
    runPaths(root),
    settings("--schedule", "cosine", join(folder.path, "corpus")),
  );
  const ended = await run(["pipeline", "--run", root, "--decay", "0.8"]);
  assertEquals(ended.code, 2);
  assertStringIncludes(
    ended.err,
    "Cannot use --decay with --schedule cosine: it is for --schedule wsd",
  );
});
