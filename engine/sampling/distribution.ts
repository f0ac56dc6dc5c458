/**
 * Distributions over tokens and what narrows them. Each function is pure, and leaves the order of ties
 * to the ids.
 *
 * All of a vocabulary passes through here at each token, so that the loops are plain, and nothing is
 * sorted but what lies next to a border.
 *
 * @module
 */
import { type ExpWeights, expWeightsPlain, greatest, notFinite } from "./exp_weights.ts";

/** Tokens and their weights: a probability is a weight over the total. */
export interface Distribution {
  readonly ids: Uint32Array;
  /** From 0 to 1. */
  readonly weights: Float64Array;
  /** Of the weights; finite and above 0. */
  readonly total: number;
}

/**
 * The id with the highest logit; of equals, the lowest id.
 *
 * @throws {RangeError} when the highest is not finite, or a logit is not a number
 */
export function argmax(logits: Float32Array): number {
  return logits.indexOf(greatest(logits));
}

/**
 * Ids of the `count` highest logits, likeliest first; of equals, the lower id.
 *
 * @throws {RangeError} when a logit is not a number
 */
export function topKIds(logits: Float32Array, count: number): Uint32Array {
  // A heap whose root is the first to go.
  const heap = Uint32Array.from({ length: Math.min(count, logits.length) }, (_, id) => id);
  const isLess = (a: number, b: number) => {
    const difference = at(logits, a) - at(logits, b);
    return difference < 0 || (!(difference > 0) && a > b);
  };
  for (let i = (heap.length >> 1) - 1; i >= 0; i--) sink(heap, i, isLess);
  let least = heap.length > 0 ? at(logits, at(heap, 0)) : Infinity;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number;
    if (logit <= least) continue;
    if (Number.isNaN(logit)) throw notFinite();
    if (id < heap.length) continue;
    heap[0] = id;
    sink(heap, 0, isLess);
    least = at(logits, at(heap, 0));
  }
  return heap.sort((a, b) => isLess(a, b) ? 1 : -1);
}

/**
 * The distribution of `logits / temperature` over `ids`, all of them unless given; `temperature`
 * above 0. It lasts as long as what `expWeights` returns.
 *
 * @throws {RangeError} when a logit is not a number, or none is finite
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { keepTopP, softmax } from "./distribution.ts";
 * const { ids } = keepTopP(softmax(Float32Array.of(1, 3, 2), 1), 0.8);
 * assertEquals([...ids], [1, 2]);
 * ```
 */
export function softmax(
  logits: Float32Array,
  temperature: number,
  { ids, expWeights = expWeightsPlain }: { ids?: Uint32Array; expWeights?: ExpWeights } = {},
): Distribution {
  const own = ids ? Float32Array.from(ids, (id) => at(logits, id)) : logits;
  return { ids: ids ?? everyId(own.length), ...expWeights(own, temperature) };
}

/** The fewest likeliest tokens whose probabilities add up to `p`; at least one. */
export function keepTopP(distribution: Distribution, p: number): Distribution {
  return keepFirst(distribution, distribution.weights, p);
}

/** Tokens at least `p` times as likely as the likeliest (Nguyen et al., 2024). */
export function keepMinP(distribution: Distribution, p: number): Distribution {
  const { weights } = distribution;
  let most = 0;
  for (let i = 0; i < weights.length; i++) most = Math.max(most, weights[i] as number);
  const kept: number[] = [];
  for (let i = 0; i < weights.length; i++) if ((weights[i] as number) >= p * most) kept.push(i);
  return select(distribution, kept);
}

/**
 * The fewest tokens whose surprise `-ln p` is closest to the distribution's entropy and that add up
 * to `p`; at least one (Meister et al., 2023).
 */
export function keepTypical(distribution: Distribution, p: number): Distribution {
  const { weights, total } = distribution;
  const surprises = weights.map((weight) => Math.log(total / weight));
  let entropy = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    if (weight > 0) entropy += weight / total * (surprises[i] as number);
  }
  return keepFirst(distribution, surprises.map((x) => 1 / (1 + Math.abs(x - entropy))), p);
}

