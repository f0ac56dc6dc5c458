import { exportOnnx } from "../../model/onnx/mod.ts";
import { openOnnxEngine } from "../../serve/mod.ts";
import { assertClose, GOLDEN_STEP, GOLDENS, openGolden, readGolden } from "./golden.ts";

for (const name of GOLDENS) {
  Deno.test(`${name}: the exported model agrees with the training forward pass`, async () => {
    const golden = await readGolden(name);
    const { config, batch } = golden;
    await using spheres = await openGolden(golden, { keepLogits: true });
    // Weights that no file holds: a few steps away from the fixture's.
    for (let step = 1; step <= 3; step++) await spheres.step(batch, { ...GOLDEN_STEP, step });
    await spheres.evaluate(batch);
    const { layout, parameters, logits } = spheres;
    await using engine = await openOnnxEngine({
      model: exportOnnx({ config, layout, parameters }),
      config,
    });
    const { vocab_size: V } = config;
    for (let row = 0; row < batch.rows; row++) {
      const ids = batch.inputIds.subarray(row * batch.cols, (row + 1) * batch.cols);
      using sequence = engine.createSequence(ids.subarray(0, 1));
      for (let column = 0; column < batch.cols; column++) {
        if (column > 0) sequence.append(ids[column] as number);
        const [next] = await engine.step([sequence]);
        const token = row * batch.cols + column;
        assertClose(next ?? new Float32Array(), logits.subarray(token * V, (token + 1) * V), {
          what: `logits after token ${column} of row ${row}`,
          tolerance: 1e-4,
        });
      }
    }
  });
}
