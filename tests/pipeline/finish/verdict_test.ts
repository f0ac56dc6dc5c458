import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { type CurvePoint, readCurve } from "../../../run/curve.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../../run/settings/pipeline.ts";
import { parseFlags } from "../../../cli/flags.ts";
import { type Course, describeVerdict, judge } from "../../../pipeline/finish/verdict.ts";
import { openFolder } from "../../commands/program.ts";

const { wanted: settings } = settingsOf(parseFlags([], { flags: PIPELINE_FLAGS }));

/** A validation each hundred steps: what it found, and the training loss then. */
function pointsOf(...losses: (readonly [loss: number, trainLoss: number])[]): CurvePoint[] {
  return losses.map(([loss, trainLoss], i) => ({
    step: 100 * (i + 1),
    loss,
    trainLoss,
    deviation: 0.1,
    batchTokens: 1536,
  }));
}

// A batch of 1,536 tokens varies by 0.1: a mean over four times as many by half of that.
const HELD_OUT = 4 * 1536;

function judged(points: readonly CurvePoint[], changes: Partial<Course> = {}) {
  return judge({
    points,
    heldOutTokens: HELD_OUT,
    step: 100 * points.length,
    passes: 0.5,
    root: "runs/mine",
    next: "runs/next",
    settings,
    mostSteps: undefined,
    cutAt: undefined,
    ...changes,
  });
}

Deno.test("a rise beyond the noise is overfitting where training loss fell, and else unstable", () => {
  const over = judged(pointsOf([6, 6], [5, 4], [5.04, 3], [5.06, 2]), { passes: 12.3 });
  assertEquals([over.kind, over.best?.step, over.last?.step], ["overfitting", 200, 400]);
  assertAlmostEquals(over.noise ?? 0, 0.05);
  const [reason = "", next = ""] = describeVerdict(over);
  assertStringIncludes(reason, "lowest at step 200 (5.000) and rose to 5.060 at step 400");
  assertStringIncludes(reason, "training loss fell from 4.000 to 2.000");
  assertStringIncludes(next, "12 passes");
  assert(next.endsWith("deno task pipeline --run runs/next --steps 200"), next);
  // Within the noise nothing has risen.
  assertEquals(judged(pointsOf([6, 6], [5, 4], [5.02, 3], [5.04, 2])).kind, "about right");
  const unstable = judged(pointsOf([6, 6], [5, 4], [7, 7]));
  assertEquals(unstable.kind, "unstable");
  assert(unstable.next.endsWith("--learning-rate 0.008"), unstable.next);
});

Deno.test("a fall over the last quarter beyond the noise is underfitting", () => {
  const points = pointsOf([6, 6], [5.5, 5.4], [5.2, 5], [5.1, 4.9]);
  const under = judged(points);
  assertEquals([under.kind, under.best?.step], ["underfitting", 400]);
  assertStringIncludes(under.reason, "from 5.200 at step 300 to 5.100");
  const command = "deno task pipeline --run runs/mine --steps 2640 --force";
  assert(under.next.startsWith("more steps help") && under.next.endsWith(command), under.next);
  // As many steps more as make four passes, and none where the plan has them.
  const { next: some } = judged(points, { passes: 2.1, mostSteps: 1_600 });
  assert(some.endsWith("--steps 1600 --force"), some);
  const { next: text } = judged(points, { passes: 4.3, mostSteps: 900 });
  assert(text.startsWith("add text: this run made 4.3 passes") && !text.includes("--steps"), text);
  assertEquals(judged(pointsOf([6, 6], [5.5, 5.4], [5.2, 5], [5.16, 4.9])).kind, "about right");
});

Deno.test("one validation, or none, shows no trend", () => {
  const one = judged(pointsOf([6, 6]), { step: 100 });
  assertEquals([one.kind, one.reason], ["too early to tell", "One validation shows no trend."]);
  assert(one.next.endsWith("--validate-every 12"), one.next);
  const brief = judged(pointsOf([6, 6]), { step: 5, mostSteps: 12 });
  assert(brief.next.endsWith("--run runs/mine --steps 12 --validate-every 2 --force"), brief.next);
  const least = judged(pointsOf([6, 6]), { step: 5, mostSteps: 4 });
  assert(least.next.startsWith("add text: "), least.next);
  const none = judged([], { passes: 10 });
  assertEquals([none.kind, none.best, none.noise], ["nothing held out", null, null]);
  assertStringIncludes(none.next, "10 passes");
});

Deno.test("of equal validations the later one is the best", () => {
  assertEquals(judged(pointsOf([6, 6], [5, 4], [5, 3])).best?.step, 300);
});

Deno.test("the command that begins anew has preset, steps and sources, quoted", () => {
  const args = ["--preset", "small", "--steps", "300", "/my notes", "/b.txt"];
  const { wanted } = settingsOf(parseFlags(args, { flags: PIPELINE_FLAGS }));
  const { next } = judged(pointsOf([6, 6]), { settings: wanted });
  const flags = "--preset small --steps 300 --validate-every 12 '/my notes' /b.txt";
  assert(next.endsWith(`deno task pipeline --run runs/next ${flags}`), next);
  const over = judged(pointsOf([5, 5], [6, 4]), { settings: wanted });
  assert(over.next.endsWith("--preset small --steps 100 '/my notes' /b.txt"), over.next);
});