/** The token at `uniform`, in [0, 1), along the distribution; never one of probability 0. */
export function draw({ ids, weights, total }: Distribution, uniform: number): number {
  let left = uniform * total, last = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    left -= weight;
    if (left < 0) return at(ids, i);
    if (weight > 0) last = i;
  }
  // Rounding has left the sum a little below the total.
  return at(ids, last);
}

/** Buckets that scores are first sorted into: sixteen from one power of two to the next. */
const BUCKETS = 256;

/**
 * The fewest tokens of the highest scores, from 0 to 1, that add up to `p`, of equals the lower id; at
 * least one.
 */
function keepFirst(distribution: Distribution, scores: Float64Array, p: number): Distribution {
  const { ids, weights, total } = distribution;
  const wanted = p * total;
  const buckets = bucketsOf(scores);
  const sums = new Float64Array(BUCKETS), counts = new Uint32Array(BUCKETS);
  for (let i = 0; i < buckets.length; i++) {
    const bucket = buckets[i] as number;
    sums[bucket] = (sums[bucket] as number) + (weights[i] as number);
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  let border = 0, sum = 0;
  for (; border < BUCKETS - 1; border++) {
    const next = sum + at(sums, border);
    if (at(counts, border) > 0 && next >= wanted) break;
    sum = next;
  }
  const near: number[] = [];
  for (let i = 0; i < buckets.length; i++) if (buckets[i] === border) near.push(i);
  near.sort((a, b) => at(scores, b) - at(scores, a) || at(ids, a) - at(ids, b));
  let lastScore = 0, lastId = Infinity;
  for (const i of near) {
    lastScore = at(scores, i);
    lastId = at(ids, i);
    sum += at(weights, i);
    if (sum >= wanted) break;
  }
  const kept: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number;
    if (score > lastScore || (score === lastScore && (ids[i] as number) <= lastId)) kept.push(i);
  }
  return select(distribution, kept);
}

/** Of each score, 0 for the highest: told by its exponent and the first four bits after it. */
function bucketsOf(scores: Float64Array): Uint8Array {
  const words = new Int32Array(scores.buffer, scores.byteOffset, 2 * scores.length);
  const buckets = new Uint8Array(scores.length);
  for (let i = 0; i < buckets.length; i++) {
    // The upper half of a double, least byte first, shifted down to four bits of its fraction.
    const depth = ONE - ((words[2 * i + 1] as number) >> 16);
    buckets[i] = depth < BUCKETS ? depth : BUCKETS - 1;
  }
  return buckets;
}

/** What the number 1 gives there. */
const ONE = 0x3ff0;

/** The tokens at some places. */
function select({ ids, weights }: Distribution, places: readonly number[]): Distribution {
  const kept = {
    ids: new Uint32Array(places.length),
    weights: new Float64Array(places.length),
  };
  let total = 0;
  for (let i = 0; i < places.length; i++) {
    const place = places[i] as number;
    const weight = weights[place] as number;
    kept.ids[i] = ids[place] as number;
    kept.weights[i] = weight;
    total += weight;
  }
  return { ...kept, total };
}

let every = new Uint32Array();

/** 0 to below `size`: one array for all, which nobody writes. */
function everyId(size: number): Uint32Array {
  if (every.length < size) every = Uint32Array.from({ length: size }, (_, id) => id);
  return every.subarray(0, size);
}

/** Puts what is at `place` where it belongs below. */
function sink(heap: Uint32Array, place: number, isLess: (a: number, b: number) => boolean): void {
  const id = at(heap, place);
  for (;;) {
    let child = 2 * place + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isLess(at(heap, child + 1), at(heap, child))) child++;
    if (!isLess(at(heap, child), id)) break;
    heap[place] = at(heap, child);
    place = child;
  }
  heap[place] = id;
}

function at(values: Float32Array | Float64Array | Uint32Array, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`Cannot sample: there is no token ${index}`);
  return value;
}
