import { assert, assertEquals } from "@std/assert";
import { passesOf, shapeOf } from "../../../pipeline/tune/shape.ts";

/** Conversations of so many targets each. */
const of = (...sizes: number[]) =>
  sizes.map((size) => [{ ids: new Uint32Array(size + 1), mask: new Uint8Array(size + 1) }]);
const wishes = { rows: undefined, context: undefined, most: 512, text: false };

Deno.test("a step holds about eight conversations, each in one row", () => {
  const cases: [units: number[], more: Partial<typeof wishes>, rows: number, cols: number][] = [
    // Fifty short ones: one step of 12 rows of 512 would hold all of them.
    [Array(50).fill(25), {}, 6, 32],
    [Array(50).fill(400), {}, 8, 400],
    [[...Array(49).fill(20), 500], {}, 4, 512],
    [Array(50).fill(25), { most: 24 }, 8, 24],
    // Plain text wants more than a few tokens in a row.
    [Array(50).fill(25), { text: true }, 4, 64],
    [[1], {}, 4, 16],
  ];
  for (const [sizes, more, rows, cols] of cases) {
    assertEquals(shapeOf(of(...sizes), { ...wishes, ...more }), { rows, cols });
  }
});

Deno.test("what the command line says of rows and context is taken", () => {
  const units = of(...Array(50).fill(25));
  assertEquals(shapeOf(units, { ...wishes, rows: 2, context: 128 }), { rows: 2, cols: 128 });
  assertEquals(shapeOf(units, { ...wishes, rows: 2 }), { rows: 2, cols: 112 });
  assertEquals(shapeOf(units, { ...wishes, context: 40 }), { rows: 5, cols: 40 });
});

Deno.test("few conversations are passed over more often, by small models and adapters above all", () => {
  const [small, large] = [2_000_000, 135_000_000];
  const cases: [stepsPerPass: number, weights: number, slow: boolean, passes: number][] = [
    [7, small, false, 29],
    [7, large, false, 29],
    [7, large, true, 58],
    [2, small, false, 30],
    [115, small, false, 12],
    [115, large, false, 3],
    [115, large, true, 4],
  ];
  for (const [stepsPerPass, weights, slow, passes] of cases) {
    assertEquals(passesOf({ stepsPerPass, weights, slow }), passes);
  }
  assert(passesOf({ stepsPerPass: 1, weights: large, slow: true }) <= 60);
});
