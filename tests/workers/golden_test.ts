import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { presetConfig } from "../../model/config.ts";
import { packedBSize } from "../../kernels/mod.ts";
import { initParameters } from "../../model/init.ts";
import { createLayout } from "../../model/layout.ts";
import { planMemory } from "../../workers/memory_plan.ts";
import { openSpheres } from "../../workers/mod.ts";
import { createTopology } from "../../workers/topology.ts";
import {
  assertClose,
  type Golden,
  GOLDEN_STEP,
  GOLDENS,
  openGolden,
  readGolden,
} from "./golden.ts";

/** AdamW steps after which two runs are compared bit for bit. */
const STEPS = 30;

for (const name of GOLDENS) {
  // The plain build takes another path through the kernels, not through the architectures.
  const builds = name === "gqa_untied" || name === "mha_tied" ? [false, true] : [false];
  for (const strictSimd of builds) {
    const build = strictSimd ? "plain" : "relaxed";
    Deno.test(`${name} follows PyTorch (${build} SIMD)`, async (t) => {
      const golden = await readGolden(name);
      const { batch, losses, expected } = golden;
      await using spheres = await openGolden(golden, { strictSimd, keepLogits: true });
      const assertLogits = (what: string) =>
        assertClose(spheres.logits, expected.get(what) as Float32Array, { what, tolerance: 2e-5 });

      await t.step("in logits, loss and every gradient", async () => {
        const { loss } = await spheres.step(batch, { ...GOLDEN_STEP, step: 1, learningRate: 0 });
        assertAlmostEquals(loss, losses.loss, 1e-5);
        assertLogits("logits");
        for (const { name: tensor, offset, size } of spheres.layout.parameters) {
          assertClose(
            spheres.gradients.subarray(offset, offset + size),
            expected.get(`grad.${tensor}`) as Float32Array,
            { what: `gradient of ${tensor}`, tolerance: 1e-5 },
          );
        }
      });

      await t.step("where documents packed into one row do not see each other", async () => {
        const { segmentIds } = golden;
        const { loss, tokens } = await spheres.evaluate({ ...batch, segmentIds });
        assertAlmostEquals(loss / tokens, losses.packedLoss, 1e-5);
        assertLogits("packed_logits");
      });

      await t.step("through twenty AdamW steps", async () => {
        // Weights are as at first: the step above had a learning rate of 0.
        spheres.firstMoment.fill(0);
        spheres.secondMoment.fill(0);
        for (const [index, { loss, gradNorm }] of losses.steps.entries()) {
          const outcome = await spheres.step(batch, { ...GOLDEN_STEP, step: index + 1 });
          assertAlmostEquals(outcome.loss, loss, 2e-4 * loss);
          assertAlmostEquals(outcome.gradNorm, gradNorm, 2e-4 * gradNorm);
        }
        for (const { name: tensor, offset, size } of spheres.layout.parameters) {
          const final = expected.get(`final.${tensor}`);
          if (!final) continue;
          const what = `final ${tensor}`;
          const found = spheres.parameters.subarray(offset, offset + size);
          assertClose(found, final, { what, tolerance: 5e-4 });
        }
      });
    });
  }
}

/** Weights after {@linkcode STEPS} steps. */
async function trained(
  golden: Golden,
  options: { leaves?: number; workers?: number; recompute?: boolean; simd256?: boolean },
): Promise<Float32Array> {
  await using spheres = await openGolden(golden, options);
  for (let step = 1; step <= STEPS; step++) {
    await spheres.step(golden.batch, { ...GOLDEN_STEP, step });
  }
  return spheres.parameters.slice();
}

Deno.test("weights are the same bit for bit for any number of workers, and a second time", async () => {
  const golden = await readGolden("gqa_untied");
  const reference = await trained(golden, { workers: 1 });
  assert(
    reference.some((weight, i) => weight !== golden.weights.get("model.embed_tokens.weight")?.[i]),
  );
  for (const workers of [1, 2, 3, 4, 7]) {
    assertEquals(await trained(golden, { workers }), reference, `${workers} workers`);
  }
  assertEquals(await trained(golden, { workers: 2, simd256: true }), reference, "the 256-bit tile");
});

Deno.test("weights in the far memory give the same bits, by AdamW and by Muon", async () => {
  // Large enough that the head and gate and up are copied in several parts.
  const config = presetConfig("tiny", { vocabSize: 1021, endOfTextId: 0 });
  const [rows, cols] = [3, 20];
  const ids = Int32Array.from({ length: rows * cols }, (_, i) => (i * 37 + 5) % 1021);
  const batch = { inputIds: ids, targetIds: ids.toReversed(), mask: ids.map(() => 1) };
  const layout = createLayout(config);
  const trainedFar = async (options: { nearBytes?: number; workers: number }) => {
    await using spheres = await openSpheres({ config, rows, cols, ...options });
    initParameters(spheres.parameters, { config, layout, seed: 1 });
    await spheres.packWeights();
    for (let step = 1; step <= 4; step++) {
      const muon = step > 2 ? { muon: { learningRate: 0.01, momentum: 0.9 } } : {};
      const sizes = { rows, cols, validTokens: ids.length };
      await spheres.step({ ...batch, ...sizes }, { ...GOLDEN_STEP, ...muon, step });
    }
    const { parameters, firstMoment, secondMoment } = spheres;
    return [parameters.slice(), firstMoment.slice(), secondMoment.slice()];
  };
  const dims = { config, rows, cols, keepLogits: false, profile: false, recompute: false };
  const near = planMemory({ ...dims, topology: createTopology({ leaves: 12, workers: 2 }) });
  const nearBytes = near.bytes - 2 * packedBSize(config.hidden_size, 1021) * 4;
  const expected = await trainedFar({ workers: 1 });
  assertEquals(await trainedFar({ workers: 2, nearBytes }), expected);
  const far = planMemory({ ...near.dims, nearBytes });
  assert(far.packed.every((packed) => packed?.isFar !== false));
});

Deno.test("12 and 24 leaves give the same weights where their slices are the same", async () => {
  const golden = await readGolden("mha_tied");
  // Four rows: each lies alone in a leaf either way, among empty leaves.
  const reference = await trained(golden, { leaves: 12, workers: 2 });
  assertEquals(await trained(golden, { leaves: 24, workers: 3 }), reference);
});

Deno.test("recomputing activations takes less memory and gives the same weights", async () => {
  const golden = await readGolden("gqa_untied");
  assertEquals(
    await trained(golden, { recompute: true, workers: 2 }),
    await trained(golden, { workers: 2 }),
  );
  const bytes = async (recompute: boolean) => {
    const config = presetConfig("base", { vocabSize: 512, endOfTextId: 0 });
    await using spheres = await openSpheres({ config, rows: 12, cols: 256, workers: 1, recompute });
    return spheres.bytes;
  };
  // Five of six layers, 256 tokens: two rstd, qkv, attention and its 6 log-sums, the middle of the
  // residual stream, gate and up, and their product need no place of their own.
  const saved = 5 * 256 * (2 + 3 * 384 + 384 + 6 + 384 + 2 * 1024 + 1024) * 4;
  assertAlmostEquals(await bytes(false) - await bytes(true), saved, 2 * 65536);
});
