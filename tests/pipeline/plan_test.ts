import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { parseFlags } from "../../cli/flags.ts";
import { courseOf, describePlan, makePlan, timePlan, warnOfPasses } from "../../pipeline/plan.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../run/settings/pipeline.ts";
import { checkContext } from "../../run/config.ts";
import { rowsOf } from "../../run/settings/model.ts";
import { surveyCorpus } from "../../pipeline/survey.ts";
import { openJournal } from "../../stages/journal/mod.ts";
import { readTokenizer, trainTokenizer } from "../../tokenizer/mod.ts";
import type { StepReport } from "../../stages/types.ts";
import { prose } from "../commands/corpus.ts";
import { openFolder, run } from "../commands/program.ts";

const GOLDEN = new URL("../fixtures/goldens/mha_tied", import.meta.url).pathname;

function settingsFor(...args: string[]) {
  return settingsOf(parseFlags(args, { flags: PIPELINE_FLAGS })).wanted;
}

function planFor({ tokens = 28_297, documents = 54, complete = true }, ...args: string[]) {
  return makePlan({
    settings: settingsFor(...args),
    corpus: { tokens, documents, exact: true, complete },
    rows: 12,
    cols: 128,
    parameters: 1_852_544,
    vocab: 4096,
    workers: 2,
    sharedMemory: 64 * 2 ** 20,
    step: 0,
    run: "runs/mine",
    checkpointEvery: 200,
  });
}

Deno.test("a plan counts passes by steps that end with the corpus", () => {
  // 28,243 targets fill 18 steps of 1,536 and a nineteenth in part: 1,320 steps are 69 passes and 9
  // steps of the next.
  const plan = planFor({});
  assertEquals(plan.stepsPerPass, 19);
  assertEquals(plan.passes, 1320 / 19);
  assertEquals(plan.tokens, Math.round(28_243 * 1320 / 19));
  const lines = describePlan(plan);
  assert(lines.includes("sees      100 % of the corpus, in 69 passes over it"), lines.join("\n"));
  assertMatch(warnOfPasses(plan) ?? "", /^warning: 69 passes .* plan at most --steps 76$/);
  // More may come, so that nobody knows how many passes it will be.
  assertEquals(warnOfPasses(planFor({ complete: false })), undefined);
});

Deno.test("a plan says what part of a large corpus a run sees, and nothing of passes by the clock", () => {
  const large = planFor({ tokens: 2_230_000, documents: 210 });
  // 2,229,790 targets are 1,452 steps.
  assertEquals(large.stepsPerPass, 1452);
  assert(
    describePlan(large).includes("sees      90 % of the corpus"),
    describePlan(large).join("\n"),
  );
  assertEquals(warnOfPasses(large), undefined);
  // 2,027,520 of 2.23 million tokens; of a crawl that stands for all there is to see so far.
  assert(describePlan(large).includes("training  1,320 steps of up to 1,536 tokens: about 2.03M"));
  const more = describePlan(planFor({ tokens: 2_230_000, documents: 210, complete: false }));
  assert(more.includes("sees      90 % of what is stored so far"), more.join("\n"));
  assert(describePlan(large).some((line) => /^memory .* the process itself$/.test(line)));
  const saved = describePlan({ ...large, parameters: 134_515_008 });
  assert(
    saved.some((line) =>
      line.endsWith("and up to 2566 MiB more while a checkpoint is saved and sampled")
    ),
    saved.join("\n"),
  );
  const clock = planFor({}, "--seconds", "90");
  assertEquals([clock.steps, clock.passes, clock.seconds], [null, null, 90]);
  const byClock = describePlan(clock);
  assert(byClock.includes("training  1:30 by the clock"));
  assert(byClock.at(-1)?.startsWith("ends      when that is over, in runs/mine; "), byClock.at(-1));
  assertEquals(courseOf(38, clock).passes, 2);
});

Deno.test("passes over a corpus that training does not wait for are counted over what they reach", () => {
  // Passes over 2,000, 4,000, 8,000 and 16,000 tokens leave 16,080 of the 46,080 that 30 steps take.
  const plan = planFor({ tokens: 37_883 }, "--steps", "30", "--warm-up-corpus", "2000");
  assertEquals(Math.round((plan.share ?? 0) * 37_883), 16_080);
  // 37,829 targets are 25 steps: 1.2 passes over all, and so many more over a part.
  assertEquals((plan.passes ?? 0).toFixed(4), (1.2 * 37_883 / 16_080).toFixed(4));
  const lines = describePlan(plan).join("\n");
  assertMatch(lines, /sees {6}42 % of the corpus, in 2\.8 passes over it/);
});

Deno.test("a plan names what comes before its end alone", () => {
  const ends = (...args: string[]) => describePlan(planFor({}, ...args)).at(-1);
  assertEquals(ends("--steps", "15"), "ends      at step 15, in runs/mine");
  assertEquals(
    ends("--steps", "30"),
    "ends      at step 30, in runs/mine; a validation after each pass",
  );
  assertEquals(
    ends("--steps", "300", "--validate-every", "10"),
    "ends      at step 300, in runs/mine; a checkpoint every 200 steps, a validation every 10 steps",
  );
});

