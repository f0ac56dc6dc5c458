import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import {
  createSampler,
  type Distribution,
  draw,
  keepTopK,
  keepTopP,
  likeliest,
  softmax,
} from "../../serve/sampler.ts";
import { randomStream } from "../../model/random.ts";

/** Eighths, so that equal logits are common and others are told apart by their probabilities. */
const logits = fc.array(fc.integer({ min: -160, max: 160 }), { minLength: 1, maxLength: 200 })
  .map((values) => Float32Array.from(values, (value) => value / 8));

/** Tokens likeliest first, straight from the definition. */
function ranked({ ids, probabilities }: Distribution): { id: number; p: number }[] {
  return Array.from(ids, (id, i) => ({ id, p: probabilities[i] ?? NaN }))
    .sort((a, b) => b.p - a.p || a.id - b.id);
}

function total(values: Iterable<number>): number {
  return [...values].reduce((a, b) => a + b, 0);
}

/**
 * Pearson's statistic of `counts` against `expected`. It exceeds `degrees + 5 * sqrt(2 * degrees)`
 * about once in a hundred thousand true distributions.
 */
function assertFits(counts: readonly number[], expected: readonly number[]): void {
  const chiSquare = total(counts.map((count, i) => {
    const wanted = expected[i] ?? NaN;
    return wanted === 0 ? count * Infinity || 0 : (count - wanted) ** 2 / wanted;
  }));
  const degrees = expected.filter((count) => count > 0).length - 1;
  const bound = degrees + 5 * Math.sqrt(2 * degrees);
  assert(chiSquare <= bound, `chi-square ${chiSquare} > ${bound} for ${counts} vs ${expected}`);
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

Deno.test("draw walks the distribution", () => {
  const distribution = { ids: Uint32Array.of(7, 3), probabilities: Float64Array.of(0.25, 0.75) };
  assertEquals([0, 0.2499, 0.25, 0.9999].map((u) => draw(distribution, u)), [7, 7, 3, 3]);
});

Deno.test("100,000 draws follow the distribution that the options describe", async (t) => {
  const values = Float32Array.of(2, -1, 0.5, 2, 0, -3, 1.5, -0.5);
  const draws = 100_000;
  const cases = [
    { temperature: 1 },
    { temperature: 0.5 },
    { temperature: 1.7, topK: 3 },
    { temperature: 1, topP: 0.6 },
    { temperature: 1.2, topK: 6, topP: 0.8 },
  ];
  for (const options of cases) {
    await t.step(JSON.stringify(options), () => {
      // The definition, written plainly: temperature, then top-k, then top-p.
      const weights = [...values].map((value) => Math.exp(value / options.temperature));
      let tokens = weights.map((w, id) => ({ id, p: w / total(weights) }))
        .sort((a, b) => b.p - a.p || a.id - b.id)
        .slice(0, options.topK);
      const mass = total(tokens.map(({ p }) => p));
      let before = 0;
      tokens = tokens.filter(({ p }) => {
        const keep = before < (options.topP ?? 1) * mass;
        before += p;
        return keep;
      });
      const left = total(tokens.map(({ p }) => p));
      const expected = Array.from(
        values,
        (_, id) => (tokens.find((token) => token.id === id)?.p ?? 0) / left * draws,
      );
      const sample = createSampler({ ...options, seed: 5 });
      const counts = Array.from(values, () => 0);
      for (let index = 0; index < draws; index++) {
        const id = sample(values, index);
        counts[id] = (counts[id] ?? NaN) + 1;
      }
      assertFits(counts, expected);
    });
  }
});

Deno.test("the seed and the index decide, not the number of calls", () => {
  const values = new Float32Array(1000);
  const all = Array.from({ length: 50 }, (_, i) => createSampler({ seed: 9 })(values, i));
  const sample = createSampler({ seed: 9 });
  for (const index of [49, 0, 17, 17, 3]) assertEquals(sample(values, index), all[index]);
  assert(createSampler({ seed: 10 })(values, 0) !== all[0]);
  const uniform = randomStream(9, { name: "sample" }).uniform(0);
  assertEquals(all[0], Math.floor(uniform * 1000)); // equal logits: the draw is the position
});

Deno.test("temperature 0, top_k 1 and top_p 0 take the likeliest, and the first of equals", () => {
  fc.assert(fc.property(logits, fc.nat(), (values, seed) => {
    const best = likeliest(values);
    assertEquals(values[best], Math.max(...values));
    assertEquals(values.indexOf(values[best] ?? NaN), best);
    assertEquals(createSampler({ temperature: 0, seed })(values, 0), best);
    assertEquals(createSampler({ topK: 1, seed })(values, 0), best);
    assertEquals(createSampler({ topP: 0, seed })(values, 0), best);
  }));
});

Deno.test("options out of range and broken logits are refused by name", () => {
  assertThrows(() => createSampler({ temperature: -1, seed: 0 }), RangeError, "temperature");
  assertThrows(() => createSampler({ temperature: NaN, seed: 0 }), RangeError, "temperature");
  assertThrows(() => createSampler({ topK: 0, seed: 0 }), RangeError, "top_k");
  assertThrows(() => createSampler({ topK: 1.5, seed: 0 }), RangeError, "top_k");
  assertThrows(() => createSampler({ topP: 1.01, seed: 0 }), RangeError, "top_p");
  assertThrows(() => createSampler({ seed: -1 }), RangeError, "seed");
  for (const broken of [[NaN, 1], [1, NaN], [Infinity, 0], [-Infinity, -Infinity]]) {
    const sample = createSampler({ seed: 0 });
    assertThrows(() => sample(Float32Array.from(broken), 0), RangeError, "not finite");
  }
});
