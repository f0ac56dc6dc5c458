import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createLayout } from "../../model/layout.ts";
import { presetConfig } from "../../model/config.ts";
import { packedBSize } from "../../kernels/mod.ts";
import { initParameters } from "../../model/init.ts";
import { createAdapterLayout, initAdapter, LORA_TARGETS, mergeAdapter } from "../../model/lora.ts";
import { planMemory } from "../../workers/memory_plan.ts";
import { createTopology, DEFAULT_LEAVES } from "../../workers/topology.ts";
import {
  type FrozenType,
  openSpheres,
  type Spheres,
  type SpheresOptions,
} from "../../workers/mod.ts";
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

/** The weights that a type stands for: rows of the layers' matrices rounded, all else as it is. */
function rounded(type: "bf16" | "int8", weights: Float32Array): Float32Array {
  const layout = createLayout(golden.config);
  const result = weights.slice();
  const word = new DataView(new ArrayBuffer(4));
  for (const { layer, shape, offset, size } of layout.parameters) {
    if (layer < 0 || shape.length < 2) continue;
    const cols = shape[1] as number;
    for (let from = offset; from < offset + size; from += cols) {
      const row = weights.subarray(from, from + cols);
      const scale = Math.fround(Math.max(...row.map(Math.abs)) / 127);
      result.set(
        row.map((value) => {
          if (type === "int8") return Math.round(value / scale) * scale;
          word.setFloat32(0, value);
          const bits = word.getUint32(0);
          const below = bits % 0x10000, upper = bits - below;
          const isUp = below > 0x8000 || (below === 0x8000 && upper % 0x20000 !== 0);
          word.setUint32(0, upper + (isUp ? 0x10000 : 0));
          return word.getFloat32(0);
        }),
        from,
      );
    }
  }
  return result;
}

/** Four steps of the golden batch from `weights`. */
async function tuned(weights: Float32Array, options: Partial<SpheresOptions>) {
  const { config, batch: { rows, cols } } = golden;
  const { lora: used = lora } = options;
  await using spheres = await openSpheres({ config, rows, cols, lora: used, ...options });
  await spheres.fillFrozen((frozen) => Promise.resolve(frozen.set(weights)));
  const layout = createAdapterLayout(createLayout(config), used);
  initAdapter(spheres.parameters, { layout, seed: 1 });
  await spheres.packWeights();
  const losses: number[] = [];
  for (let step = 1; step <= 4; step++) {
    losses.push((await spheres.step(golden.batch, { ...STEP, step })).loss);
  }
  return { losses, parameters: spheres.parameters.slice(), bytes: spheres.bytes };
}

Deno.test("a base that is stored small trains as one of the rounded weights, to the bit", async () => {
  const layout = createLayout(golden.config);
  const weights = new Float32Array(layout.length);
  for (const { name, offset } of layout.parameters) {
    weights.set(golden.weights.get(name) ?? [], offset);
  }
  const exact = await tuned(weights, { workers: 1 });
  for (const frozenType of ["bf16", "int8"] as const) {
    const small = await tuned(weights, { workers: 2, frozenType });
    const wanted = await tuned(rounded(frozenType, weights), { workers: 1 });
    assertEquals(small.parameters, wanted.parameters, frozenType);
    assertEquals(small.losses, wanted.losses, frozenType);
    assert(small.losses[0] !== exact.losses[0], frozenType);
    const again = await tuned(weights, { workers: 3, recompute: true, frozenType });
    assertEquals(again.parameters, small.parameters, frozenType);
  }
});

Deno.test("a base in int8 takes a twelfth of one in f32 that is packed twice", () => {
  const config = presetConfig("small", { vocabSize: 512, endOfTextId: 0 });
  const topology = createTopology({ leaves: 1, workers: 1 });
  const off = { keepLogits: false, profile: false, recompute: false };
  const bytes = (frozenType: FrozenType) =>
    planMemory({ config, topology, rows: 1, cols: 16, lora, ...off, frozenType }).bytes;
  const count = createLayout(config).parameters.filter(({ layer, shape }) =>
    layer >= 0 && shape.length === 2
  ).reduce((sum, { size }) => sum + size, 0);
  // Beside the scales, and scratch that does not grow with the layers.
  const near = (saved: number, wanted: number) =>
    assert(Math.abs(saved / wanted - 1) < 0.05, `${saved} of ${wanted}`);
  near(bytes("f32") - bytes("int8"), 11 * count);
  near(bytes("f32") - bytes("bf16"), 10 * count);
});

Deno.test("an adapter of a high rank has the same bits for any number of workers", async () => {
  // Its gradients are larger than any segment of the weights.
  const high = { rank: 256, alpha: 2, targets: LORA_TARGETS };
  const weights = new Float32Array(createLayout(golden.config).length);
  initParameters(weights, { config: golden.config, layout: createLayout(golden.config), seed: 1 });
  const one = await tuned(weights, { lora: high, workers: 1 });
  const many = await tuned(weights, { lora: high, workers: 3 });
  assert(one.losses.every(Number.isFinite));
  assertEquals(many.losses, one.losses);
});
