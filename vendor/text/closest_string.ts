import { levenshteinDistance } from "./levenshtein_distance.ts";

/** Options of {@linkcode closestString}. */
export interface ClosestStringOptions {
  /** Whether case counts; it does not by default. */
  caseSensitive?: boolean;
  /** How far one word is from another, by default {@linkcode levenshteinDistance}. */
  compareFn?: (a: string, b: string) => number;
}

/**
 * The word nearest to `givenWord`, the first of several.
 *
 * @throws {TypeError} when there are no words to choose from
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { closestString } from "@std/text/closest-string";
 * assertEquals(closestString("hep", ["size", "help", "blah"]), "help");
 * ```
 */
export function closestString(
  givenWord: string,
  possibleWords: ReadonlyArray<string>,
  { caseSensitive = false, compareFn = levenshteinDistance }: ClosestStringOptions = {},
): string {
  const form = (word: string) => caseSensitive ? word : word.toLowerCase();
  let nearest: string | undefined, least = Infinity;
  for (const word of possibleWords) {
    const distance = compareFn(form(givenWord), form(word));
    if (distance >= least) continue;
    [nearest, least] = [word, distance];
  }
  if (nearest === undefined) {
    throw new TypeError(
      "When using closestString(), the possibleWords array must contain at least one word",
    );
  }
  return nearest;
}
