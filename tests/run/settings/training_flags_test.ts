import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { parseFlags, UsageError } from "../../../cli/flags.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../../run/settings/pipeline.ts";
import { runPaths, writeSettings } from "../../../run/folder.ts";
import { checkSchedule } from "../../../run/settings/training.ts";
import { type PresetName, PRESETS } from "../../../model/config.ts";
import type { ScheduleName } from "../../../stages/train/mod.ts";
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
  const both = new Set(["warmup", "decay", "seed"]);
  const refuse = (schedule: ScheduleName, message: string) =>
    assertThrows(() => checkSchedule(schedule, both), UsageError, message);
  refuse("cosine", "Cannot use --decay with --schedule cosine: it is for --schedule wsd");
  refuse(
    "constant",
    "Cannot use --warmup with --schedule constant: it is for --schedule wsd or cosine",
  );
  checkSchedule("wsd", both);
  checkSchedule("cosine", new Set(["warmup"]));
  checkSchedule("constant", new Set());
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
