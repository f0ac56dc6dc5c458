/**
 * Distributions over tokens and what narrows them. Each function is pure, leaves the order of ties
 * to the ids, and returns probabilities that add up to 1.
 *
 * @module
 */

/** Tokens and their probabilities, which add up to 1. */
export interface Distribution {
  readonly ids: Uint32Array;
  readonly probabilities: Float64Array;
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

/**
 * Probabilities of `logits / temperature`, in id order; `temperature` above 0.
 *
 * @example
 * ```ts
 * import { keepTopK, softmax } from "./distribution.ts";
 * const { ids } = keepTopK(softmax(Float32Array.of(1, 3, 2), 1), 2);
 * console.assert(ids.join() === "1,2");
 * ```
 */
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
  return upTo(sortedFrom(distribution, threshold), p);
}

/** Tokens at least `p` times as likely as the likeliest, in the order given (Nguyen et al., 2024). */
export function keepMinP(distribution: Distribution, p: number): Distribution {
  const { ids, probabilities } = distribution;
  const threshold = p * probabilities.reduce((most, x) => Math.max(most, x), 0);
  const kept = Array.from(ids.keys()).filter((i) => at(probabilities, i) >= threshold);
  return normalise(select(distribution, kept));
}

/**
 * The fewest tokens whose surprise `-ln p` is closest to the distribution's entropy and that add up
 * to `p`, most typical first; at least one (Meister et al., 2023).
 */
export function keepTypical(distribution: Distribution, p: number): Distribution {
  const { ids, probabilities } = distribution;
  const surprise = probabilities.map((x) => -Math.log(x));
  const entropy = probabilities.reduce((sum, x, i) => x > 0 ? sum + x * at(surprise, i) : sum, 0);
  const distance = surprise.map((x) => Math.abs(x - entropy));
  const order = Array.from(ids.keys())
    .filter((i) => at(probabilities, i) > 0)
    .sort((a, b) => at(distance, a) - at(distance, b) || at(ids, a) - at(ids, b));
  return upTo(select(distribution, order), p);
}

/** The token at `uniform`, in [0, 1), along the distribution; never one of probability 0. */
export function draw({ ids, probabilities }: Distribution, uniform: number): number {
  let left = uniform, last = 0;
  for (let i = 0; i < ids.length; i++) {
    const probability = at(probabilities, i);
    left -= probability;
    if (left < 0) return at(ids, i);
    if (probability > 0) last = i;
  }
  // Rounding has left the sum a little below 1.
  return at(ids, last);
}

/** Tokens with at least `threshold`, likeliest first; of equals, the lower id first. */
function sortedFrom(distribution: Distribution, threshold: number): Distribution {
  const { ids, probabilities } = distribution;
  const order = Array.from(ids.keys())
    .filter((i) => at(probabilities, i) >= threshold)
    .sort((a, b) => at(probabilities, b) - at(probabilities, a) || at(ids, a) - at(ids, b));
  return select(distribution, order);
}

function select({ ids, probabilities }: Distribution, order: readonly number[]): Distribution {
  return {
    ids: Uint32Array.from(order, (i) => at(ids, i)),
    probabilities: Float64Array.from(order, (i) => at(probabilities, i)),
  };
}

/** The first tokens that together reach `p`; at least one. */
function upTo(ordered: Distribution, p: number): Distribution {
  let total = 0, count = 0;
  while (count < ordered.ids.length && (count === 0 || total < p)) {
    total += at(ordered.probabilities, count++);
  }
  return normalise(take(ordered, count));
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
