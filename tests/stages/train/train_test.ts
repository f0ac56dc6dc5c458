import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ADAMW_DEFAULTS,
  MUON_DEFAULTS,
  newTraining,
  SCHEDULE_DEFAULTS,
  type ScheduleName,
  train,
  type TrainingState,
  type TrainOptions,
} from "../../../stages/train/mod.ts";
import { limitsOf, NEW_GUARD, observe, readGuard } from "../../../stages/train/guard.ts";
import { optimizerStep } from "../../../stages/train/optimizer.ts";
import { learningRateAt } from "../../../stages/train/schedule.ts";
import { randomStream } from "../../../model/random.ts";
import type { Batch, StepReport } from "../../../stages/types.ts";
import { type Golden, openGolden, readGolden } from "../../workers/golden.ts";

const schedule = (name: ScheduleName) => ({ name, peak: 0.01, ...SCHEDULE_DEFAULTS });

Deno.test("cosine: up in a line, down in half a cosine to the floor", () => {
  const at = (progress: number) =>
    learningRateAt(progress, { ...schedule("cosine"), warmup: 0.2, floor: 0.1 });
  assertAlmostEquals(at(0.1), 0.005);
  assertAlmostEquals(at(0.2), 0.01);
  // A quarter, half and all of the way down: cos 45° = 0.7071.
  assertAlmostEquals(at(0.4), 0.01 * (0.1 + 0.9 * (1 + Math.SQRT1_2) / 2));
  assertAlmostEquals(at(0.6), 0.0055);
  assertAlmostEquals(at(1), 0.001);
  assertAlmostEquals(at(1.1), 0.001, 1e-12, "a run by the clock may overshoot");
});

Deno.test("wsd: up in a line, stable, down in a line to the floor", () => {
  const at = (progress: number) =>
    learningRateAt(progress, { ...schedule("wsd"), warmup: 0.1, decay: 0.5, floor: 0 });
  assertAlmostEquals(at(0.05), 0.005);
  for (const progress of [0.1, 0.3, 0.5]) assertAlmostEquals(at(progress), 0.01);
  assertAlmostEquals(at(0.75), 0.005);
  assertEquals(at(1), 0);
  assertEquals(at(1.1), 0);
});

Deno.test("constant: the peak throughout", () => {
  for (const progress of [0, 0.01, 1]) {
    assertEquals(learningRateAt(progress, schedule("constant")), 0.01);
  }
});

function batchOf({ batch }: Golden): Batch {
  return { ...batch, cursor: { epoch: 0, batch: 1, state: undefined } };
}

/** Trains a golden model on one batch, again and again, until the stage ends the stream. */
async function reports(
  options: Pick<TrainOptions, "duration"> & Partial<TrainOptions>,
): Promise<{ reports: StepReport[]; state: TrainingState }> {
  const golden = await readGolden("gqa_untied");
  await using spheres = await openGolden(golden, { workers: 2 });
  const state = newTraining();
  const forever = function* () {
    for (;;) yield batchOf(golden);
  };
  const stage = train({ spheres, state, schedule: schedule("cosine"), ...options });
  return {
    reports: await Array.fromAsync(ReadableStream.from(forever()).pipeThrough(stage)),
    state,
  };
}

