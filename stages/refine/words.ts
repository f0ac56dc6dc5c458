/**
 * Splits text into words and punctuation, in any script.
 *
 * @module
 */

/** A word with what holds it together inside, a run of dots, or one sign. */
const TOKEN = /[\p{L}\p{M}\p{N}_]+(?:['’.-][\p{L}\p{M}\p{N}_]+)*|\.{2,}|\S/gu;
/** Scripts that write words without spaces between them. */
const UNSPACED =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
const SOLID = /[\p{L}\p{M}\p{N}_]/u;
const SEGMENTER = new Intl.Segmenter("und", { granularity: "word" });

/**
 * The words and the signs of punctuation of a text, in order. Where a script has no spaces, words
 * are those of Unicode's segmentation with ICU's dictionaries.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { splitWords } from "./words.ts";
 * assertEquals(splitWords("It isn't so..."), ["It", "isn't", "so", "..."]);
 * ```
 */
export function splitWords(text: string): string[] {
  const tokens: string[] = text.match(TOKEN) ?? [];
  if (!UNSPACED.test(text)) return tokens;
  return tokens.flatMap((token) =>
    UNSPACED.test(token) ? Array.from(SEGMENTER.segment(token), ({ segment }) => segment) : [token]
  );
}

/** Whether a token of {@linkcode splitWords} is a word and no sign. */
export function isWord(token: string): boolean {
  return SOLID.test(token);
}
