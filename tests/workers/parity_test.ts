import { exportOnnx } from "../../model/onnx/mod.ts";
import { type Engine, openOnnxEngine, openWasmEngine } from "../../engine/mod.ts";
import { assertClose, GOLDEN_STEP, GOLDENS, openGolden, readGolden } from "./golden.ts";

for (const name of GOLDENS) {
  Deno.test(`${name}: both engines agree with the training forward pass`, async () => {
    const golden = await readGolden(name);
    const { config, batch } = golden;
    await using spheres = await openGolden(golden, { keepLogits: true });
    // Weights that no file holds: a few steps away from the fixture's.
    for (let step = 1; step <= 3; step++) await spheres.step(batch, { ...GOLDEN_STEP, step });
    await spheres.evaluate(batch);
    const { layout, parameters, logits } = spheres;
    await using onnx = await openOnnxEngine({
      model: exportOnnx({ config, layout, parameters }),
      config,
    });
    await using wasm = await openWasmEngine({ config, parameters, cacheBytes: 1 << 20 });
    const { vocab_size: V } = config;
    for (const [engine, row] of pairs([onnx, wasm], batch.rows)) {
      const ids = batch.inputIds.subarray(row * batch.cols, (row + 1) * batch.cols);
      using sequence = engine.createSequence(ids.subarray(0, 1));
      for (let column = 0; column < batch.cols; column++) {
        if (column > 0) sequence.append(ids[column] as number);
        const [next] = await engine.step([sequence]);
        const token = row * batch.cols + column;
        assertClose(next ?? new Float32Array(), logits.subarray(token * V, (token + 1) * V), {
          what: `${engine.fingerprint}: logits after token ${column} of row ${row}`,
          tolerance: 1e-4,
        });
      }
    }
  });
}

function pairs(engines: readonly Engine[], rows: number): [Engine, number][] {
  return engines.flatMap((engine) =>
    Array.from({ length: rows }, (_, row): [Engine, number] => [engine, row])
  );
}
