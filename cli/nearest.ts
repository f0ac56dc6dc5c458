/**
 * "Did you mean …?": the word of a list that a mistyped one was probably meant to be.
 *
 * @module
 */
import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** Minimum length of a prefix that stands for the whole word. */
const MIN_BEGINNING = 3;

/**
 * The word nearest to `typed`: at most a third of its characters are wrong, or it is a prefix of that
 * word alone. Undefined where there is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nearest } from "./nearest.ts";
 * assertEquals(nearest("stpes", ["seed", "steps"]), "steps");
 * assertEquals(nearest("nothing", ["seed", "steps"]), undefined);
 * ```
 */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  if (typed === "" || words.length === 0) return undefined;
  const found = closestString(typed, words, { compareFn: mistakes });
  const wrong = mistakes(typed.toLowerCase(), found.toLowerCase());
  if (wrong <= Math.max(1, Math.floor(typed.length / 3)) && wrong < found.length) return found;
  const [begun, other] = words.filter((word) => word.startsWith(typed));
  return typed.length >= MIN_BEGINNING && other === undefined ? begun : undefined;
}

/** Edit distance; swapped neighbours count as one edit. */
function mistakes(typed: string, word: string): number {
  const swapped = Array.from({ length: Math.max(typed.length - 1, 0) }, (_, i) => {
    const pair = `${typed[i + 1]}${typed[i]}`;
    return 1 + levenshteinDistance(typed.slice(0, i) + pair + typed.slice(i + 2), word);
  });
  return Math.min(levenshteinDistance(typed, word), ...swapped);
}

/** `; did you mean X?` for the end of a message, or nothing. */
export function didYouMean(typed: string, words: readonly string[], before = ""): string {
  const found = nearest(typed, words);
  return found === undefined ? "" : `; did you mean ${before}${found}?`;
}
