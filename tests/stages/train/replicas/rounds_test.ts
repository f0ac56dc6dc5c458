import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import {
  ADAMW_DEFAULTS,
  type DeltaForm,
  MUON_DEFAULTS,
  newReplicas,
  newTraining,
  resumeTraining,
  snapshot,
  train,
  type TrainingState,
  type TrainOptions,
} from "../../../../stages/train/mod.ts";
import { areasOf } from "../../../../stages/train/replicas/state.ts";
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
