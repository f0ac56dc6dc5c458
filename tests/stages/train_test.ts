import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import {
  ADAMW_DEFAULTS,
  MUON_DEFAULTS,
  SCHEDULE_DEFAULTS,
  type ScheduleName,
  train,
  type TrainingState,
  type TrainOptions,
} from "../../stages/train/mod.ts";
import { learningRateAt } from "../../stages/train/schedule.ts";
import type { Batch, StepReport } from "../../stages/types.ts";
import { type Golden, openGolden, readGolden } from "../workers/golden.ts";

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
  const state: TrainingState = { step: 0, totalTokens: 0, seconds: 0, cursor: undefined };
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
