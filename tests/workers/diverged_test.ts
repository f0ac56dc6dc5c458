import { assertEquals, assertRejects } from "@std/assert";
import { DivergedError } from "../../workers/mod.ts";
import { openGolden, readGolden } from "./golden.ts";

Deno.test("a validation loss that is not finite is a divergence, not a figure", async () => {
  const golden = await readGolden("mha_tied");
  await using spheres = await openGolden(golden, { workers: 1 });
  await spheres.evaluate(golden.batch);
  assertEquals(spheres.diverged, false);
  spheres.parameters[3] = NaN;
  await spheres.packWeights();
  const evaluate = () => spheres.evaluate(golden.batch);
  await assertRejects(
    evaluate,
    DivergedError,
    "Cannot validate: loss is NaN; training has diverged",
  );
  assertEquals(spheres.diverged, true);
});
