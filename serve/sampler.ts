/**
 * Chooses the next token. The steps run in a fixed order: temperature, top-k, top-p, draw. Each is
 * a pure function of a distribution, so that each is tested alone.
 *
 * @module
 */
import { randomStream } from "../model/random.ts";

/** How tokens are chosen. */
export interface SamplingOptions {
  /** Divides the logits; 0 always takes the likeliest token. */
  readonly temperature?: number;
  /** Only the k likeliest tokens; all unless given. */
  readonly topK?: number;
  /** Only the likeliest tokens that together reach this probability (Holtzman et al., 2020). */
  readonly topP?: number;
  /** Same seed, prompt and weights: same text. Non-negative safe integer. */
  readonly seed: number;
}

/** Tokens and their probabilities, which add up to 1. */
export interface Distribution {
  readonly ids: Uint32Array;
  readonly probabilities: Float64Array;
}

/**
 * A function from logits `[V]` and the 0-based index of the generated token to its id. The index,
 * not the number of calls, selects the random number.
 *
 * @throws {RangeError} naming the option that is out of range
 * @example
 * ```ts
 * import { createSampler } from "./sampler.ts";
 * const sample = createSampler({ temperature: 0, seed: 1 });
 * console.assert(sample(Float32Array.of(0.1, 3, -2), 0) === 1);
 * ```
 */
export function createSampler(
  options: SamplingOptions,
): (logits: Float32Array, index: number) => number {
  const { temperature = 1, topK, topP = 1, seed } = options;
  if (!(temperature >= 0 && temperature < Infinity)) {
    throw new RangeError(`Cannot sample: temperature must be >= 0, got ${temperature}`);
  }
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1)) {
    throw new RangeError(`Cannot sample: top_k must be an integer >= 1, got ${topK}`);
  }
  if (!(topP >= 0 && topP <= 1)) {
    throw new RangeError(`Cannot sample: top_p must be from 0 to 1, got ${topP}`);
  }
  const random = randomStream(seed, { name: "sample" });
  if (temperature === 0) return likeliest;
  return (logits, index) => {
    let distribution = softmax(logits, temperature);
    if (topK !== undefined) distribution = keepTopK(distribution, topK);
    if (topP < 1) distribution = keepTopP(distribution, topP);
    return draw(distribution, random.uniform(index));
  };
}

/** The id with the highest logit; of equals, the lowest id. */
export function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) {
    if (at(logits, id) > at(logits, best)) best = id;
  }
  if (!Number.isFinite(at(logits, best))) throw notFinite();
  return best;
}

/** Probabilities of `logits / temperature`, in id order. */
export function softmax(logits: Float32Array, temperature: number): Distribution {
  const highest = at(logits, likeliest(logits));
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - highest) / temperature));
  return normalise({ ids: Uint32Array.from(logits.keys()), probabilities: weights });
}

/** The `k` likeliest tokens, likeliest first; of equals, the lower id. */
export function keepTopK(distribution: Distribution, k: number): Distribution {
  const { probabilities } = distribution;
  if (k >= probabilities.length) return distribution;
  // Sorting bare numbers is quick; only what reaches the k-th is then sorted with its ids.
  const threshold = at(Float64Array.from(probabilities).sort(), probabilities.length - k);
  return normalise(take(sortedFrom(distribution, threshold), k));
}

/** The fewest likeliest tokens whose probabilities add up to `p`, likeliest first; at least one. */
export function keepTopP(distribution: Distribution, p: number): Distribution {
  // Tokens below this hold less than 1 - p between them, so that none of them can be needed. The
  // margin is for rounding.
  const threshold = 0.99 * (1 - p) / distribution.ids.length;
  const sorted = sortedFrom(distribution, threshold);
  let total = 0, count = 0;
  while (count < sorted.ids.length && (count === 0 || total < p)) {
    total += at(sorted.probabilities, count++);
  }
  return normalise(take(sorted, count));
}

/** The token at `uniform`, in [0, 1), along the distribution. */
export function draw({ ids, probabilities }: Distribution, uniform: number): number {
  let left = uniform;
  for (let i = 0; i < ids.length - 1; i++) {
    left -= at(probabilities, i);
    if (left < 0) return at(ids, i);
  }
  return at(ids, ids.length - 1);
}

/** Tokens with at least `threshold`, likeliest first; of equals, the lower id first. */
function sortedFrom({ ids, probabilities }: Distribution, threshold: number): Distribution {
  const order = Array.from(ids.keys())
    .filter((i) => at(probabilities, i) >= threshold)
    .sort((a, b) => at(probabilities, b) - at(probabilities, a) || at(ids, a) - at(ids, b));
  return {
    ids: Uint32Array.from(order, (i) => at(ids, i)),
    probabilities: Float64Array.from(order, (i) => at(probabilities, i)),
  };
}

function take({ ids, probabilities }: Distribution, count: number): Distribution {
  return { ids: ids.subarray(0, count), probabilities: probabilities.subarray(0, count) };
}

function normalise({ ids, probabilities }: Distribution): Distribution {
  const total = probabilities.reduce((sum, p) => sum + p, 0);
  if (!Number.isFinite(total)) throw notFinite();
  return { ids, probabilities: probabilities.map((p) => p / total) };
}

function notFinite(): RangeError {
  return new RangeError("Cannot sample: the model's logits are not finite numbers");
}

function at(values: Float32Array | Float64Array | Uint32Array, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`Cannot sample: there is no token ${index}`);
  return value;
}
