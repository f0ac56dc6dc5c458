/**
 * Which tokens of a question of CORE are scored.
 *
 * @module
 */
import type { CoreItem } from "./item.ts";
import type { Continuation } from "./likelihood.ts";

/**
 * What is scored of each text: all after the beginning that they share, for `schema` the end that they
 * share, for `language_modeling` what the whole text adds to the first. At least one token stays on
 * either side.
 *
 * @param texts token ids, the token that begins a text first
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { corePairs } from "./core_pairs.ts";
 * const texts = [[0, 1, 2, 9], [0, 1, 3, 4, 9]];
 * assertEquals(corePairs(texts, "multiple_choice").map(({ ids }) => ids), [[2, 9], [3, 4, 9]]);
 * assertEquals(corePairs(texts, "schema").map(({ ids }) => ids), [[9], [9]]);
 * ```
 */
export function corePairs(
  texts: readonly (readonly number[])[],
  form: CoreItem["form"],
): Continuation[] {
  if (form === "language_modeling") {
    const [without = [], whole = []] = texts;
    return [split(whole, sharedLength([without, whole]))];
  }
  if (form === "multiple_choice") {
    const begin = sharedLength(texts);
    return texts.map((ids) => split(ids, begin));
  }
  const end = sharedLength(texts.map((ids) => ids.toReversed()));
  return texts.map((ids) => split(ids, ids.length - end));
}

function sharedLength(texts: readonly (readonly number[])[]): number {
  const [first = []] = texts;
  const differs = first.findIndex((id, at) => texts.some((ids) => ids[at] !== id));
  return differs === -1 ? first.length : differs;
}

function split(ids: readonly number[], at: number): Continuation {
  const own = Math.max(1, Math.min(at, ids.length - 1));
  return { context: ids.slice(0, own), ids: ids.slice(own) };
}
