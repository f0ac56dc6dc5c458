import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import type { HeadSample } from "../../workers/sample_area.ts";
import { type Golden, GOLDEN_STEP, openGolden, readGolden } from "./golden.ts";

const SAMPLE: HeadSample = { kept: 9, period: 4 };
const STILL = { ...GOLDEN_STEP, learningRate: 0 };

const golden = await readGolden("gqa_untied");
const { batch } = golden;

/** The loss that step `step` estimates, from PyTorch's logits. */
function estimated({ config, expected }: Golden, step: number): number {
  const { vocab_size: V } = config;
  const logits = expected.get("logits") as Float32Array;
  const targets = new Set(batch.targetIds.filter((_, i) => batch.mask[i] === 1));
  const weightOf = (id: number) => {
    if (id < SAMPLE.kept || targets.has(id)) return 1;
    return (id + step) % SAMPLE.period === 0 ? SAMPLE.period : 0;
  };
  let loss = 0;
  for (const [i, target] of batch.targetIds.entries()) {
    if (batch.mask[i] === 0) continue;
    const row = logits.subarray(i * V, (i + 1) * V);
    const sum = row.reduce((sum, logit, id) => sum + weightOf(id) * Math.exp(logit), 0);
    loss += Math.log(sum) - (row[target] as number);
  }
  return loss / batch.validTokens;
}

Deno.test("a sampled step estimates the loss from weighted ids, others in each step", async () => {
  await using spheres = await openGolden(golden, { headSample: SAMPLE });
  const losses = new Set<number>();
  for (let step = 1; step <= SAMPLE.period; step++) {
    const { loss } = await spheres.step(batch, { ...STILL, step, sampleHead: true });
    assertAlmostEquals(loss, estimated(golden, step), 1e-5);
    losses.add(loss);
  }
  assertEquals(losses.size, SAMPLE.period);
  const { loss } = await spheres.step(batch, { ...STILL, step: 1 });
  assertAlmostEquals(loss, golden.losses.loss, 1e-5);
});

Deno.test("its gradient is that of the estimate", async () => {
  await using spheres = await openGolden(golden, { headSample: SAMPLE });
  const { layout, parameters, gradients } = spheres;
  const lossNow = async () => {
    await spheres.packWeights();
    return (await spheres.step(batch, { ...STILL, step: 1, sampleHead: true })).loss;
  };
  await lossNow();
  const { offset, size, shape: [, D] } = layout.get("lm_head.weight");
  const found = gradients.slice();
  // Of 61 ids every fourth is sampled, so that rows without a gradient are exactly zero.
  const rows = Array.from(
    { length: size / (D as number) },
    (_, id) => found.subarray(offset + id * (D as number), offset + (id + 1) * (D as number)),
  );
  const bare = rows.flatMap((row, id) => row.every((x) => x === 0) ? [id] : []);
  assert(bare.length > 0);
  for (const id of bare) assert(id >= SAMPLE.kept && (id + 1) % SAMPLE.period !== 0);
  const sampled = rows.findIndex((row, id) =>
    id >= SAMPLE.kept && (id + 1) % SAMPLE.period === 0 && !batch.targetIds.includes(id) &&
    row.some((x) => x !== 0)
  );
  assert(sampled >= 0);
  const embedding = layout.get("model.embed_tokens.weight");
  const firstInput = embedding.offset + (batch.inputIds[0] as number) * (D as number);
  for (const at of [offset + 3, offset + sampled * (D as number) + 5, firstInput + 7]) {
    const weight = parameters[at] as number;
    const apart = 0.01;
    parameters[at] = weight + apart;
    const above = await lossNow();
    parameters[at] = weight - apart;
    const below = await lossNow();
    parameters[at] = weight;
    assertAlmostEquals(found[at] as number, (above - below) / (2 * apart), 5e-5);
  }
});

Deno.test("all ids kept give a full step's bits, and any workers those of one", async () => {
  const after = async (options: Parameters<typeof openGolden>[1], sampleHead: boolean) => {
    await using spheres = await openGolden(golden, { leaves: 4, ...options });
    for (let step = 1; step <= 4; step++) {
      await spheres.step(batch, { ...GOLDEN_STEP, step, sampleHead });
    }
    return spheres.parameters.slice();
  };
  const full = await after({ workers: 1 }, false);
  const { vocab_size: kept } = golden.config;
  assertEquals(await after({ workers: 1, headSample: { kept, period: 1 } }, true), full);
  const one = await after({ workers: 1, headSample: SAMPLE }, true);
  assertEquals(await after({ workers: 3, headSample: SAMPLE }, true), one);
  assert(one.some((x, i) => x !== full[i]));
});

Deno.test("sampling is refused where no memory is reserved, and where the head is tied", async () => {
  await using spheres = await openGolden(golden);
  await assertRejects(
    () => spheres.step(batch, { ...STILL, step: 1, sampleHead: true }),
    TypeError,
    "Cannot sample the vocabulary: the spheres were opened without headSample",
  );
  const tied = await readGolden("mha_tied");
  await assertRejects(() => openGolden(tied, { headSample: SAMPLE }), TypeError, "tied");
});
