import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import {
  type Distribution,
  draw,
  keepMinP,
  keepTopP,
  keepTypical,
  softmax,
  topKIds,
} from "../../../engine/sampling/distribution.ts";
import { logits, total } from "./sampling.ts";

/** The probabilities, in the order of the ids. */
function probabilities({ weights, total }: Distribution): number[] {
  return Array.from(weights, (weight) => weight / total);
}

/** The distribution of tokens 0, 1, 2 and so on. */
function distributionOf(probabilities: readonly number[]): Distribution {
  return softmax(Float32Array.from(probabilities, Math.log), 1);
}

/** Tokens likeliest first, straight from the definition. */
function ranked(distribution: Distribution): { id: number; p: number }[] {
  const values = probabilities(distribution);
  return Array.from(distribution.ids, (id, i) => ({ id, p: values[i] ?? NaN }))
    .sort((a, b) => b.p - a.p || a.id - b.id);
}

/** In the order of numbers. */
function ascending(ids: Iterable<number>): number[] {
  return [...ids].sort((a, b) => a - b);
}

Deno.test("softmax equals its definition", () => {
  const values = probabilities(softmax(Float32Array.of(1, 2, 3), 1));
  // e^-2, e^-1 and 1 over their sum
  const expected = [0.09003057317038046, 0.24472847105479767, 0.6652409557748219];
  for (const [i, p] of expected.entries()) assertAlmostEquals(values[i] ?? NaN, p, 1e-11);
  const cool = probabilities(softmax(Float32Array.of(0, Math.log(2)), 0.5));
  assertAlmostEquals(cool[1] ?? NaN, 0.8, 1e-7); // 2² / (1 + 2²)
});

Deno.test("softmax of some tokens is theirs alone", () => {
  const some = softmax(Float32Array.of(5, 1, 9, 2, 3), 2, { ids: Uint32Array.of(1, 3, 4) });
  assertEquals([...some.ids], [1, 3, 4]);
  assertEquals(probabilities(some), probabilities(softmax(Float32Array.of(1, 2, 3), 2)));
});

Deno.test("softmax survives huge and infinitely negative logits", () => {
  const values = softmax(Float32Array.of(3e38, -3e38, -Infinity, 3e38), 0.01);
  assertEquals(probabilities(values), [0.5, 0, 0, 0.5]);
  const coldest = softmax(Float32Array.of(1, 1, 0.999), Number.MIN_VALUE);
  assertEquals(probabilities(coldest), [0.5, 0.5, 0]);
});

Deno.test("topKIds are the first of all that are sorted", () => {
  fc.assert(fc.property(logits, fc.integer({ min: 0, max: 250 }), (values, count) => {
    const expected = [...values.keys()]
      .sort((a, b) => (values[b] ?? NaN) - (values[a] ?? NaN) || a - b);
    assertEquals([...topKIds(values, count)], expected.slice(0, count));
  }));
  const values = Float32Array.of(-Infinity, 1, -Infinity, 2, -Infinity);
  assertEquals([...topKIds(values, 4)], [3, 1, 0, 2]);
  assertThrows(() => topKIds(Float32Array.of(1, 2, NaN), 1), RangeError, "not finite");
});

Deno.test("keepTopP keeps the fewest likeliest that reach p", () => {
  fc.assert(fc.property(logits, fc.double({ min: 0, max: 1, noNaN: true }), (values, p) => {
    const whole = softmax(values, 1);
    const kept = keepTopP(whole, p);
    const count = kept.ids.length;
    assertEquals([...kept.ids], ascending(ranked(whole).slice(0, count).map(({ id }) => id)));
    const mass = ranked(whole).slice(0, count).map((token) => token.p);
    assert(count === values.length || total(mass) >= p - 1e-12);
    assert(count === 1 || total(mass.slice(0, -1)) < p + 1e-12);
    assertAlmostEquals(kept.total / total(kept.weights), 1, 1e-12);
  }));
});

