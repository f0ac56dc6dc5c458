import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  isOutOfPatience,
  NO_VALIDATION,
  observeValidation,
  type Patience,
  readValidation,
  type ValidationState,
} from "../../../stages/train/patience.ts";
import {
  newTraining,
  resumeTraining,
  SCHEDULE_DEFAULTS,
  train,
  type TrainingState,
} from "../../../stages/train/mod.ts";
import { randomStream } from "../../../model/random.ts";
import type { Batch, Snapshot, StepReport } from "../../../stages/types.ts";
import { type Golden, openGolden, readGolden } from "../../workers/golden.ts";

/** Observes validations in order; those from `countsFrom` on count. */
function observed(losses: readonly number[], countsFrom = 0): ValidationState {
  return losses.reduce<ValidationState>(
    (state, loss, i) => observeValidation(state, { step: i + 1, loss, counts: i >= countsFrom }),
    NO_VALIDATION,
  );
}

Deno.test("patience counts validations since the loss last fell", () => {
  assertEquals(observed([3, 2, 2.5, 2.1]), { at: 4, best: { step: 2, loss: 2 }, misses: 2 });
  assertEquals(observed([3, 2, 2.5, 1.9]).misses, 0);
  // As low as the best is no fall, and the better place to be.
  assertEquals(observed([3, 2, 2]), { at: 3, best: { step: 3, loss: 2 }, misses: 1 });
  // What nobody saw twice does not count.
  assertEquals(observed([3, 4, 5, 6], 2).misses, 2);
  assertEquals(observed([NaN, NaN]), { at: 2, best: null, misses: 0 });
  assertEquals(observed([3, NaN]).misses, 1, "a diverged model does not get better");
  const patience = { validations: 2, fromPass: 0 };
  assert(isOutOfPatience(observed([1, 2, 3]), patience));
  assert(!isOutOfPatience(observed([1, 2]), patience));
  assert(!isOutOfPatience(observed([1, 2, 3]), undefined));
  const state = observed([3, 2, 2.5]);
  assertEquals(readValidation(JSON.parse(JSON.stringify(state))), state);
  assertEquals(readValidation(JSON.parse(JSON.stringify(NO_VALIDATION))), NO_VALIDATION);
  assertThrows(() => readValidation({ at: 1, best: { step: 1 }, misses: 0 }), TypeError);
  assertThrows(() => readValidation(undefined), TypeError, "no state of its validations");
});

/** Steps of a pass over this corpus of one batch. */
const PASS = 12;

/** A corpus of one batch, on which a model overfits: other targets are held out. */
async function overfit(
  { from = newTraining(), weights, patience, validateEvery = 5, steps = 200 }: {
    from?: TrainingState;
    weights?: Snapshot;
    patience?: Patience;
    validateEvery?: number;
    steps?: number;
  },
): Promise<{ reports: StepReport[]; state: TrainingState; parameters: Float32Array }> {
  const golden: Golden = await readGolden("gqa_untied");
  await using spheres = await openGolden(golden, { workers: 2 });
  if (weights) {
    spheres.parameters.set(weights.parameters);
    spheres.firstMoment.set(weights.firstMoment);
    spheres.secondMoment.set(weights.secondMoment);
    await spheres.packWeights();
  }
  const V = golden.config.vocab_size;
  const random = randomStream(1, { name: "held out" });
  const batchAfter = (batch: number): Batch => ({
    ...golden.batch,
    cursor: { epoch: Math.floor(batch / PASS), batch, state: null },
  });
  const heldOut = {
    ...batchAfter(0),
    targetIds: golden.batch.targetIds.map((_, i) => random.word(i) % V),
  };
  const batches = function* () {
    for (let batch = from.step;;) yield batchAfter(++batch);
  };
  const stage = train({
    spheres,
    state: from,
    validateEvery,
    snapshotEvery: 1,
    ...patience && { patience },
    duration: { steps },
    schedule: { name: "constant", peak: 0.003, ...SCHEDULE_DEFAULTS },
    validation: () => ReadableStream.from([heldOut]),
  });
  const reports = await Array.fromAsync(ReadableStream.from(batches()).pipeThrough(stage));
  return { reports, state: from, parameters: spheres.parameters.slice() };
}

