/**
 * Words as 32-bit hashes, of which n-grams are made without spelling them out.
 *
 * @module
 */
/** FNV-1a over UTF-16 code units, from another start for an independent hash of the same word. */
function hashWord(word: string, start: number): number {
  let hash = start;
  for (let at = 0; at < word.length; at++) {
    hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  }
  // The last character has reached all bits only after this.
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
}

/** FNV's offset basis. */
const START = 0x811c9dc5;

/** `[words]`: a hash of each word and sign of a text. */
export function hashWords(words: readonly string[], start: number = START): Int32Array {
  return Int32Array.from(words, (word) => hashWord(word, start));
}

/** The hash of the `n` words from `at` on. Their order counts. */
export function hashGram(words: Int32Array, { at, n }: { at: number; n: number }): number {
  let hash = 0;
  for (let place = at; place < at + n; place++) {
    hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995) + (words[place] as number) | 0;
  }
  return hash;
}
