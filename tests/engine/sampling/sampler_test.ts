import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { argmax } from "../../../engine/sampling/distribution.ts";
import {
  createSampler,
  type Past,
  type SamplingOptions,
} from "../../../engine/sampling/sampler.ts";
import { createExpWeights } from "../../../engine/sampling/exp_weights.ts";
import { compileKernels } from "../../../kernels/mod.ts";
import { randomStream } from "../../../model/random.ts";
import { assertFits, logits, total } from "./sampling.ts";

/** Before token number `index` of an answer, whose tokens so far do not matter. */
function before(index: number): Past {
  return { promptIds: [], chosenIds: new Array<number>(index).fill(0) };
}

const LOGITS = [2, -1, 0.5, 2, 0, -3, 1.5, -0.5];
const PROMPT = [1, 6];
const CHOSEN = [0, 3, 0, 2, 0];

/** A token's weight, which need not add up to 1 with the others'. */
interface Weighted {
  readonly id: number;
  readonly w: number;
}

/**
 * The expected probabilities, computed plainly from the definitions and in the documented order.
 * Weights are normalised only where a definition asks for probabilities.
 */
function probabilities(options: Omit<SamplingOptions, "seed">, allowed?: Uint8Array): number[] {
  const changed = LOGITS.map((logit, id) => {
    let x = logit + (options.logitBias?.get(id) ?? 0);
    const r = options.repetitionPenalty ?? 1;
    if (PROMPT.includes(id) || CHOSEN.includes(id)) x = x > 0 ? x / r : x * r;
    const times = CHOSEN.filter((chosen) => chosen === id).length;
    if (times > 0) x -= (options.presencePenalty ?? 0) + times * (options.frequencyPenalty ?? 0);
    return allowed && !allowed[id] ? -Infinity : x;
  });
  let tokens: Weighted[] = changed.map((x, id) => ({
    id,
    w: Math.exp(x / (options.temperature ?? 1)),
  }));
  const share = ({ w }: Weighted) => w / total(tokens.map((token) => token.w));
  const shortest = (ranked: Weighted[], p: number) => {
    const count = ranked.findIndex((_, i) => total(ranked.slice(0, i + 1).map(share)) >= p) + 1;
    return ranked.slice(0, count || ranked.length);
  };
  const byWeight = () => tokens.toSorted((a, b) => b.w - a.w || a.id - b.id);
  if (options.topK !== undefined) tokens = byWeight().slice(0, options.topK);
  if (options.typicalP !== undefined) {
    const present = tokens.filter(({ w }) => w > 0);
    const entropy = total(present.map((token) => -share(token) * Math.log(share(token))));
    const oddity = (token: Weighted) => Math.abs(-Math.log(share(token)) - entropy);
    tokens = shortest(
      present.toSorted((a, b) => oddity(a) - oddity(b) || a.id - b.id),
      options.typicalP,
    );
  }
  if (options.topP !== undefined) tokens = shortest(byWeight(), options.topP);
  if (options.minP !== undefined) {
    const most = Math.max(...tokens.map(({ w }) => w));
    tokens = tokens.filter(({ w }) => w >= (options.minP ?? 0) * most);
  }
  return LOGITS.map((_, id) => {
    const found = tokens.find((token) => token.id === id);
    return found ? share(found) : 0;
  });
}

Deno.test("100,000 draws follow the distribution that the options describe", async (t) => {
  const values = Float32Array.from(LOGITS);
  const draws = 100_000;
  const cases: [Omit<SamplingOptions, "seed">, Uint8Array?][] = [
    [{ temperature: 1 }],
    [{ temperature: 0.5 }],
    [{ temperature: 1.7, topK: 3 }],
    [{ topP: 0.6 }],
    [{ minP: 0.2 }],
    [{ typicalP: 0.5 }],
    [{ typicalP: 0.9 }],
    [{ repetitionPenalty: 1.5 }],
    [{ repetitionPenalty: 0.8 }],
    [{ presencePenalty: 1.2 }],
    [{ frequencyPenalty: 0.4 }],
    [{ presencePenalty: -0.5, frequencyPenalty: -0.1 }],
    [{ logitBias: new Map([[5, 4], [0, -2], [3, -100]]) }],
    [{ temperature: 1.3 }, Uint8Array.of(0, 1, 1, 0, 0, 1, 1, 0)],
    [{ temperature: 1.2, topK: 6, topP: 0.8 }],
    [{
      temperature: 1.4,
      topK: 7,
      topP: 0.95,
      minP: 0.05,
      typicalP: 0.97,
      repetitionPenalty: 1.2,
      presencePenalty: 0.3,
      frequencyPenalty: 0.1,
      logitBias: new Map([[7, 1]]),
    }],
  ];
  const byKernel = { expWeights: createExpWeights(await compileKernels(), LOGITS.length) };
  for (const [i, [options, allowed]] of cases.entries()) {
    // Both ways of weighing, in turn.
    const way = i % 2 === 0 ? byKernel : {};
    await t.step(JSON.stringify(options) + (allowed ? ` of ${allowed}` : ""), () => {
      const expected = probabilities(options, allowed);
      const counts = LOGITS.map(() => 0);
      const penalised = Object.keys(options).some((name) => name.endsWith("Penalty"));
      const past = { promptIds: PROMPT, chosenIds: [...CHOSEN], allowed };
      let sample = createSampler({ ...options, seed: 5 }, way);
      for (let i = 0; i < draws; i++) {
        const id = sample(values, past);
        counts[id] = (counts[id] ?? NaN) + 1;
        // The draw is by seed and length of the answer; a penalty asks for the same answer again.
        if (penalised) sample = createSampler({ ...options, seed: i }, way);
        else past.chosenIds.push(id);
      }
      assertFits(counts, expected.map((p) => p * draws));
      assertEquals([...values], LOGITS); // left as they were
    });
  }
});