/** The steps that validated, with what they found. */
function validations(reports: readonly StepReport[]): [step: number, loss: number][] {
  return reports.flatMap(({ step, validationLoss }) =>
    validationLoss === undefined ? [] : [[step, validationLoss]]
  );
}

Deno.test("training ends when patience is over, and a resumed one at the same step", async () => {
  const patience = { validations: 3, fromPass: 0 };
  const whole = await overfit({ patience });
  // Recomputed from what was reported: the first validation behind three that brought no fall.
  const found = validations(whole.reports);
  const isStop = (i: number) => {
    const lowest = Math.min(...found.slice(0, i - 2).map(([, loss]) => loss));
    return i >= 3 && found.slice(i - 2, i + 1).every(([, loss]) => loss >= lowest);
  };
  const stop = found.find((_, i) => isStop(i))?.[0];
  const last = whole.reports.at(-1)?.step ?? 0;
  assertEquals(last, stop);
  assert(last < 200, `it ends at step ${last}`);
  const [bestStep] = found.toSorted(([, a], [, b]) => a - b)[0] ?? [];
  assertEquals(whole.state.validation.best?.step, bestStep);

  for (const step of [1, (bestStep ?? 1) + 1, last - 2]) {
    // As it comes back from the disk.
    const snapshot = whole.reports[step - 1]?.snapshot as Snapshot;
    const from = resumeTraining({
      ...snapshot,
      cursors: JSON.parse(JSON.stringify(snapshot.cursors)),
    });
    const resumed = await overfit({ patience, from, weights: snapshot });
    assertEquals(resumed.reports.at(-1)?.step, last);
    assertEquals(resumed.parameters, whole.parameters);
  }
  // Nothing is left to train once it is over.
  const over = { ...whole.state };
  assertEquals((await overfit({ patience, from: over })).reports, []);
});

Deno.test("passes that end validate, and patience may count from the second on", async () => {
  const { reports } = await overfit({ validateEvery: 50, steps: 60 });
  // Step 50 is due, however near the end of a pass; step 60 ends a pass, and is the last.
  assertEquals(validations(reports).map(([step]) => step), [12, 24, 36, 48, 50, 60]);
  const patience = { validations: 2, fromPass: 3 };
  const late = await overfit({ patience });
  assert((late.reports.at(-1)?.step ?? 0) > 3 * PASS);
  const early = await overfit({ patience: { ...patience, fromPass: 0 } });
  assert((early.reports.at(-1)?.step ?? 0) < (late.reports.at(-1)?.step ?? 0));
});

Deno.test("the best step so far has a snapshot, whatever their distance", async () => {
  const golden = await readGolden("gqa_untied");
  await using spheres = await openGolden(golden, { workers: 1 });
  const batch = { ...golden.batch, cursor: { epoch: 0, batch: 1, state: null } };
  const stage = train({
    spheres,
    state: newTraining(),
    validateEvery: 3,
    snapshotEvery: 100,
    duration: { steps: 11 },
    schedule: { name: "constant", peak: 0.003, ...SCHEDULE_DEFAULTS },
    // What is trained on is validated on: each time it is better.
    validation: () => ReadableStream.from([batch]),
  });
  const reports = await Array.fromAsync(
    ReadableStream.from(Array.from({ length: 11 }, () => batch)).pipeThrough(stage),
  );
  const saved = reports.filter(({ snapshot }) => snapshot !== undefined);
  // The last step is saved by who ends the run.
  assertEquals(saved.map(({ step }) => step), [3, 6, 9]);
});
