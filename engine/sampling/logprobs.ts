/**
 * Log-probabilities as clients see them: of the model itself, before bias, penalties, grammar and
 * temperature change anything, so that they compare between requests.
 *
 * @module
 */
import { topKIds } from "./distribution.ts";
import { expWeightsPlain, greatest } from "./exp_weights.ts";

/** A token and the natural logarithm of its probability. */
export interface ScoredToken {
  /** From 0 to V - 1. */
  readonly id: number;
  /** At most 0; of the model's own distribution, before penalties and temperature. */
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
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 * import { scoreToken } from "./logprobs.ts";
 * const { logprob, top } = scoreToken(Float32Array.of(0, 0, -Infinity), { id: 1, top: 1 });
 * assertAlmostEquals(logprob, -Math.log(2));
 * assertEquals(top[0]?.id, 0);
 * ```
 */
export function scoreToken(
  logits: Float32Array,
  { id, top }: { id: number; top: number },
): ChosenToken {
  const highest = greatest(logits);
  const surprise = Math.log(expWeightsPlain(logits, 1).total);
  const score = (id: number): ScoredToken => ({
    id,
    logprob: (logits[id] ?? NaN) - highest - surprise,
  });
  return { ...score(id), top: Array.from(topKIds(logits, top), score) };
}