Deno.test("the seed, the choice and the index decide, not the number of calls", () => {
  const values = new Float32Array(1000);
  const all = Array.from({ length: 50 }, (_, i) => createSampler({ seed: 9 })(values, before(i)));
  const sample = createSampler({ seed: 9 });
  for (const index of [49, 0, 17, 17, 3]) assertEquals(sample(values, before(index)), all[index]);
  assert(createSampler({ seed: 10 })(values, before(0)) !== all[0]);
  assert(createSampler({ seed: 9, choice: 1 })(values, before(0)) !== all[0]);
  const uniform = randomStream(9, { name: "sample" }).uniform(0);
  assertEquals(all[0], Math.floor(uniform * 1000)); // equal logits: the draw is the position
});

Deno.test("temperature 0, top_k 1, top_p 0 and min_p 1 take the likeliest", () => {
  fc.assert(fc.property(logits, fc.nat(), (values, seed) => {
    const best = argmax(values);
    assertEquals(values[best], Math.max(...values));
    assertEquals(values.indexOf(values[best] ?? NaN), best);
    for (const options of [{ temperature: 0 }, { topK: 1 }, { topP: 0 }]) {
      assertEquals(createSampler({ ...options, seed })(values, before(0)), best);
    }
    const id = createSampler({ minP: 1, seed })(values, before(0));
    assertEquals(values[id], values[best]); // any of equals
  }));
});

Deno.test("greedy choice heeds bias, penalties and grammar", () => {
  const values = Float32Array.from(LOGITS);
  const pick = (options: Omit<SamplingOptions, "seed">, past: Partial<Past> = {}) =>
    createSampler({ temperature: 0, seed: 0, ...options })(values, { ...before(0), ...past });
  assertEquals(pick({}), 0);
  assertEquals(pick({ logitBias: new Map([[5, 6]]) }), 5);
  assertEquals(pick({ repetitionPenalty: 1.1 }, { promptIds: [0] }), 3);
  assertEquals(pick({ presencePenalty: 0.1 }, { chosenIds: [0] }), 3);
  assertEquals(pick({ frequencyPenalty: 0.3 }, { chosenIds: [0, 3, 0, 3, 0] }), 6); // 2 - 2 * 0.3 < 1.5
  assertEquals(pick({}, { allowed: Uint8Array.of(0, 1, 1, 0, 0, 0, 0, 1) }), 2);
});

Deno.test("options out of range and broken logits are refused by name", () => {
  const cases: [Partial<SamplingOptions>, string][] = [
    [{ temperature: -1 }, "temperature must be >= 0, got -1"],
    [{ temperature: NaN }, "temperature"],
    [{ topK: 0 }, "top_k"],
    [{ topK: 1.5 }, "top_k"],
    [{ topP: 1.01 }, "top_p"],
    [{ minP: -0.1 }, "min_p"],
    [{ typicalP: 2 }, "typical_p"],
    [{ repetitionPenalty: 0 }, "repetition_penalty"],
    [{ presencePenalty: Infinity }, "presence_penalty"],
    [{ frequencyPenalty: NaN }, "frequency_penalty"],
    [{ seed: -1 }, "seed"],
    [{ choice: -1 }, "epoch"],
  ];
  for (const [options, said] of cases) {
    assertThrows(() => createSampler({ seed: 0, ...options }), RangeError, said);
  }
  for (const broken of [[NaN, 1], [1, NaN], [Infinity, 0], [-Infinity, -Infinity]]) {
    const sample = createSampler({ seed: 0 });
    assertThrows(() => sample(Float32Array.from(broken), before(0)), RangeError, "not finite");
    const topped = createSampler({ seed: 0, topK: 1 });
    assertThrows(() => topped(Float32Array.from(broken), before(0)), RangeError, "not finite");
  }
});
