/**
 * The least number of insertions, deletions and replacements of a character that turn one text into
 * the other (Levenshtein 1966). Characters are Unicode code points.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { levenshteinDistance } from "@std/text/levenshtein-distance";
 * assertEquals(levenshteinDistance("kitten", "sitting"), 3);
 * ```
 */
export function levenshteinDistance(str1: string, str2: string): number {
  const [from, to] = [[...str1], [...str2]];
  // Distances from the beginning of `from` so far to each beginning of `to`.
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, character] of from.entries()) {
    const next = [i + 1];
    for (const [j, other] of to.entries()) {
      const [replaced = 0, inserted = 0] = [row[j], row[j + 1]];
      next.push(Math.min(
        replaced + (character === other ? 0 : 1),
        inserted + 1,
        (next[j] ?? 0) + 1,
      ));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
