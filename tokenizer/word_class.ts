/**
 * Finer classes of code points, for the splits that tell upper from lower case and marks from signs.
 *
 * @module
 */

/** None of the others. */
export const NONE = 0;
/** Lu and Lt; Ll; Lm and Lo, which go with either; M. */
export const UPPER = 1, LOWER = 2, CASELESS = 3, MARK = 4;
/** P and S. */
export const SIGN = 5;

const pages: (Uint8Array | undefined)[] = [];

/** Class of a code point, by a table of its page that is built when text first needs it. */
export function wordClass(codePoint: number): number {
  const page = pages[codePoint >> 8] ?? buildPage(codePoint >> 8);
  return page[codePoint & 255] as number;
}

function buildPage(page: number): Uint8Array {
  const classes = Uint8Array.from(
    { length: 256 },
    (_, i) => classOf(String.fromCodePoint(page * 256 + i)),
  );
  pages[page] = classes;
  return classes;
}

function classOf(char: string): number {
  if (/[\p{Lu}\p{Lt}]/u.test(char)) return UPPER;
  if (/\p{Ll}/u.test(char)) return LOWER;
  if (/\p{L}/u.test(char)) return CASELESS;
  if (/\p{M}/u.test(char)) return MARK;
  return /[\p{P}\p{S}]/u.test(char) ? SIGN : NONE;
}
