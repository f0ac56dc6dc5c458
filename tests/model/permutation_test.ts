import { assertEquals, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { permutation } from "../../model/permutation.ts";

const valuesOf = (length: number, seed: number, epoch = 0) =>
  Array.from({ length }, (_, i) => i).map(permutation(length, { seed, name: "test", epoch }));

Deno.test("every value comes exactly once, for any length, seed and epoch", () => {
  fc.assert(
    fc.property(fc.nat(3000), fc.nat(), fc.nat(1000), (length, seed, epoch) => {
      const values = valuesOf(length, seed, epoch).sort((a, b) => a - b);
      assertEquals(values, Array.from({ length }, (_, i) => i));
    }),
    { numRuns: 200 },
  );
});

Deno.test("orders depend on seed and epoch, and on nothing else", () => {
  assertEquals(valuesOf(100, 1), valuesOf(100, 1));
  assertNotEquals(valuesOf(100, 1), valuesOf(100, 2));
  assertNotEquals(valuesOf(100, 1, 0), valuesOf(100, 1, 1));
});

Deno.test("places outside are refused", () => {
  const order = permutation(3, { seed: 0, name: "test" });
  for (const place of [-1, 3, NaN]) {
    assertThrows(() => order(place), RangeError, `Cannot permute ${place}: it is not in [0, 3)`);
  }
});

/** Pearson's statistic against equal counts. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, n) => sum + n, 0) / counts.length;
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
}

Deno.test("all orders of few items are equally likely", () => {
  // 99.99 % of chi-square with 5, 23 and 119 degrees of freedom lie below.
  for (const [length, orders, limit] of [[3, 6, 25.7], [4, 24, 56.2], [5, 120, 184]] as const) {
    const counts = new Map<string, number>();
    const draws = 100 * orders;
    for (let seed = 0; seed < draws; seed++) {
      const key = valuesOf(length, seed).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    assertEquals(counts.size, orders);
    assertLess(chiSquare([...counts.values()]), limit, `${length} items`);
  }
});

Deno.test("the beginning of an order is a uniform sample of a sorted corpus", () => {
  // Of 10,000 documents in ten folders one after the other, the first 1,000 of the order.
  const counts = Array.from({ length: 10 }, () => 0);
  for (let seed = 0; seed < 20; seed++) {
    const order = permutation(10_000, { seed, name: "test" });
    for (let place = 0; place < 1000; place++) {
      const folder = Math.floor(order(place) / 1000);
      counts[folder] = (counts[folder] ?? 0) + 1;
    }
  }
  // 99.99 % of chi-square with 9 degrees of freedom.
  assertLess(chiSquare(counts), 33.7);
});

Deno.test("neighbours do not stay together", () => {
  const length = 4096;
  const order = permutation(length, { seed: 3, name: "test" });
  const steps = Array.from({ length: length - 1 }, (_, i) => Math.abs(order(i + 1) - order(i)));
  const mean = steps.reduce((sum, n) => sum + n, 0) / steps.length;
  // Two uniform draws are a third of the range apart; the mean of 4,095 of them within 3 %.
  assertLess(Math.abs(mean / (length / 3) - 1), 0.03);
});
