import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  ADAMW_DEFAULTS,
  addDelta,
  areasOf,
  decodeDelta,
  type DeltaForm,
  MUON_DEFAULTS,
  newReplicas,
  newTraining,
  outerStep,
  type ReplicasState,
  resumeTraining,
  snapshot,
  train,
  type TrainingState,
  type TrainOptions,
  trainReplica,
} from "../../../../stages/train/mod.ts";
import type { Batch, StepReport } from "../../../../stages/types.ts";
import type { Spheres } from "../../../../workers/mod.ts";
import { assertClose, openGolden, readGolden, readTensors } from "../../../workers/golden.ts";

const GOLDENS = new URL("../../../fixtures/goldens/", import.meta.url);
/** Runs by PyTorch, each from the weights of another golden model. */
const RUNS = [["diloco", "gqa_untied"], ["diloco_muloco", "mha_tied"]] as const;
const schedule = { name: "constant", peak: 3e-3, warmup: 0, floor: 1, decay: 0 } as const;

type RawBatch = Record<"inputIds" | "targetIds" | "mask", number[][]>;

interface Expected {
  readonly replicas: number;
  readonly inner: number;
  readonly rounds: number;
  readonly outerLr: number;
  readonly outerMomentum: number;
  readonly losses: number[][];
  readonly gradNorms: number[][];
}

/** A run's settings and results, and its batches in the order in which one machine trains on them. */
async function readRun(name: string) {
  const json = async (file: string) =>
    JSON.parse(await Deno.readTextFile(new URL(`${name}/${file}`, GOLDENS)));
  const raw: RawBatch[][] = await json("batches.json");
  const expected: Expected = await json("expected.json");
  const order = inOrder(expected, raw);
  return {
    expected,
    batches: order.map((batch, i) => batchOf(batch, i + 1)),
    tensors: await readTensors(new URL(`${name}/expected.safetensors`, GOLDENS)),
  };
}

/** What each replica has for each of its steps, in rounds. */
function inOrder<T>({ inner, rounds }: Expected, perReplica: readonly T[][]): T[] {
  return Array.from(
    { length: rounds },
    (_, round) => perReplica.flatMap((of) => of.slice(round * inner, (round + 1) * inner)),
  ).flat();
}

function batchOf({ inputIds, targetIds, mask }: RawBatch, number: number): Batch {
  return {
    inputIds: Int32Array.from(inputIds.flat()),
    targetIds: Int32Array.from(targetIds.flat()),
    mask: Int32Array.from(mask.flat()),
    rows: inputIds.length,
    cols: inputIds[0]?.length ?? 0,
    validTokens: mask.flat().reduce((a, b) => a + b, 0),
    cursor: { epoch: 0, batch: number, state: null },
  };
}

/** The state of a new run from the weights in `spheres`. */
function stateOf(spheres: Spheres, count: number, deltas: DeltaForm): TrainingState {
  const replicas = newReplicas(count, { length: spheres.layout.length, deltas });
  replicas.parameters.set(spheres.parameters);
  return { ...newTraining(), replicas };
}

function optionsOf({ replicas, inner, rounds, outerLr, outerMomentum }: Expected) {
  return {
    schedule,
    duration: { steps: replicas * inner * rounds },
    replicas: {
      innerSteps: inner,
      outerLearningRate: outerLr,
      outerMomentum,
      deltas: "f32",
    },
  } as const;
}

function reportsOf(batches: readonly Batch[], options: TrainOptions): Promise<StepReport[]> {
  return Array.fromAsync(ReadableStream.from(batches).pipeThrough(train(options)));
}

for (const [name, base] of RUNS) {
  Deno.test(`${name}: losses, weights and outer momentum match PyTorch`, async () => {
    const { expected, batches, tensors } = await readRun(name);
    await using spheres = await openGolden(await readGolden(base), { workers: 2 });
    const state = stateOf(spheres, expected.replicas, "f32");
    const options = { ...optionsOf(expected), spheres, state, snapshotEvery: 1 };
    const reports = await reportsOf(batches, options);
    assertEquals(reports.map(({ step }) => step), batches.map((_, i) => i + 1));
    for (const [i, loss] of inOrder(expected, expected.losses).entries()) {
      assertAlmostEquals(reports[i]?.loss ?? NaN, loss, 2e-4 * loss, `loss of step ${i + 1}`);
    }
    for (const [i, norm] of inOrder(expected, expected.gradNorms).entries()) {
      assertAlmostEquals(reports[i]?.gradNorm ?? NaN, norm, 2e-4 * norm, `norm of step ${i + 1}`);
    }
    const saved = reports.flatMap(({ snapshot }) => snapshot ?? []);
    assertEquals(saved.length, expected.rounds);
    const check = (area: Float32Array | undefined, prefix: string) => {
      for (const { name: tensor, offset, size } of spheres.layout.parameters) {
        const wanted = tensors.get(prefix + tensor) as Float32Array;
        const tolerance = 1e-3 * wanted.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        const found = area?.subarray(offset, offset + size) ?? new Float32Array();
        assertClose(found, wanted, { what: prefix + tensor, tolerance });
      }
    };
    check(saved[0]?.parameters, "after_round_1.");
    check(saved.at(-1)?.parameters, `after_round_${expected.rounds}.`);
    check(state.replicas?.outerMomentum, "outer_momentum.");
    // The spheres are left with the weights that all have in common.
    check(spheres.parameters, `after_round_${expected.rounds}.`);
  });
}

