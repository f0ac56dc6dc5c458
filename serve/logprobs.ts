/**
 * Log-probabilities as clients see them: of the model itself, before bias, penalties, grammar and
 * temperature change anything, so that they compare between requests.
 *
 * @module
 */

/** A token and the natural logarithm of its probability. */
export interface ScoredToken {
  readonly id: number;
  readonly logprob: number;
}

/** A chosen token, and the likeliest ones in its place. */
export interface ChosenToken extends ScoredToken {
  /** Likeliest first; of equals, the lower id. */
  readonly top: readonly ScoredToken[];
}

/**
 * Scores `id` and the `top` likeliest tokens of logits `[V]`.
 *
 * @example
 * ```ts
 * import { scoreToken } from "./logprobs.ts";
 * const { logprob, top } = scoreToken(Float32Array.of(0, 0, -Infinity), { id: 1, top: 1 });
 * console.assert(logprob === -Math.log(2) && top[0]?.id === 0);
 * ```
 */
export function scoreToken(
  logits: Float32Array,
  { id, top }: { id: number; top: number },
): ChosenToken {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  const score = (id: number): ScoredToken => ({
    id,
    logprob: (logits[id] ?? NaN) - highest - Math.log(sum),
  });
  return { ...score(id), top: highestIds(logits, top).map(score) };
}

/** Ids of the `count` highest logits: each passes through a short list kept in order. */
function highestIds(logits: Float32Array, count: number): number[] {
  const ids: number[] = [];
  const logitOf = (i: number) => logits[ids[i] ?? NaN] ?? -Infinity;
  for (const [id, logit] of logits.entries()) {
    if (ids.length === count && !(logit > logitOf(count - 1))) continue;
    let place = ids.length;
    while (place > 0 && logit > logitOf(place - 1)) place--;
    ids.splice(place, 0, id);
    ids.length = Math.min(ids.length, count);
  }
  return ids;
}
