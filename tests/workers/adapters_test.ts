import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createLayout } from "../../model/layout.ts";
import { packedBSize } from "../../kernels/mod.ts";
import { initParameters } from "../../model/init.ts";
import { createAdapterLayout, initAdapter, LORA_TARGETS, mergeAdapter } from "../../model/lora.ts";
import { planMemory } from "../../workers/memory_plan.ts";
import { createTopology, DEFAULT_LEAVES } from "../../workers/topology.ts";
import { openSpheres, type Spheres, type SpheresOptions } from "../../workers/mod.ts";
import { assertClose, GOLDEN_STEP, readGolden, readTensors } from "./golden.ts";

/** Numbers of PEFT; how they were made is in the README of the fixtures. */
const ROOT = new URL("../fixtures/goldens/lora/", import.meta.url);

const golden = await readGolden("gqa_untied");
const lora = { rank: 4, alpha: 8, targets: LORA_TARGETS };
const adapter = await readTensors(new URL("adapter_model.safetensors", ROOT));
const expected = await readTensors(new URL("expected.safetensors", ROOT));
const losses = JSON.parse(await Deno.readTextFile(new URL("expected.json", ROOT)));
const STEP = { ...GOLDEN_STEP, weightDecay: 0 };

/** The golden model with PEFT's adapter on it. */
async function open(options: Partial<SpheresOptions> = {}): Promise<Spheres> {
  const { config, batch: { rows, cols } } = golden;
  const spheres = await openSpheres({ config, rows, cols, lora, ...options });
  for (const { name, offset } of createLayout(golden.config).parameters) {
    spheres.frozen?.set(golden.weights.get(name) ?? [], offset);
  }
  for (const { name, offset } of spheres.layout.parameters) {
    const values = adapter.get(name);
    assert(values, name);
    spheres.parameters.set(values, offset);
  }
  await spheres.packWeights();
  return spheres;
}

/** Fails where values differ by more than 2e-5 of the largest. */
function assertNear(actual: Float32Array, wanted: Float32Array | undefined, what: string): void {
  assert(wanted, what);
  const most = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assertEquals(actual.length, wanted.length, what);
  for (const [i, value] of wanted.entries()) {
    assertAlmostEquals(actual[i] ?? NaN, value, 2e-5 * most, `${what}[${i}]`);
  }
}

Deno.test("an adapter's logits and every gradient match PEFT", async () => {
  await using spheres = await open({ keepLogits: true });
  const { loss, gradNorm } = await spheres.step(golden.batch, {
    ...STEP,
    step: 1,
    learningRate: 0,
  });
  assertAlmostEquals(loss, losses.loss, 1e-5);
  assertAlmostEquals(gradNorm, losses.gradNorm, 1e-5);
  assertNear(spheres.logits, expected.get("logits"), "logits");
  for (const { name, offset, size } of spheres.layout.parameters) {
    assertNear(
      spheres.gradients.subarray(offset, offset + size),
      expected.get(`grad.${name}`),
      name,
    );
  }
});

Deno.test("twenty steps of an adapter match PEFT, and the base stays as it is", async () => {
  await using spheres = await open();
  const before = spheres.frozen?.slice();
  for (const [at, wanted] of losses.steps.entries()) {
    const { loss, gradNorm } = await spheres.step(golden.batch, { ...STEP, step: at + 1 });
    assertAlmostEquals(loss, wanted.loss, 2e-4 * wanted.loss, `step ${at + 1}`);
    assertAlmostEquals(gradNorm, wanted.gradNorm, 2e-4 * wanted.gradNorm, `step ${at + 1}`);
  }
  for (const { name, offset, size } of spheres.layout.parameters) {
    assertClose(
      spheres.parameters.subarray(offset, offset + size),
      expected.get(`final.${name}`) as Float32Array,
      { what: name, tolerance: 1e-3 },
    );
  }
  assertEquals(spheres.frozen, before);
});

Deno.test("an adapter that is left out changes nothing, and merged matrices are PEFT's", async () => {
  await using spheres = await open();
  const adapted = await spheres.evaluate(golden.batch);
  spheres.useAdapter(false);
  const { loss, tokens } = await spheres.evaluate(golden.batch);
  assertAlmostEquals(loss / tokens, golden.losses.loss, 1e-5);
  spheres.useAdapter(true);
  assertEquals(await spheres.evaluate(golden.batch), adapted);

  const layout = createLayout(golden.config);
  const weights = spheres.frozen?.slice() ?? new Float32Array();
  const own = createAdapterLayout(layout, lora);
  mergeAdapter(weights, { adapter: spheres.parameters, layout: own, lora });
  for (const name of expected.keys()) {
    if (!name.startsWith("merged.")) continue;
    const { offset, size } = layout.get(name.replace("merged.", ""));
    assertNear(weights.subarray(offset, offset + size), expected.get(name), name);
  }
});

Deno.test("an adapter has the same bits where packed weights are in the far memory", async () => {
  // A larger vocabulary, so that leaving its packed weights out makes room for the copies.
  const config = { ...golden.config, vocab_size: 1021 };
  const { rows, cols } = golden.batch;
  const train = async (nearBytes?: number) => {
    const near = nearBytes === undefined ? {} : { nearBytes };
    await using spheres = await openSpheres({ config, rows, cols, lora, workers: 2, ...near });
    const layout = createLayout(config);
    assert(spheres.frozen);
    initParameters(spheres.frozen, { config, layout, seed: 1 });
    initAdapter(spheres.parameters, { layout: createAdapterLayout(layout, lora), seed: 1 });
    await spheres.packWeights();
    for (let step = 1; step <= 4; step++) await spheres.step(golden.batch, { ...STEP, step });
    return { bytes: spheres.bytes, parameters: spheres.parameters.slice() };
  };
  const topology = createTopology({ leaves: DEFAULT_LEAVES, workers: 2 });
  const off = { keepLogits: false, profile: false, recompute: false };
  const dims = { config, topology, rows, cols, lora, ...off };
  const nearBytes = planMemory(dims).bytes - packedBSize(config.hidden_size, 1021) * 4;
  assert(planMemory({ ...dims, nearBytes }).packed.some((group) => group?.isFar));
  assertEquals((await train(nearBytes)).parameters, (await train()).parameters);
});

Deno.test("an adapter has the same bits for any number of workers, recomputed or not", async () => {
  const train = async (options: Partial<SpheresOptions>) => {
    await using spheres = await open(options);
    for (let step = 1; step <= 8; step++) await spheres.step(golden.batch, { ...STEP, step });
    return spheres.parameters.slice();
  };
  const one = await train({ workers: 1 });
  for (const options of [{ workers: 3 }, { workers: 2, recompute: true }]) {
    assertEquals(await train(options), one);
  }
});
