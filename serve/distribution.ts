/**
 * Distributions over tokens and what narrows them. Each function is pure, but for the room that one
 * may be given for its result, and leaves the order of ties to the ids.
 *
 * All of a vocabulary passes through here at each token, so that the loops are plain, and nothing is
 * sorted but what lies next to a border.
 *
 * @module
 */
import { expNegative } from "./exponential.ts";

/** Tokens and their weights: a probability is a weight over the total. */
export interface Distribution {
  readonly ids: Uint32Array;
  /** `e^-depth` */
  readonly weights: Float64Array;
  /** How far, in nats, each token's logarithm is below that of the likeliest there was. */
  readonly depths: Float64Array;
  /** Of the weights; finite and above 0. */
  readonly total: number;
}

/** Room for the weights and depths of so many tokens, for a caller that is soon done with them. */
export interface Room {
  readonly weights: Float64Array;
  readonly depths: Float64Array;
}

/** Room for `size` tokens. */
export function createRoom(size: number): Room {
  return { weights: new Float64Array(size), depths: new Float64Array(size) };
}

let shared = createRoom(0);

/** The same room each time, for who is done with it before anybody else's turn. */
export function sharedRoom(size: number): Room {
  if (shared.weights.length < size) shared = createRoom(size);
  return shared;
}

/**
 * The id with the highest logit; of equals, the lowest id.
 *
 * @throws {RangeError} when the highest is not finite, or a logit is not a number
 */
export function likeliest(logits: Float32Array): number {
  return logits.indexOf(greatest(logits));
}

/** The highest logit. Four at a time, since each comparison waits for the one before. */
function greatest(logits: Float32Array): number {
  let a = -Infinity, b = a, c = a, d = a;
  const whole = logits.length - logits.length % 4;
  for (let id = 0; id < whole; id += 4) {
    a = Math.max(a, logits[id] as number);
    b = Math.max(b, logits[id + 1] as number);
    c = Math.max(c, logits[id + 2] as number);
    d = Math.max(d, logits[id + 3] as number);
  }
  for (let id = whole; id < logits.length; id++) a = Math.max(a, logits[id] as number);
  const highest = Math.max(a, b, c, d);
  if (!Number.isFinite(highest)) throw notFinite();
  return highest;
}

/**
 * Ids of the `count` highest logits, likeliest first; of equals, the lower id.
 *
 * @throws {RangeError} when a logit is not a number
 */
export function highestIds(logits: Float32Array, count: number): Uint32Array {
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
 * above 0.
 *
 * @throws {RangeError} when a logit is not a number, or none is finite
 * @example
 * ```ts
 * import { keepTopP, softmax } from "./distribution.ts";
 * const { ids } = keepTopP(softmax(Float32Array.of(1, 3, 2), 1), 0.8);
 * console.assert(ids.join() === "1,2");
 * ```
 */
export function softmax(
  logits: Float32Array,
  temperature: number,
  { ids, room = createRoom(ids?.length ?? logits.length) }: { ids?: Uint32Array; room?: Room } = {},
): Distribution {
  const own = ids ? Float32Array.from(ids, (id) => at(logits, id)) : logits;
  const weights = room.weights.subarray(0, own.length);
  const depths = room.depths.subarray(0, own.length);
  const highest = greatest(own);
  // Not infinite, which times zero were no number.
  const inverse = Math.min(1 / temperature, Number.MAX_VALUE);
  let total = 0;
  for (let i = 0; i < own.length; i++) {
    const depth = (highest - (own[i] as number)) * inverse;
    const weight = expNegative(depth);
    depths[i] = depth;
    weights[i] = weight;
    total += weight;
  }
  return { ids: ids ?? everyId(own.length), weights, depths, total };
}

/** The fewest likeliest tokens whose probabilities add up to `p`; at least one. */
export function keepTopP(distribution: Distribution, p: number): Distribution {
  return keepFirst(distribution, distribution.depths, p);
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
  const { weights, depths, total } = distribution;
  // Surprise is the depth and ln total; so is the entropy, with the depths' mean.
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = at(weights, i);
    if (weight > 0) sum += weight * at(depths, i);
  }
  const mean = sum / total;
  return keepFirst(distribution, depths.map((depth) => Math.abs(depth - mean)), p);
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

/** Buckets that ranks are first sorted into, and how many of them are one. */
const BUCKETS = 256;
const BUCKETS_PER_RANK = 16;

/** The fewest tokens of lowest rank that add up to `p`, of equals the lower id; at least one. */
function keepFirst(distribution: Distribution, ranks: Float64Array, p: number): Distribution {
  const { ids, weights, total } = distribution;
  const wanted = p * total;
  const sums = new Float64Array(BUCKETS), counts = new Uint32Array(BUCKETS);
  for (let i = 0; i < ranks.length; i++) {
    const bucket = bucketOf(ranks[i] as number);
    sums[bucket] = (sums[bucket] as number) + (weights[i] as number);
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  let border = 0, sum = 0;
  for (; border < BUCKETS - 1; border++) {
    const next = sum + at(sums, border);
    if (at(counts, border) > 0 && next >= wanted) break;
    sum = next;
  }
  const from = border / BUCKETS_PER_RANK;
  const to = border < BUCKETS - 1 ? (border + 1) / BUCKETS_PER_RANK : NaN;
  const near: number[] = [];
  for (let i = 0; i < ranks.length; i++) {
    const rank = ranks[i] as number;
    if (rank >= from && !(rank >= to)) near.push(i);
  }
  // Two infinite ranks differ by none.
  near.sort((a, b) => at(ranks, a) - at(ranks, b) || at(ids, a) - at(ids, b));
  let lastRank = Infinity, lastId = Infinity;
  for (const i of near) {
    lastRank = at(ranks, i);
    lastId = at(ids, i);
    sum += at(weights, i);
    if (sum >= wanted) break;
  }
  const kept: number[] = [];
  for (let i = 0; i < ranks.length; i++) {
    const rank = ranks[i] as number;
    if (rank < lastRank || (rank === lastRank && (ids[i] as number) <= lastId)) kept.push(i);
  }
  return select(distribution, kept);
}

function bucketOf(rank: number): number {
  return rank < BUCKETS / BUCKETS_PER_RANK ? (rank * BUCKETS_PER_RANK) | 0 : BUCKETS - 1;
}

/** The tokens at some places. */
function select({ ids, weights, depths }: Distribution, places: readonly number[]): Distribution {
  const kept = { ...createRoom(places.length), ids: new Uint32Array(places.length) };
  let total = 0;
  for (let i = 0; i < places.length; i++) {
    const place = places[i] as number;
    const weight = weights[place] as number;
    kept.ids[i] = ids[place] as number;
    kept.weights[i] = weight;
    kept.depths[i] = depths[place] as number;
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

function notFinite(): RangeError {
  return new RangeError("Cannot sample: the model's logits are not finite numbers");
}

function at(values: Float32Array | Float64Array | Uint32Array, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`Cannot sample: there is no token ${index}`);
  return value;
}
