/**
 * How much of a block its page's title says.
 *
 * @module
 */

const MAX_WORDS = 40;
const MIN_WORD = 3;
/** Longer blocks are no titles. */
const MAX_LENGTH = 400;
/** Words of bits for the hashes of a title's words: most others are told from them at once. */
const FILTER_SIZE = 16;

/** The words of a title. */
export class TitleWords {
  readonly #words: readonly number[];
  readonly #filter = new Int32Array(FILTER_SIZE);

  /** Knows the first words of `title`. */
  constructor(title: string) {
    this.#words = wordsOf(title);
    for (const word of this.#words) {
      const at = placeOf(word);
      this.#filter[at] = (this.#filter[at] as number) | (1 << word);
    }
  }

  /** The share of the first words of `text` that the title has. */
  share(text: string): number {
    if (this.#words.length === 0 || text.length > MAX_LENGTH || !this.#mayShare(text)) return 0;
    const words = wordsOf(text);
    let common = 0;
    for (const word of words) if (this.#words.includes(word)) common++;
    return words.length === 0 ? 0 : common / words.length;
  }

  #mayShare(text: string): boolean {
    let hash = SEED, size = 0;
    for (let at = 0; at <= text.length; at++) {
      const code = at < text.length ? text.charCodeAt(at) : 0;
      if (isLetter(code)) {
        hash = step(hash, code);
        size++;
      } else {
        if (size >= MIN_WORD && ((this.#filter[placeOf(hash)] as number) >>> hash & 1) === 1) {
          return true;
        }
        hash = SEED;
        size = 0;
      }
    }
    return false;
  }
}

const placeOf = (hash: number) => (hash >>> 5) & (FILTER_SIZE - 1);
const SEED = 0x811c9dc5;
const step = (hash: number, code: number) =>
  Math.imul(hash ^ (code < 0x80 ? code | 0x20 : code), 0x01000193);
const isLetter = (code: number) =>
  code >= 0xc0 || (code >= 0x30 && code <= 0x39) ||
  ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);

/** The hashes of the first words of a text, each once, in small letters (FNV-1a). */
function wordsOf(text: string): number[] {
  const words: number[] = [];
  let hash = SEED, size = 0;
  for (let at = 0; at <= text.length && words.length < MAX_WORDS; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0;
    if (isLetter(code)) {
      hash = step(hash, code);
      size++;
    } else {
      if (size >= MIN_WORD && !words.includes(hash)) words.push(hash);
      hash = SEED;
      size = 0;
    }
  }
  return words;
}
