import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { compileKernels } from "../../../kernels/mod.ts";
import { expNegative } from "../../../engine/sampling/exponential.ts";
import { createExpWeights, expWeightsPlain } from "../../../engine/sampling/exp_weights.ts";
import { logits } from "./sampling.ts";

const SIZE = 300;
const byKernel = createExpWeights(await compileKernels(), SIZE);
const WAYS = [["JavaScript", expWeightsPlain, 1e-10], ["the kernel", byKernel, 2e-5]] as const;

Deno.test("the exponential is JavaScript's to 1e-11, down to nothing", () => {
  fc.assert(fc.property(fc.double({ min: 0, max: 708, noNaN: true }), (x) => {
    assertAlmostEquals(expNegative(x) / Math.exp(-x), 1, 1e-11);
  }));
  assertEquals([0, 760, 1e300, Infinity, NaN].map(expNegative), [1, 0, 0, 0, NaN]);
});

for (const [name, expWeights, tolerance] of WAYS) {
  Deno.test(`weights by ${name} are those of the definition`, () => {
    const temperatures = fc.double({ min: 0.05, max: 20, noNaN: true });
    fc.assert(fc.property(logits, temperatures, (values, temperature) => {
      const highest = Math.max(...values);
      const { weights, total } = expWeights(values, temperature);
      assertEquals(weights.length, values.length);
      for (const [id, value] of values.entries()) {
        const expected = Math.exp((value - highest) / temperature);
        assertAlmostEquals(weights[id] ?? NaN, expected, tolerance * expected + 1e-37);
      }
      const sum = weights.reduce((a, b) => a + b, 0);
      assertAlmostEquals(total, sum, 1e-12 * sum);
    }));
  });

  Deno.test(`weights by ${name} survive whatever is finite somewhere, and refuse the rest`, () => {
    const weightsOf = (values: number[], temperature: number) => [
      ...expWeights(Float32Array.from(values), temperature).weights,
    ];
    assertEquals(weightsOf([3e38, -3e38, -Infinity, 3e38], 0.01), [1, 0, 0, 1]);
    assertEquals(weightsOf([1, 1, 0.999, 1, 1], Number.MIN_VALUE), [1, 1, 0, 1, 1]);
    assertEquals(weightsOf([-1e-45, 0], 1e300), [1, 1]);
    const bad = [[NaN, 1], [1, NaN], [1, 2, 3, 4, NaN], [Infinity, 0], [-Infinity, -Infinity]];
    for (const values of [...bad, Array.from({ length: 40 }, (_, i) => i === 17 ? NaN : i)]) {
      assertThrows(() => expWeights(Float32Array.from(values), 1), RangeError, "not finite");
    }
    assert(weightsOf([0], 1)[0] === 1);
  });
}