Deno.test("the time is that of measured steps, told once", () => {
  const steps = (count: number, plan = planFor({})) => {
    const time = timePlan(plan);
    return Array.from(
      { length: count },
      (_, i) =>
        time(
          {
            step: i + 1,
            tokens: 1500,
            stepMs: i < 3 ? 9000 : 490,
            phases: { dataMs: 10 },
          } as StepReport,
        ),
    )
      .filter((line) => line !== undefined);
  };
  assertEquals(steps(8), []);
  // Three steps of warmup and six of half a second: 1,311 more take 655.5 s.
  const [line = "", ...more] = steps(30);
  assertEquals(more, []);
  assertMatch(
    line,
    /^time {6}about 10:56 to step 1,320, at 3000 tokens\/s over the first 6 steps; /,
  );
  const [clock = ""] = steps(30, planFor({}, "--seconds", "95"));
  assertMatch(clock, /about 190 steps in all, .*: 100 % of the corpus, in 10 passes over it; /);
});

Deno.test("rows keep the tokens of a step, whatever the context", () => {
  assertEquals([64, 128, 100, 256, 1536].map((context) => rowsOf("tiny", { context })), [
    ...[24, 12, 15, 6, 1],
  ]);
  assertEquals(rowsOf("large", { context: 1024 }), 12);
  assertThrows(
    () => settingsFor("--context", "2048"),
    Error,
    "Cannot use --context 2048 with --preset tiny: a step of it has 1536 tokens",
  );
});

Deno.test("context and vocabulary go with the preset unless they are given", async () => {
  const of = ({ context, vocab }: ReturnType<typeof settingsFor>) => [context, vocab];
  assertEquals(of(settingsFor()), [128, 4096]);
  assertEquals(of(settingsFor("--preset", "base")), [256, 8192]);
  assertEquals(of(settingsFor("--preset", "large", "--vocab", "300")), [512, 300]);
  assertEquals(of(settingsFor("--preset", "medium", "--context", "64")), [64, 16384]);
  // The golden model has 64 places.
  await checkContext(GOLDEN, 64);
  await assertRejects(() => checkContext(GOLDEN, 65), Error, "its max_position_embeddings is 64");
});

Deno.test("a corpus is counted as the tokenizer counts it, and must fill a step", async () => {
  await using folder = await openFolder();
  await using journal = await openJournal({ dir: folder.path });
  const texts = Array.from({ length: 10 }, (_, i) => prose(i, { words: 100 }));
  for (const [i, text] of texts.entries()) {
    await journal.append({
      id: `${i}`.padStart(16, "0"),
      url: `http://a/${i}`,
      title: "",
      text,
      lang: "en",
      fetchedAt: "",
    });
  }
  await journal.seal();
  const tokenizer = await trainTokenizer(ReadableStream.from(texts), { vocabSize: 300 });
  const options = { journal, tokenizer, rule: "each-tenth", dials: [] } as const;
  const { signal } = new AbortController();
  // Nine of ten, each with the token that ends it.
  const counts = texts.slice(0, 9).map((text) => tokenizer.encode(text).length + 1);
  const tokens = counts.reduce((sum, n) => sum + n, 0);
  assertEquals(
    await surveyCorpus({ ...options, signal, stepTokens: tokens - 9 }),
    { documents: 9, tokens, exact: true, complete: true },
  );
  await assertRejects(
    () => surveyCorpus({ ...options, signal, stepTokens: tokens - 8 }),
    Error,
    `one step takes ${(tokens - 8).toLocaleString("en")}: the model could only learn them by heart`,
  );
});

Deno.test("a sentence trains nothing, and a run of another context has it in its files", async () => {
  await using folder = await openFolder();
  const at = (name: string) => join(folder.path, name);
  await Deno.writeTextFile(at("one.txt"), "This sentence is all there is. ".repeat(8));
  const one = await run(["pipeline", "--run", at("one"), at("one.txt")]);
  assertEquals(one.code, 2);
  assertMatch(
    one.err,
    /^error: Cannot train: the corpus has \d+ tokens .*; add text and give the same command again$/m,
  );
  // It does as it says: what was read is read again, and the seal is gone.
  await Deno.writeTextFile(at("one.txt"), prose(1, { words: 3000 }));
  const small = ["--steps", "1", "--workers", "1", at("one.txt")];
  const more = await run(["pipeline", "--run", at("one"), "--force", ...small]);
  assertEquals(more.code, 0, more.err);
  assertMatch(more.out, /corpus {4}\d,\d{3} tokens to train on, in 1 document$/m);

  await Deno.writeTextFile(at("many.txt"), prose(1, { words: 3000 }));
  const flags = ["--steps", "1", "--vocab", "300", "--context", "64", "--json"];
  const { code, out, err } = await run(["pipeline", "--run", at("many"), ...flags, at("many.txt")]);
  assertEquals(code, 0, err);
  const [{ plan }, { tokens }] = out.split("\n").slice(0, 2).map((line) => JSON.parse(line));
  assertEquals([plan.context, plan.stepTokens], [64, 1536]);
  assert(tokens > 1000 && tokens <= 1536, `${tokens} tokens`);
  const { tokenizer } = await readTokenizer(join(at("many"), "tokenizer.json"));
  assertEquals(
    plan.corpus.tokens,
    tokenizer.encode(await Deno.readTextFile(at("many.txt"))).length + 1,
  );
  const config = await Deno.readTextFile(join(at("many"), "checkpoints/step-000001/config.json"));
  assertEquals(JSON.parse(config).max_position_embeddings, 128);
  const again = await run(["pipeline", "--run", at("many"), "--context", "128"]);
  assertEquals(again.code, 2);
  assertMatch(again.err, /--context 128 \(began with 64\): that cannot change any more/);
});
