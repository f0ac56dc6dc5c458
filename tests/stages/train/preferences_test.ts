import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { createLayout } from "../../../model/layout.ts";
import { createAdapterLayout, initAdapter, LORA_TARGETS } from "../../../model/lora.ts";
import { preferences } from "../../../stages/train/mod.ts";
import { openSpheres, type SphereBatch, type Spheres } from "../../../workers/mod.ts";
import { GOLDEN_STEP, readGolden } from "../../workers/golden.ts";

const golden = await readGolden("gqa_untied");
const lora = { rank: 2, alpha: 4, targets: LORA_TARGETS };
const BETA = 0.3;

/** Two pairs in the first row, one in the second and none in the others. */
function pairs(): SphereBatch {
  const { batch } = golden;
  const { rows, cols } = batch;
  assert(rows >= 2 && cols >= 12);
  const bounds = [[3, 5, 8, 11], [4, 12]];
  const segmentIds = new Int32Array(rows * cols);
  const mask = new Int32Array(rows * cols);
  bounds.forEach((ends, row) => {
    let from = row * cols;
    ends.forEach((end, segment) => {
      segmentIds.fill(segment, from, row * cols + end);
      mask.fill(1, from + 1, row * cols + end);
      from = row * cols + end;
    });
    segmentIds.fill(ends.length, from, (row + 1) * cols);
  });
  return { ...batch, segmentIds, mask, validTokens: mask.reduce((a, b) => a + b, 0) };
}

/** Places of the answers above. */
const ANSWERS = [[0, 3], [3, 5], [5, 8], [8, 11], [0, 4], [4, 12]];

async function open(): Promise<Spheres> {
  const { config, batch: { rows, cols }, weights } = golden;
  const spheres = await openSpheres({ config, rows, cols, lora, keepLogits: true });
  const base = createLayout(config);
  for (const { name, offset } of base.parameters) {
    spheres.frozen?.set(weights.get(name) ?? [], offset);
  }
  const layout = createAdapterLayout(base, lora);
  initAdapter(spheres.parameters, { layout, seed: 3 });
  // Away from the reference.
  for (const { b } of layout.matrices) {
    for (let i = 0; i < b.size; i++) {
      spheres.parameters[b.offset + i] = 0.1 * Math.sin(i + b.offset);
    }
  }
  await spheres.packWeights();
  return spheres;
}

/** Log-probabilities of the answers, in f64 from the logits alone. */
function answersOf(spheres: Spheres, batch: SphereBatch): number[] {
  const { vocab_size: V } = golden.config;
  return ANSWERS.map(([from = 0, to = 0], answer) => {
    const row = answer < 4 ? 0 : 1;
    let sum = 0;
    for (let at = row * batch.cols + from; at < row * batch.cols + to; at++) {
      if (!batch.mask[at]) continue;
      const logits = Float64Array.from(spheres.logits.subarray(at * V, (at + 1) * V));
      const top = Math.max(...logits);
      const total = logits.reduce((all, logit) => all + Math.exp(logit - top), 0);
      sum += (logits[batch.targetIds[at] ?? 0] ?? NaN) - top - Math.log(total);
    }
    return sum;
  });
}

/** The loss of the paper, in f64. */
async function lossByFormula(spheres: Spheres, batch: SphereBatch): Promise<number> {
  spheres.useAdapter(false);
  await spheres.evaluate(batch);
  const reference = answersOf(spheres, batch);
  spheres.useAdapter(true);
  await spheres.evaluate(batch);
  const own = answersOf(spheres, batch);
  let loss = 0;
  for (let i = 0; i < own.length; i += 2) {
    const ratio = (at: number) => (own[at] ?? NaN) - (reference[at] ?? NaN);
    loss -= Math.log(1 / (1 + Math.exp(-BETA * (ratio(i) - ratio(i + 1)))));
  }
  return loss / (own.length / 2);
}

Deno.test("the loss of preferences is the paper's formula, and its gradient that loss's slope", async () => {
  await using spheres = await open();
  const batch = pairs();
  const objective = preferences(spheres, { beta: BETA });
  const wanted = await lossByFormula(spheres, batch);
  const { loss: sum, tokens } = await objective.evaluate(batch);
  assertEquals(tokens, 3);
  assertAlmostEquals(sum / tokens, wanted, 1e-5);

  const still = { ...GOLDEN_STEP, step: 1, learningRate: 0, weightDecay: 0, clip: Infinity };
  const { loss, gradNorm } = await objective.step(batch, still);
  assertAlmostEquals(loss, wanted, 1e-5);
  const before = spheres.parameters.slice();
  const gradient = spheres.gradients.slice();
  const at = async (step: number) => {
    before.forEach((value, i) => {
      spheres.parameters[i] = value + step * (gradient[i] as number) / gradNorm;
    });
    await spheres.packWeights();
    return await lossByFormula(spheres, batch);
  };
  const half = 0.02;
  const slope = (await at(half) - await at(-half)) / (2 * half);
  assertAlmostEquals(slope, gradNorm, 1e-2 * gradNorm);
});

Deno.test("preferences are learned: the loss falls from log 2", async () => {
  await using spheres = await open();
  const { config } = golden;
  const layout = createAdapterLayout(createLayout(config), lora);
  initAdapter(spheres.parameters, { layout, seed: 3 });
  for (const { b } of layout.matrices) spheres.parameters.fill(0, b.offset, b.offset + b.size);
  await spheres.packWeights();
  const objective = preferences(spheres, { beta: BETA });
  const losses: number[] = [];
  for (let step = 1; step <= 12; step++) {
    const { loss } = await objective.step(pairs(), { ...GOLDEN_STEP, step, weightDecay: 0 });
    losses.push(loss);
  }
  assertAlmostEquals(losses[0] ?? NaN, Math.log(2), 1e-6);
  assertLess(losses.at(-1) ?? NaN, 0.5);
});
