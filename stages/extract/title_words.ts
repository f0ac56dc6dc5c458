/**
 * How much of a block its page's title says.
 *
 * @module
 */

const MAX_WORDS = 40;
const MIN_WORD = 3;
/** Longer blocks are no titles. */
const MAX_LENGTH = 400;
/** Room for what words look like; a power of two. */
const LOOKS = 1024;

/** 1 for each letter and digit of ASCII. */
const IS_LETTER = Uint8Array.from(
  { length: 0xc0 },
  (_, code) => /[0-9A-Za-z]/.test(String.fromCharCode(code)) ? 1 : 0,
);
const isLetter = (code: number) => code >= 0xc0 || IS_LETTER[code] === 1;

/** Where the word that begins at `at` ends, or `at` where none does. */
function wordEnd(text: string, at: number): number {
  const { length } = text;
  while (at < length && isLetter(text.charCodeAt(at))) at++;
  return at;
}

/** Two letters and the length, in any case, of a word of three letters or more. */
const lookOf = (text: string, start: number, end: number) =>
  (Math.imul(text.charCodeAt(start) | 0x20, 31) +
    Math.imul(text.charCodeAt(start + 2) | 0x20, 7) + end - start) & (LOOKS - 1);

/** The hash of a word, in small letters (FNV-1a). */
function hashOf(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    hash = Math.imul(hash ^ (code < 0x80 ? code | 0x20 : code), 0x01000193);
  }
  return hash;
}

/** Words of one text. */
const WORDS = new Int32Array(MAX_WORDS);

/** Whether a word is among the first `count` of `words`. */
function isAmong(words: Int32Array, count: number, hash: number): boolean {
  for (let at = 0; at < count; at++) if (words[at] === hash) return true;
  return false;
}

/** Writes the hashes of the first words of a text, each once; returns how many. */
function tellWords(text: string, words: Int32Array): number {
  let count = 0;
  for (let at = 0; at < text.length && count < MAX_WORDS; at++) {
    const start = at;
    at = wordEnd(text, at);
    if (at - start < MIN_WORD) continue;
    const hash = hashOf(text, start, at);
    if (!isAmong(words, count, hash)) words[count++] = hash;
  }
  return count;
}

/** The words of a title. */
export class TitleWords {
  readonly #words = new Int32Array(MAX_WORDS);
  readonly #count: number;
  /** 1 for what any of them looks like: most other words are told from them at once. */
  readonly #looks = new Uint8Array(LOOKS);

  /** Knows the first words of `title`. */
  constructor(title: string) {
    this.#count = tellWords(title, this.#words);
    for (let at = 0; at < title.length; at++) {
      const start = at;
      at = wordEnd(title, at);
      if (at - start >= MIN_WORD) this.#looks[lookOf(title, start, at)] = 1;
    }
  }

  /** The share of the first words of `text` that the title has. */
  share(text: string): number {
    if (this.#count === 0 || text.length > MAX_LENGTH || !this.#mayShare(text)) return 0;
    const count = tellWords(text, WORDS);
    let common = 0;
    for (let at = 0; at < count; at++) {
      if (isAmong(this.#words, this.#count, WORDS[at] as number)) common++;
    }
    return count === 0 ? 0 : common / count;
  }

  /** Whether any word of `text` looks like one of the title and has its hash. */
  #mayShare(text: string): boolean {
    const { length } = text;
    const looks = this.#looks, known = this.#words, count = this.#count;
    for (let at = 0; at < length; at++) {
      const start = at;
      at = wordEnd(text, at);
      if (at - start < MIN_WORD || looks[lookOf(text, start, at)] === 0) continue;
      if (isAmong(known, count, hashOf(text, start, at))) return true;
    }
    return false;
  }
}