/** What decides everything after a round, to compare bit for bit. */
function bitsOf(state: TrainingState) {
  const { replicas, step, totalTokens, cursor, validation } = state;
  const { parameters, replicas: each } = replicas as ReplicasState;
  return {
    parameters,
    each,
    areas: areasOf(replicas as ReplicasState),
    step,
    totalTokens,
    cursor,
    validation,
  };
}

Deno.test("a stopped run goes on from its last whole round, to the same bits", async () => {
  const { expected, batches } = await readRun("diloco_muloco");
  await using spheres = await openGolden(await readGolden("mha_tied"), { workers: 2 });
  const start = spheres.parameters.slice();
  const options = (state: TrainingState): TrainOptions => ({
    ...optionsOf(expected),
    replicas: { innerSteps: 4, outerLearningRate: 0.9, outerMomentum: 0.8, deltas: "int8" },
    optimizer: { ...ADAMW_DEFAULTS, muon: MUON_DEFAULTS },
    schedule: { ...schedule, name: "wsd", warmup: 0.1, floor: 0.1, decay: 0.5 },
    spheres,
    state,
    validation: () => ReadableStream.from(batches.slice(0, 1)),
    validateEvery: 10,
  });
  const calm = stateOf(spheres, 2, "int8");
  const reports = await reportsOf(batches, options(calm));
  // Five rounds of 2 x 4 steps; a validation where one passes a multiple of ten, and at the end.
  const validated = reports.filter(({ validationLoss }) => validationLoss !== undefined);
  assertEquals(validated.map(({ step }) => step), [16, 24, 32, 40]);
  assertEquals(reports[12]?.replica, { rank: 1, replicas: 2, round: 2 });
  // Each replica has the learning rates of a run of its own steps.
  const rates = reports.map(({ learningRate }) => learningRate);
  assertEquals(rates.slice(0, 4), rates.slice(4, 8));
  assertEquals(rates.at(-1), 3e-3 * 0.1);

  spheres.parameters.set(start);
  const state = stateOf(spheres, 2, "int8");
  const stop = new AbortController();
  const seen: number[] = [];
  const stopped = ReadableStream.from(batches).pipeThrough(
    train({ ...options(state), stop: stop.signal }),
  );
  for await (const { step } of stopped) {
    seen.push(step);
    if (step === 19) stop.abort();
  }
  assertEquals([seen.at(-1), state.step, state.cursor], [19, 16, batches[15]?.cursor]);

  // As from a checkpoint: areas by their prefix, everything else as JSON.
  const saved = snapshot(spheres, state);
  const filled = newReplicas(2, { length: start.length, deltas: "int8" });
  filled.parameters.set(saved.parameters);
  filled.replicas[0]?.firstMoment.set(saved.firstMoment);
  filled.replicas[0]?.secondMoment.set(saved.secondMoment);
  for (const [prefix, area] of areasOf(filled)) area.set(saved.areas?.get(prefix) ?? []);
  const { step, totalTokens, cursors } = saved;
  const resumed = resumeTraining(
    { step, totalTokens, cursors: JSON.parse(JSON.stringify(cursors)) },
    filled,
  );
  await reportsOf(batches.slice(16), options(resumed));
  assertEquals(bitsOf(resumed), bitsOf(calm));
});

Deno.test("any machine computes any replica, in any order, to the same bits", async () => {
  const { expected, batches } = await readRun("diloco_muloco");
  const golden = await readGolden("mha_tied");
  await using here = await openGolden(golden, { workers: 2 });
  await using there = await openGolden(golden, { workers: 1 });
  const { inner, replicas: count } = expected;
  const state = stateOf(here, count, "int8");
  const before = state.replicas as ReplicasState;
  const settings = { ...optionsOf(expected).replicas, deltas: "int8" } as const;
  const turnOf = async (rank: number) => {
    const turn = trainReplica(
      there,
      ReadableStream.from(batches.slice(rank * inner, (rank + 1) * inner))[Symbol.asyncIterator](),
      {
        parameters: before.parameters,
        replica: before.replicas[rank] ?? before.replicas[0] as typeof before.replicas[0],
        done: 0,
        steps: inner,
        planned: inner,
        schedule,
        optimizer: ADAMW_DEFAULTS,
        guardDeviations: 0,
        deltas: "int8",
      },
    );
    for (;;) {
      const { done, value } = await turn.next();
      if (done) return value;
    }
  };
  const results = new Map();
  for (const rank of [1, 0]) results.set(rank, await turnOf(rank));
  const sum = new Float32Array(before.parameters.length);
  for (const rank of [0, 1]) {
    addDelta(sum, decodeDelta(results.get(rank).delta, { form: "int8", length: sum.length }));
  }
  const shared = outerStep(before, sum, { ...settings, replicas: count });
  await reportsOf(batches.slice(0, count * inner), {
    ...optionsOf(expected),
    replicas: settings,
    duration: { steps: count * inner },
    spheres: here,
    state,
  });
  assertEquals(state.replicas?.parameters, shared.parameters);
  assertEquals(state.replicas?.outerMomentum, shared.outerMomentum);
  assertEquals(state.replicas?.replicas, [results.get(0).replica, results.get(1).replica]);
});
