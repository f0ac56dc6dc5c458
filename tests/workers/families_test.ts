/** Families without a golden model: three forward passes agree, and gradients are slopes. */
import { assert, assertAlmostEquals, assertLess } from "@std/assert";
import { openOnnxEngine, openWasmEngine } from "../../engine/mod.ts";
import { exportOnnx } from "../../model/onnx/mod.ts";
import { openSpheres } from "../../workers/mod.ts";
import { distance } from "../engine/golden.ts";
import { RANDOM_FAMILIES, type RandomFamily, randomFamily } from "../model/families.ts";
import { GOLDEN_STEP } from "./golden.ts";

const ROWS = 2, COLS = 12, STEP = 0.01;

for (const name of Object.keys(RANDOM_FAMILIES) as RandomFamily[]) {
  Deno.test(`${name}: engine and ONNX have the trainer's logits, gradients are slopes`, async () => {
    const model = randomFamily(name);
    const { config, layout, parameters } = model;
    const ids = Int32Array.from({ length: ROWS * COLS }, (_, i) => (i * 7 + 3) % 61);
    const batch = {
      inputIds: ids,
      targetIds: ids.map((id) => (id * 5 + 1) % 61),
      mask: ids.map(() => 1),
      rows: ROWS,
      cols: COLS,
      validTokens: ids.length,
    };
    const sizes = { config, rows: ROWS, cols: COLS };
    await using spheres = await openSpheres({ ...sizes, keepLogits: true, recompute: true });
    spheres.parameters.set(parameters);
    await spheres.packWeights();
    await spheres.step(batch, { ...GOLDEN_STEP, step: 1, learningRate: 0 });

    const V = config.vocab_size;
    await using wasm = await openWasmEngine({ config, parameters, workers: 2, cacheBytes: 1 });
    await using onnx = await openOnnxEngine({ model: exportOnnx(model), config });
    for (const engine of [wasm, onnx]) {
      for (const length of [1, COLS]) {
        using sequence = engine.createSequence([...ids.subarray(0, length)]);
        let [logits] = await engine.step([sequence]);
        while (!logits) [logits] = await engine.step([sequence]);
        const expected = spheres.logits.subarray((length - 1) * V, length * V);
        assertLess(distance(logits, expected), 1e-4);
      }
    }

    // Along its own gradient, the loss of each tensor rises by the gradient's length.
    const gradients = spheres.gradients.slice();
    for (const { name, offset, size } of layout.parameters) {
      const gradient = gradients.subarray(offset, offset + size);
      const length = Math.hypot(...gradient);
      assert(length > 1e-4, `${name} has a gradient of ${length}`);
      const lossAt = async (distance: number) => {
        for (const [i, slope] of gradient.entries()) {
          const weight = parameters[offset + i] ?? NaN;
          spheres.parameters[offset + i] = weight + distance * slope / length;
        }
        await spheres.packWeights();
        const { loss, tokens } = await spheres.evaluate(batch);
        return loss / tokens;
      };
      const slope = (await lossAt(STEP) - await lossAt(-STEP)) / (2 * STEP);
      await lossAt(0);
      assertAlmostEquals(slope, length, 0.01 * length + 1e-4, name);
    }
  });
}
