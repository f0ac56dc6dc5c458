import { assertEquals, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { permutation, stratifiedPermutation } from "../../model/permutation.ts";

const KINDS = { permutation, stratifiedPermutation };
type Kind = typeof permutation;
const valuesOf = (kind: Kind, length: number, seed: number, epoch = 0) =>
  Array.from({ length }, (_, i) => i).map(kind(length, { seed, name: "test", epoch }));

Deno.test("every value comes exactly once, for any length, seed and epoch", () => {
  for (const kind of Object.values(KINDS)) {
    fc.assert(
      fc.property(fc.nat(3000), fc.nat(), fc.nat(1000), (length, seed, epoch) => {
        const values = valuesOf(kind, length, seed, epoch).sort((a, b) => a - b);
        assertEquals(values, Array.from({ length }, (_, i) => i));
      }),
      { numRuns: 100 },
    );
  }
});

Deno.test("orders depend on seed and epoch, and on nothing else", () => {
  for (const kind of Object.values(KINDS)) {
    assertEquals(valuesOf(kind, 100, 1), valuesOf(kind, 100, 1));
    assertNotEquals(valuesOf(kind, 100, 1), valuesOf(kind, 100, 2));
    assertNotEquals(valuesOf(kind, 100, 1, 0), valuesOf(kind, 100, 1, 1));
  }
  // Places may be asked for in any order, such as after a resume.
  const order = stratifiedPermutation(1000, { seed: 1, name: "test" });
  const values = valuesOf(stratifiedPermutation, 1000, 1);
  for (const place of [999, 0, 512, 31, 998, 1]) assertEquals(order(place), values[place]);
});

Deno.test("places outside are refused", () => {
  for (const kind of Object.values(KINDS)) {
    const order = kind(3, { seed: 0, name: "test" });
    for (const place of [-1, 3, NaN]) {
      assertThrows(() => order(place), RangeError, `Cannot permute ${place}: it is not in [0, 3)`);
    }
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
      const key = valuesOf(permutation, length, seed).join();
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

Deno.test("every stretch of a stratified order has each part of the domain by its size", () => {
  // Four folders of 700, 200, 90 and 10 of 1,000 documents.
  const ends = [700, 900, 990, 1000];
  for (let seed = 0; seed < 50; seed++) {
    const values = valuesOf(stratifiedPermutation, 1000, seed);
    for (const [from, to] of [[0, 310], [155, 465], [690, 1000]] as const) {
      const counts = ends.map((end, i) =>
        values.slice(from, to).filter((value) => value < end && value >= (ends[i - 1] ?? 0)).length
      );
      for (const [i, count] of counts.entries()) {
        const expected = (to - from) * ((ends[i] as number) - (ends[i - 1] ?? 0)) / 1000;
        // Ten rounds of 31 strata: what is off comes from the strata that a border cuts.
        assertLess(Math.abs(count - expected), 10, `folder ${i}, ${from} to ${to}, seed ${seed}`);
      }
    }
  }
});

Deno.test("every value is as likely at every place of a stratified order", () => {
  const length = 12;
  for (const place of [0, 5, 11]) {
    const counts = Array.from({ length }, () => 0);
    for (let seed = 0; seed < 1200; seed++) {
      const value = stratifiedPermutation(length, { seed, name: "test" })(place);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    // 99.99 % of chi-square with 11 degrees of freedom.
    assertLess(chiSquare(counts), 37.4, `place ${place}`);
  }
});

Deno.test("neighbours do not stay together", () => {
  const length = 4096;
  const order = permutation(length, { seed: 3, name: "test" });
  const steps = Array.from({ length: length - 1 }, (_, i) => Math.abs(order(i + 1) - order(i)));
  const mean = steps.reduce((sum, n) => sum + n, 0) / steps.length;
  // Two uniform draws are a third of the range apart; the mean of 4,095 of them within 3 %.
  assertLess(Math.abs(mean / (length / 3) - 1), 0.03);
});