Deno.test("readCurve takes loss, spread and tokens of the steps before each validation", async () => {
  await using folder = await openFolder();
  const path = `${folder.path}/metrics.jsonl`;
  const line = (step: number, more: object = {}) =>
    JSON.stringify({ step, loss: step % 2 ? 4 : 5, tokens: 100, ...more }) + "\n";
  let text = "";
  for (let step = 1; step <= 400; step++) {
    // A skipped step trains nothing; NaN is written as null.
    const more = step === 390 ? { skipped: true, loss: 99 } : step === 391 ? { loss: null } : {};
    const validationLoss = { 8: 6, 200: null, 400: 5.5 }[step];
    text += line(step, validationLoss === undefined ? more : { ...more, validationLoss });
  }
  await Deno.writeTextFile(path, text + '{"step":401,"lo');
  const { points } = await readCurve(path);
  assertEquals(points.map(({ step, loss }) => [step, loss]), [[8, 6], [400, 5.5]]);
  // A quarter of eight steps: one of 4 and one of 5, whose difference has the deviation 1/√2.
  const [early, late] = points;
  assertEquals([early?.trainLoss, early?.batchTokens], [4.5, 100]);
  assertAlmostEquals(early?.deviation ?? 0, Math.SQRT1_2);
  // Fifty steps, of which each but the two left out differs from its neighbour.
  assertAlmostEquals(late?.trainLoss ?? 0, 4.5, 0.011);
  assertAlmostEquals(late?.deviation ?? 0, Math.SQRT1_2, 0.02);
  assertEquals((await readCurve(`${folder.path}/none`)).points, []);
});

Deno.test("the words of a verdict are lines of their own", () => {
  const [first = "", second = ""] = describeVerdict(judged(pointsOf([6, 6], [5, 4])));
  assertMatch(first, /^Verdict: underfitting\. /);
  assertMatch(second, /^Next: /);
});

Deno.test("a steady fall is underfitting, though it is within the noise from one to the next", () => {
  const every = (...losses: number[]) =>
    losses.map((loss, i) => ({
      step: 3 * (i + 1),
      loss,
      trainLoss: loss,
      deviation: 0.3,
      batchTokens: 1536,
    }));
  const points = every(6.4, 6, 5.7, 5.4, 5.1, 4.9, 4.788, 4.73, 4.69, 4.658);
  const args = ["--steps", "30"];
  const { wanted } = settingsOf(parseFlags(args, { flags: PIPELINE_FLAGS }));
  const changes = { step: 30, passes: 1.2, mostSteps: 100, settings: wanted, heldOutTokens: 4000 };
  // The noise is 0.3 √(1536/4000) = 0.186; the fall from step 21 is 0.13.
  const falls = judged(points, changes);
  assertAlmostEquals(falls.noise ?? 0, 0.1859, 1e-4);
  assertEquals(falls.kind, "underfitting");
  assert(falls.next.endsWith("--run runs/mine --steps 60 --force"), falls.next);
  // Falls and rises in turn tell nothing, nor does a fall of a hundredth.
  const flat = every(6, 5, 4.9, 4.8, 4.75, 4.7, 4.72, 4.69, 4.71, 4.69);
  assertEquals(judged(flat, changes).kind, "about right");
  const tiny = every(6, 5, 4.9, 4.8, 4.704, 4.703, 4.702, 4.701, 4.7, 4.699);
  assertEquals(judged(tiny, changes).kind, "about right");
});

Deno.test("a run that patience ended before the learning rate fell is too early to tell", () => {
  const points = pointsOf([6, 6], [5, 5], [4.98, 4.97], [4.99, 4.96]);
  const changes = { settings: { ...settings, steps: 2000 }, cutAt: 0.98, mostSteps: 500 };
  const cut = judged(points, changes);
  assertEquals(cut.kind, "too early to tell");
  assertStringIncludes(cut.reason, "at step 400 of 2,000, with the learning rate at 98 %");
  assert(cut.next.endsWith("deno task pipeline --run runs/next --steps 500"), cut.next);
  const rest = judged(points, { ...changes, mostSteps: 9000 });
  assert(rest.next.endsWith("--run runs/mine --patience 0 --force"), rest.next);
  // Where it had fallen, the run is judged as any other.
  assertEquals(judged(points, { ...changes, cutAt: 0.1 }).kind, "about right");
});

Deno.test("text known by heart is overfitting, although validation has not risen", () => {
  const points = pointsOf([6, 6], [4, 3], [3.75, 1], [3.73, 0.4]);
  const changes = { passes: 8.6, mostSteps: 28, heldOutTokens: 443 };
  const { kind, reason, next } = judged(points, changes);
  assertEquals(kind, "overfitting");
  assertStringIncludes(reason, "Training loss is 0.400 and validation 3.730, 3.330 more");
  assertStringIncludes(reason, "Only 443 tokens are held out");
  assert(next.startsWith("add text, or plan at most 4 passes: "), next);
  assert(next.endsWith("--run runs/next --steps 28"), next);
  // The same gap after one pass is not for want of text, but speaks against a larger model.
  const once = judged(pointsOf([6, 6], [4, 3], [3.75, 2.5], [3.73, 2.4]), { passes: 1 });
  assertEquals(once.kind, "about right");
  assert(!once.next.includes("--preset"), once.next);
});

Deno.test("a verdict proposes no steps that a plan warns of, and a folder that is free", () => {
  const rise = pointsOf([6, 6], [5, 4], [5.3, 3], [5.4, 2]);
  const { next } = judged(rise, { passes: 20, mostSteps: 80, next: "runs/next-2" });
  assert(next.endsWith("--run runs/next-2 --steps 80"), next);
});
