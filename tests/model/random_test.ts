import { assert, assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { philox, randomStream, type Words4 } from "../../model/random.ts";

// Random123 (D. E. Shaw Research), kat_vectors, lines "philox4x32 10": counter, key, result.
const KNOWN_ANSWERS: { counter: Words4; key: [number, number]; result: Words4 }[] = [
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    result: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    result: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    result: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

for (const [i, { counter, key, result }] of KNOWN_ANSWERS.entries()) {
  Deno.test(`philox gives Random123's known answer ${i}`, () => {
    assertEquals(philox(counter, key), result);
  });
}

Deno.test("randomStream draws differ between names, epochs, seeds and indices", () => {
  const drawn = new Set<number>();
  let draws = 0;
  // Names that differ by what a 32-bit XOR with a small seed would cancel are among these.
  for (const name of ["a", "b", "c", "init", "shuffle"]) {
    for (const seed of [0, 1, 2, 3, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
      for (const epoch of [0, 1, 2 ** 32 - 1]) {
        const stream = randomStream(seed, { name, epoch });
        for (const index of [0, 1, 2 ** 32, 2 ** 32 + 1, 2 ** 40]) {
          drawn.add(stream.word(index));
          draws++;
        }
      }
    }
  }
  // 525 words of 32 bits collide with probability 525^2 / 2^33, about 3e-5; the draw is fixed.
  assertEquals(drawn.size, draws);
});

Deno.test("randomStream.uniform is uniform in [0, 1)", () => {
  const stream = randomStream(7, { name: "uniform" });
  const bins = new Array<number>(16).fill(0);
  const n = 16_000;
  for (let i = 0; i < n; i++) {
    const u = stream.uniform(i);
    assert(u >= 0 && u < 1);
    const bin = Math.floor(u * 16);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  assertLess(chiSquare(bins, n / 16), 37.7, "chi-square, 15 degrees of freedom, p = 0.001");
});

Deno.test("randomStream.normal has the moments of the standard normal", () => {
  const stream = randomStream(7, { name: "normal" });
  const n = 50_000;
  const power = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const x = stream.normal(i);
    assert(Number.isFinite(x));
    for (let p = 1; p <= 4; p++) power[p] = (power[p] ?? 0) + x ** p / n;
  }
  // Four standard errors: sqrt(Var(x^p) / n) with Var = 1, 2, 15, 96.
  [0, 0, 1, 0, 3].forEach((expected, p) => {
    if (p === 0) return;
    const variance = [0, 1, 2, 15, 96][p] ?? 0;
    assertAlmostEquals(power[p] ?? NaN, expected, 4 * Math.sqrt(variance / n), `moment ${p}`);
  });
});

Deno.test("randomStream.shuffle gives each of 24 orders of four items equally often", () => {
  const stream = randomStream(1, { name: "shuffle" });
  const orders = new Map<string, number>();
  const n = 24_000;
  for (let i = 0; i < n; i++) {
    const order = stream.shuffle([0, 1, 2, 3], i).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assertEquals(orders.size, 24);
  assertLess(chiSquare([...orders.values()], n / 24), 49.7, "chi-square, 23 degrees, p = 0.001");
});

Deno.test("randomStream.shuffle keeps every item and depends on its index alone", () => {
  const items = Array.from({ length: 1000 }, (_, i) => i);
  const once = randomStream(3, { name: "rows", epoch: 2 }).shuffle([...items], 5);
  const again = randomStream(3, { name: "rows", epoch: 2 }).shuffle([...items], 5);
  const other = randomStream(3, { name: "rows", epoch: 2 }).shuffle([...items], 6);
  assertEquals(once, again);
  assert(once.join() !== other.join());
  assertEquals([...once].sort((a, b) => a - b), items);
  assertEquals(randomStream(3, { name: "rows" }).shuffle([], 0), []);
});

Deno.test("randomStream refuses what is no seed or no epoch", () => {
  for (const seed of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => randomStream(seed, { name: "x" }), RangeError, "--seed must be an integer");
  }
  for (const epoch of [-1, 0.5, NaN, 2 ** 32]) {
    assertThrows(() => randomStream(0, { name: "x", epoch }), RangeError, "epoch must be in");
  }
});

/** Pearson's statistic against equal expectations. */
function chiSquare(counts: readonly number[], expected: number): number {
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