Deno.test("keepTopP is exact where thousands of tokens are nearly alike", () => {
  const values = Float32Array.from({ length: 5000 }, (_, i) => (i * 7919 % 5000) * 1e-5);
  for (const p of [0.1, 0.5, 0.999]) {
    const whole = softmax(values, 1);
    const kept = keepTopP(whole, p);
    const best = ranked(whole).slice(0, kept.ids.length);
    assertEquals([...kept.ids], ascending(best.map(({ id }) => id)));
    assert(total(best.map((token) => token.p)) >= p - 1e-12);
    assert(total(best.slice(0, -1).map((token) => token.p)) < p + 1e-12);
  }
});

Deno.test("draw never gives a token of probability 0, whatever rounding leaves", () => {
  const { ids, weights } = softmax(Float32Array.of(1, 2, -Infinity), 1);
  const total = 1.4; // more than there is
  assertEquals(draw({ ids, weights, total }, 1 - 1e-12), 1);
});

Deno.test("draw walks the distribution", () => {
  const values = Float32Array.from({ length: 8 }, (_, id) => id === 3 ? Math.log(3) : 0);
  const distribution = softmax(values, 1, { ids: Uint32Array.of(7, 3) });
  assertEquals([0, 0.2499, 0.25, 0.9999].map((u) => draw(distribution, u)), [7, 7, 3, 3]);
});

Deno.test("keepMinP keeps what is likely enough beside the likeliest", () => {
  fc.assert(fc.property(logits, fc.double({ min: 0, max: 1, noNaN: true }), (values, p) => {
    const whole = softmax(values, 1);
    const kept = keepMinP(whole, p);
    const highest = Math.max(...values);
    // In logits: exp(x) >= p * exp(highest). Ties with the threshold itself may fall either way.
    for (const [id, value] of values.entries()) {
      const margin = value - highest - Math.log(p);
      if (Math.abs(margin) > 1e-9) assertEquals(kept.ids.includes(id), margin > 0);
    }
    assertAlmostEquals(kept.total / total(kept.weights), 1, 1e-12);
  }));
});

Deno.test("keepTypical keeps the fewest whose surprise is closest to the entropy", () => {
  // Entropy of 1/2, 1/4, 1/8, 1/8 is 1.75 ln 2: the surprises 1, 2, 3, 3 (times ln 2) are 0.75,
  // 0.25, 1.25, 1.25 away.
  const whole = distributionOf([0.5, 0.25, 0.125, 0.125]);
  assertEquals([...keepTypical(whole, 0).ids], [1]);
  assertEquals([...keepTypical(whole, 0.2).ids], [1]);
  assertEquals([...keepTypical(whole, 0.3).ids], [0, 1]);
  assertEquals([...keepTypical(whole, 0.8).ids], [0, 1, 2]);
  for (const [i, p] of probabilities(keepTypical(whole, 0.76)).entries()) {
    assertAlmostEquals(p * 7, [4, 2, 1][i] ?? NaN, 1e-6);
  }
});

Deno.test("keepTypical is its definition, also where tokens are impossible", () => {
  fc.assert(fc.property(logits, fc.double({ min: 0, max: 0.999, noNaN: true }), (values, p) => {
    const whole = softmax(Float32Array.of(...values, -Infinity, -Infinity), 1);
    const possible = ranked(whole).filter((token) => token.p > 0);
    const entropy = total(possible.map((token) => -token.p * Math.log(token.p)));
    const oddity = (token: { p: number }) => Math.abs(-Math.log(token.p) - entropy);
    const kept = keepTypical(whole, p);
    const chosen = possible.filter(({ id }) => kept.ids.includes(id));
    const others = possible.filter(({ id }) => !kept.ids.includes(id));
    assertEquals(chosen.length, kept.ids.length);
    const worst = Math.max(...chosen.map(oddity));
    assert(others.every((token) => oddity(token) > worst - 1e-9));
    assert(others.length === 0 || total(chosen.map((token) => token.p)) >= p - 1e-9);
    const without = total(chosen.map((token) => token.p)) -
      Math.min(...chosen.filter((token) => oddity(token) > worst - 1e-9).map((token) => token.p));
    assert(chosen.length === 1 || without < p + 1e-9);
  }));
});