Deno.test("so many steps are trained, and the schedule ends with them", async () => {
  const { reports: steps, state } = await reports({ duration: { steps: 10 } });
  assertEquals(steps.map(({ step }) => step), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assertAlmostEquals(steps.at(-1)?.learningRate ?? 0, 0.01 * SCHEDULE_DEFAULTS.floor);
  assertEquals(state.totalTokens, steps.reduce((sum, { tokens }) => sum + tokens, 0));
});

Deno.test("a run by the clock plans its schedule by the seconds trained", async () => {
  // Each step takes ten seconds: read once before it and once after.
  let ms = 0;
  const now = () => (ms += 10_000) - 10_000;
  const { reports: steps, state } = await reports({ duration: { seconds: 95 }, now });
  assertEquals(steps.length, 10);
  assertEquals(state.seconds, 100);
  for (const [index, { learningRate }] of steps.entries()) {
    assertAlmostEquals(learningRate, learningRateAt(index * 10 / 95, schedule("cosine")));
  }
});

Deno.test("Muon, when asked for, updates otherwise than AdamW and learns", async () => {
  const duration = { steps: 12 };
  const [adamw, muon] = await Promise.all([
    reports({ duration }),
    reports({ duration, optimizer: { ...ADAMW_DEFAULTS, muon: MUON_DEFAULTS } }),
  ]);
  const last = (of: typeof adamw) => of.reports.at(-1)?.loss as number;
  assertEquals(muon.reports[0]?.loss, adamw.reports[0]?.loss);
  assert(last(muon) !== last(adamw));
  assert(last(muon) < (muon.reports[0]?.loss as number) - 0.5);
});

Deno.test("a learning rate that makes the loss infinite ends the stream with what to change", async () => {
  await assertRejects(
    () => reports({ duration: { steps: 50 }, schedule: { ...schedule("constant"), peak: 1e30 } }),
    RangeError,
    "try a lower --learning-rate",
  );
});

Deno.test("guard: an outlier is skipped, counted as its limit, and the run goes on", () => {
  let state = NEW_GUARD;
  const outcome = (loss: number) => ({ loss, gradNorm: 1 + loss / 10 });
  for (let step = 0; step < 99; step++) {
    state = observe(state, { outcome: outcome(step % 2 ? 3.1 : 2.9), limits: undefined });
  }
  assertEquals(limitsOf(state, 10), undefined, "too early to judge");
  state = observe(state, { outcome: outcome(3.1), limits: undefined });
  const limits = limitsOf(state, 10);
  // Values 3 ± 0.1 have a deviation of 0.1; so many of the memory's fifty are in.
  assertAlmostEquals(limits?.loss ?? 0, 4, 0.04);
  assertEquals(limitsOf(state, 0), undefined, "0 is no guard");
  const after = observe(state, { outcome: outcome(1e9), limits });
  assert((limitsOf(after, 10)?.loss ?? Infinity) < 5, "an outlier does not make room for the next");
  // What stays high is let through before long.
  let skipped = 0;
  for (let now = state; 6 > (limitsOf(now, 10)?.loss ?? 0); skipped++) {
    now = observe(now, { outcome: outcome(6), limits: limitsOf(now, 10) });
  }
  assert(skipped < 30, `${skipped} skipped`);
  assertEquals(readGuard(JSON.parse(JSON.stringify(state))), state);
  assertThrows(() => readGuard({ steps: 1 }), TypeError, "Cannot resume");
});

Deno.test("guard: an unusual document passes where the spread is small; a ruined step does not", () => {
  // Losses and gradient norms of the sample run before its step 1010, as mean and deviation.
  let state = NEW_GUARD;
  for (let step = 0; step < 200; step++) {
    const side = step % 2 ? 1 : -1;
    const outcome = { loss: 4.05 + 0.11 * side, gradNorm: 0.35 + 0.012 * side };
    state = observe(state, { outcome, limits: undefined });
  }
  const limits = limitsOf(state, 10) ?? { loss: 0, gradNorm: 0 };
  const passes = (loss: number, gradNorm: number) =>
    loss <= limits.loss && gradNorm <= limits.gradNorm;
  // What two batches of that run had, 13 to 80 deviations above.
  assert(passes(4.22, 0.51) && passes(4.42, 1.29));
  // What broken batches had in other runs, and a run that forgets what it learned.
  assert(!passes(4.5, 3.59) && !passes(4.1, 2) && !passes(5.3, 0.4) && !passes(8.3, 0.4));
  // A spread that is wide by itself still decides.
  const wide = { ...state, gradNorm: { mean: 0.35, variance: 0.04 } };
  assertAlmostEquals(limitsOf(wide, 10)?.gradNorm ?? 0, 2.35);
});

Deno.test("a step beyond its limits leaves weights and moments as they were", async () => {
  const golden = await readGolden("gqa_untied");
  await using spheres = await openGolden(golden, { workers: 2 });
  const step = (limits?: { loss: number; gradNorm: number }) =>
    spheres.step(batchOf(golden), {
      ...optimizerStep({ ...ADAMW_DEFAULTS, muon: MUON_DEFAULTS }, {
        step: 1,
        learningRate: 0.01,
        progress: 1,
      }),
      ...(limits && { limits }),
    });
  const { loss, gradNorm } = await spheres.step(batchOf(golden), {
    ...optimizerStep(ADAMW_DEFAULTS, { step: 1, learningRate: 0, progress: 1 }),
  });
  const before = [spheres.parameters.slice(), spheres.firstMoment.slice()];
  for (
    const limits of [{ loss: loss * 0.99, gradNorm: 1e9 }, { loss: 1e9, gradNorm: gradNorm * 0.99 }]
  ) {
    assertEquals((await step(limits)).skipped, true);
    assertEquals([spheres.parameters, spheres.firstMoment], before);
  }
  assertEquals((await step({ loss: loss * 1.01, gradNorm: gradNorm * 1.01 })).skipped, false);
  assert(spheres.parameters.some((weight, i) => weight !== before[0]?.[i]));
  assertEquals((await step()).skipped, false);
});

Deno.test("the stage skips a poisoned batch, says so, and keeps the guard in its state", async () => {
  const golden = await readGolden("gqa_untied");
  const V = golden.config.vocab_size;
  const good = batchOf(golden);
  const random = randomStream(3, { name: "guard" });
  // Targets drawn anew cost more than those learned by heart.
  const poisoned = { ...good, targetIds: good.targetIds.map((_, i) => random.word(i) % V) };
  const batches = Array.from({ length: 130 }, (_, i) => i === 119 ? poisoned : good);
  await using spheres = await openGolden(golden, { workers: 2 });
  const state = newTraining();
  const stage = train({
    spheres,
    state,
    schedule: { ...schedule("constant"), peak: 1e-3 },
    duration: { steps: 130 },
    guardDeviations: 6,
  });
  const steps = await Array.fromAsync(ReadableStream.from(batches).pipeThrough(stage));
  assertEquals(steps.filter(({ skipped }) => skipped).map(({ step }) => step), [120]);
  assertEquals(state.guard.steps, 130);
});
