import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  type Distribution,
  draw,
  keepMinP,
  keepTopK,
  keepTopP,
  keepTypical,
  softmax,
} from "../../serve/distribution.ts";
import { logits, total } from "./sampling.ts";

/** Tokens likeliest first, straight from the definition. */
function ranked({ ids, probabilities }: Distribution): { id: number; p: number }[] {
  return Array.from(ids, (id, i) => ({ id, p: probabilities[i] ?? NaN }))
    .sort((a, b) => b.p - a.p || a.id - b.id);
}

Deno.test("softmax equals its definition", () => {
  const { probabilities } = softmax(Float32Array.of(1, 2, 3), 1);
  // e^-2, e^-1 and 1 over their sum
  const expected = [0.09003057317038046, 0.24472847105479767, 0.6652409557748219];
  for (const [i, p] of expected.entries()) assertAlmostEquals(probabilities[i] ?? NaN, p, 1e-15);
  const { probabilities: cool } = softmax(Float32Array.of(0, Math.log(2)), 0.5);
  assertAlmostEquals(cool[1] ?? NaN, 0.8, 1e-7); // 2² / (1 + 2²)
});

Deno.test("softmax survives huge and infinitely negative logits", () => {
  const { probabilities } = softmax(Float32Array.of(3e38, -3e38, -Infinity, 3e38), 0.01);
  assertEquals([...probabilities], [0.5, 0, 0, 0.5]);
});

Deno.test("keepTopK keeps the k likeliest", () => {
  fc.assert(fc.property(logits, fc.integer({ min: 1, max: 250 }), (values, k) => {
    const whole = softmax(values, 1);
    const kept = keepTopK(whole, k);
    const expected = ranked(whole).slice(0, k);
    assertEquals([...kept.ids].sort(), expected.map(({ id }) => id).sort());
    const mass = total(expected.map(({ p }) => p));
    for (const { id, p } of ranked(kept)) {
      assertAlmostEquals(p, (whole.probabilities[id] ?? NaN) / mass, 1e-12);
    }
  }));
});

Deno.test("keepTopP keeps the fewest likeliest that reach p", () => {
  fc.assert(fc.property(logits, fc.double({ min: 0, max: 1, noNaN: true }), (values, p) => {
    const whole = softmax(values, 1);
    const kept = keepTopP(whole, p);
    const count = kept.ids.length;
    assertEquals([...kept.ids], ranked(whole).slice(0, count).map(({ id }) => id));
    const mass = ranked(whole).slice(0, count).map((token) => token.p);
    assert(count === values.length || total(mass) >= p - 1e-12);
    assert(count === 1 || total(mass.slice(0, -1)) < p + 1e-12);
    assertAlmostEquals(total(kept.probabilities), 1, 1e-12);
  }));
});

Deno.test("draw never gives a token of probability 0, whatever rounding leaves", () => {
  const ids = Uint32Array.of(1, 2, 3);
  assertEquals(draw({ ids, probabilities: Float64Array.of(0.3, 0.7 - 1e-9, 0) }, 1 - 1e-12), 2);
});

Deno.test("draw walks the distribution", () => {
  const distribution = { ids: Uint32Array.of(7, 3), probabilities: Float64Array.of(0.25, 0.75) };
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
    assertAlmostEquals(total(kept.probabilities), 1, 1e-12);
  }));
});

Deno.test("keepTypical keeps the fewest whose surprise is closest to the entropy", () => {
  // Entropy of 1/2, 1/4, 1/8, 1/8 is 1.75 ln 2: the surprises 1, 2, 3, 3 (times ln 2) are 0.75,
  // 0.25, 1.25, 1.25 away.
  const whole = {
    ids: Uint32Array.of(0, 1, 2, 3),
    probabilities: Float64Array.of(0.5, 0.25, 0.125, 0.125),
  };
  assertEquals([...keepTypical(whole, 0).ids], [1]);
  assertEquals([...keepTypical(whole, 0.25).ids], [1]);
  assertEquals([...keepTypical(whole, 0.3).ids], [1, 0]);
  assertEquals([...keepTypical(whole, 0.8).ids], [1, 0, 2]);
  assertEquals([...keepTypical(whole, 0.76).probabilities].map((p) => p * 7), [2, 4, 1]);
});
