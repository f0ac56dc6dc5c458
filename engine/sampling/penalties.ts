/**
 * What changes logits before they become a distribution. Each function is pure: logits `[V]` in,
 * new logits out.
 *
 * @module
 */

/** Numbers to add to the logits of some tokens. */
export type LogitBias = ReadonlyMap<number, number>;

/** Adds each bias to its token's logit; `-Infinity` rules a token out. */
export function addBias(logits: Float32Array, bias: LogitBias): Float32Array {
  return mapIds(logits, bias.keys(), (logit, id) => logit + (bias.get(id) ?? 0));
}

/**
 * Makes every token of `ids` less likely: positive logits are divided by `penalty`, negative ones
 * multiplied (Keskar et al., 2019). Below 1 they become likelier; 1 changes nothing.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { penaliseRepetition } from "./penalties.ts";
 * const logits = penaliseRepetition(Float32Array.of(2, -2, 1), { ids: [0, 1, 1], penalty: 2 });
 * assertEquals([...logits], [1, -4, 1]);
 * ```
 */
export function penaliseRepetition(
  logits: Float32Array,
  { ids, penalty }: { ids: Iterable<number>; penalty: number },
): Float32Array {
  return mapIds(logits, new Set(ids), (logit) => logit > 0 ? logit / penalty : logit * penalty);
}

/**
 * Takes `presence` off the logit of every token of `ids`, and `frequency` as often as it occurs, as
 * OpenAI defines both.
 */
export function penaliseOccurrence(
  logits: Float32Array,
  { ids, presence, frequency }: { ids: Iterable<number>; presence: number; frequency: number },
): Float32Array {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return mapIds(
    logits,
    counts.keys(),
    (logit, id) => logit - presence - frequency * (counts.get(id) ?? 0),
  );
}

/** Rules out every token whose entry in `allowed` `[V]` is 0. */
export function allowOnly(logits: Float32Array, allowed: Uint8Array): Float32Array {
  const changed = logits.slice();
  for (let id = 0; id < changed.length; id++) if (!allowed[id]) changed[id] = -Infinity;
  return changed;
}

/** New logits, changed at `ids`. */
function mapIds(
  logits: Float32Array,
  ids: Iterable<number>,
  change: (logit: number, id: number) => number,
): Float32Array {
  const changed = logits.slice();
  for (const id of ids) {
    const logit = logits[id];
    if (logit !== undefined) changed[id] = change(logit, id);
  }
  return changed;
}
