import { assertEquals, assertRejects } from "@std/assert";
import { presetConfig } from "../../model/config.ts";
import { openSpheres } from "../../workers/mod.ts";
import { GOLDEN_STEP, openGolden, readGolden } from "./golden.ts";

Deno.test("a leaf that traps ends the step with an error naming the sphere", async () => {
  const golden = await readGolden("mha_tied");
  await using spheres = await openGolden(golden, { workers: 2 });
  const inputIds = golden.batch.inputIds.slice();
  // Row 2 of 4 is leaf 8 of 12, of which each worker runs six at once; an embedding 2 GiB away is past the end of the memory and traps.
  inputIds[2 * golden.batch.cols] = Math.floor(2 ** 31 / golden.config.hidden_size / 4);
  const step = () => spheres.step({ ...golden.batch, inputIds }, { ...GOLDEN_STEP, step: 1 });
  await assertRejects(step, Error, "Cannot go on: one of leaf spheres 6 to 11 on worker");
  // What a trap leaves behind is not to be trusted: every later call refuses too.
  await assertRejects(() => spheres.evaluate(golden.batch), Error, "leaf spheres 6 to 11");
});

Deno.test("a gradient that is not finite leaves the weights as they were", async () => {
  const golden = await readGolden("mha_tied");
  await using spheres = await openGolden(golden, { workers: 2 });
  spheres.parameters[3] = NaN;
  await spheres.packWeights();
  const before = new Int32Array(spheres.parameters.slice().buffer);
  await assertRejects(
    () => spheres.step(golden.batch, { ...GOLDEN_STEP, step: 1 }),
    RangeError,
    "Cannot update at step 1: loss is NaN",
  );
  assertEquals(new Int32Array(spheres.parameters.slice().buffer), before);
});

Deno.test("a batch of another shape is refused", async () => {
  const golden = await readGolden("mha_tied");
  await using spheres = await openGolden(golden, { workers: 1 });
  await assertRejects(
    () => spheres.evaluate({ ...golden.batch, rows: 5 }),
    TypeError,
    "Cannot train on a batch of 5 x 19: the spheres were opened for at most 4 rows of 19",
  );
});

Deno.test("a model that does not fit is refused with the arithmetic", async () => {
  const config = presetConfig("base", { vocabSize: 700_000, endOfTextId: 0 });
  await assertRejects(
    () => openSpheres({ config, rows: 12, cols: 256, workers: 2 }),
    RangeError,
    "of shared memory that kernels work on, and 4096 MiB are addressable (weights and gradients",
  );
});
