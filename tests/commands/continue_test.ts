import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { writeCorpus } from "./corpus.ts";
import { isThere, openFolder, run } from "./program.ts";

/** The lines of a file of JSON lines. */
function parseLines(text: string) {
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("a run with --init goes on gently by default, and says how good its start is", async () => {
  await using folder = await openFolder();
  const at = (name: string) => join(folder.path, name);
  const readJson = async (...path: string[]) =>
    JSON.parse(await Deno.readTextFile(at(join(...path))));
  await writeCorpus(at("corpus"), { count: 11 });
  const base = await run([
    ...["pipeline", "--run", at("base"), "--vocab", "300", "--steps", "4", "--json", at("corpus")],
  ]);
  assertEquals([base.code, base.err], [0, ""]);
  const { settings } = await readJson("base", "run.json");
  // Those of the preset, for new weights.
  assertEquals([settings.learningRate, settings.warmup, settings.decay], [0.016, 0.03, 0.8]);
  assert(!await isThere(at("base/start.json")));
  const init = at("base/checkpoints/step-000004");
  const { metrics: { validationLoss } } = await readJson("base/checkpoints/step-000004/state.json");

  const gone = await run([
    ...["pipeline", "--run", at("on"), "--init", init, "--steps", "10", at("corpus")],
  ]);
  assertEquals(gone.code, 0, gone.err);
  // The same held-out documents, by the same tokenizer: what the base run ended with.
  const line = `validation ${validationLoss.toFixed(4)} before the first step`;
  assertStringIncludes(gone.out, line);
  assert(!gone.out.includes("is above the"), gone.out);
  assertEquals(await readJson("on/start.json"), { validationLoss });
  const on = await readJson("on/run.json");
  assertEquals([on.settings.learningRate, on.settings.warmup, on.settings.decay], [
    0.004,
    0.1,
    0.9,
  ]);
  const state = await readJson("on/checkpoints/step-000010/state.json");
  assertEquals(state.run.schedule, {
    name: "wsd",
    peak: 0.004,
    warmup: 0.1,
    floor: 0.05,
    decay: 0.9,
  });
  // The peak after a tenth of ten steps, and a straight line down over the rest.
  const rates = parseLines(await Deno.readTextFile(at("on/metrics.jsonl")))
    .map(({ learningRate }) => learningRate);
  assertAlmostEquals(rates[0], 0.004, 1e-9);
  assertAlmostEquals(rates[4], 0.004 * (0.05 + 0.95 * 5 / 9), 1e-9);
  assertAlmostEquals(rates[9], 0.004 * 0.05, 1e-9);

  // A flag wins; a rate that ruins the weights is told, also by a run that goes on.
  const wild = ["pipeline", "--run", at("wild"), "--guard", "0"];
  const begun = await run([
    ...[...wild, "--init", init, "--steps", "2", "--learning-rate", "1", "--warmup", "0.5"],
    at("corpus"),
  ]);
  assertEquals(begun.code, 0, begun.err);
  const wildRun = await readJson("wild/run.json");
  assertEquals([wildRun.settings.learningRate, wildRun.settings.warmup], [1, 0.5]);
  const worse = new RegExp(
    `^validation [0-9.]+ is above the ${validationLoss.toFixed(4)} that it started from: .*` +
      "--learning-rate than 1, fewer --steps, or more documents$",
    "m",
  );
  assert(worse.test(begun.out), begun.out);
  const resumed = await run([...wild, "--steps", "3", "--force"]);
  assert(worse.test(resumed.out), resumed.out);
  assert(!resumed.out.includes("before the first step"));
});

Deno.test("train --tokens --init has the same defaults, and those of AdamW", async () => {
  await using folder = await openFolder();
  const at = (name: string) => join(folder.path, name);
  await writeCorpus(at("corpus"), { count: 11 });
  const base = await run([
    ...["pipeline", "--run", at("base"), "--vocab", "300", "--steps", "2", "--json", at("corpus")],
  ]);
  assertEquals([base.code, base.err], [0, ""]);
  const init = at("base/checkpoints/step-000002");
  const train = async (name: string, ...flags: string[]) => {
    const { code, out, err } = await run([
      ...["train", "--tokens", at("base"), "--run", at(name), "--steps", "1", ...flags],
    ]);
    assertEquals(code, 0, err);
    const state = join(at(name), "checkpoints", "step-000001", "state.json");
    const { run: { learningRate, warmup, decay } } = JSON.parse(await Deno.readTextFile(state));
    return { out, rate: [learningRate, warmup, decay] };
  };
  const fresh = await train("fresh");
  assertEquals(fresh.rate, [0.004, 0.03, 0.8]);
  assert(!fresh.out.includes("before the first step"));
  // The beginnings of documents come along with the tokens made of them.
  const promptsOf = async (name: string) =>
    JSON.parse(await Deno.readTextFile(join(at(name), "prompts.json"))).prompts;
  assertEquals(await promptsOf("fresh"), await promptsOf("base"));
  const adamw = await train("adamw", "--init", init);
  assertEquals(adamw.rate, [0.002, 0.1, 0.9]);
  assertStringIncludes(adamw.out, " before the first step");
  assertEquals((await train("muon", "--init", init, "--optimizer", "muon")).rate, [
    0.004,
    0.1,
    0.9,
  ]);
  const told = ["--learning-rate", "0.01", "--decay", "0.5", "--schedule", "wsd"];
  assertEquals((await train("told", "--init", init, ...told)).rate, [0.01, 0.1, 0.5]);
});
