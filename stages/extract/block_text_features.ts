/**
 * What the text of a block looks like by itself.
 *
 * @module
 */

/** Counts over the characters of a block. */
export interface TextCounts {
  readonly letters: number;
  readonly capitals: number;
  readonly digits: number;
  readonly words: number;
  /** Words that begin with a capital. */
  readonly titled: number;
  readonly commas: number;
  /** Ends of sentences: a full stop, an exclamation or question mark before white space or the end. */
  readonly sentences: number;
  /** Bars, bullets, arrows, at signs and the like, of which prose has few. */
  readonly marks: number;
}

const isStop = (code: number) =>
  code === 0x2e || code === 0x21 || code === 0x3f || code === 0x2026 || code === 0x3002 ||
  code === 0xff01 || code === 0xff1f || code === 0x3b;
/** Those of Chinese and Japanese, which no white space follows. */
const isWideStop = (code: number) => code === 0x3002 || code === 0xff01 || code === 0xff1f;
const isQuote = (code: number) =>
  code === 0x22 || code === 0x27 || code === 0x29 || code === 0xbb ||
  (code >= 0x2018 && code <= 0x201f);

/** Kinds of characters: first those of words, last those that what came before decides about. */
const SMALL = 0, CAPITAL = 1, WIDE = 2, WIDE_STOP = 3, WIDE_COMMA = 4, WIDE_MARK = 5, DIGIT = 6;
const SPACE = 7, COMMA = 8, MARK = 9, STOP = 10, OTHER = 11;
const MARK_QUOTE = 12, QUOTE = 13, APOSTROPHE = 14, HYPHEN = 15;
/** The kinds of characters before the first of {@linkcode WIDE}. */
const FIRST_WIDE = 0xc0;
const KINDS = Uint8Array.from({ length: FIRST_WIDE }, (_, code) => {
  const character = String.fromCharCode(code);
  if (code <= 0x20) return SPACE;
  if (/[a-z]/.test(character)) return SMALL;
  if (/[A-Z]/.test(character)) return CAPITAL;
  if (/[0-9]/.test(character)) return DIGIT;
  if (character === ",") return COMMA;
  if (character === "'") return APOSTROPHE;
  if (character === "-") return HYPHEN;
  if (character === "\u00bb") return MARK_QUOTE;
  if (/[|@\u00b7\u00ab\u00a9#+/>]/.test(character)) return MARK;
  return isStop(code) ? STOP : isQuote(code) ? QUOTE : OTHER;
});

function wideKind(code: number): number {
  if (isWideStop(code)) return WIDE_STOP;
  if (code === 0x3001 || code === 0xff0c) return WIDE_COMMA;
  return code >= 0x2190 && code <= 0x2bff ? WIDE_MARK : WIDE;
}

/** What a character comes after: no word, one, or a stop. With its kind added, that is its place. */
const OUTSIDE = 0, INSIDE = 16, STOPPED = 32;
const PLACES = { length: 48 };
/** What the next character comes after. */
const NEXT = Uint8Array.from(PLACES, (_, place) => {
  const state = place & 48, kind = place & 15;
  if (kind <= DIGIT) return INSIDE;
  if (kind === STOP) return STOPPED;
  if (kind === APOSTROPHE || (kind === HYPHEN && state === INSIDE)) return state;
  return state === STOPPED && (kind === QUOTE || kind === MARK_QUOTE) ? STOPPED : OUTSIDE;
});

/** What a character in a place counts for, four counts of a byte each in one number. */
const packed = (...counts: boolean[]) =>
  counts.reduce((all, isCounted, at) => all | Number(isCounted) << (8 * at), 0);
const LETTERS = Int32Array.from(PLACES, (_, place) => {
  const kind = place & 15;
  const isMark = kind === MARK || kind === MARK_QUOTE || kind === WIDE_MARK;
  return packed(kind <= WIDE_MARK, kind === CAPITAL, kind === DIGIT, isMark);
});
const WORDS = Int32Array.from(PLACES, (_, place) => {
  const state = place & 48, kind = place & 15;
  const isBegun = kind <= DIGIT && state !== INSIDE;
  const isEnd = kind === WIDE_STOP || (kind === SPACE && state === STOPPED);
  const isComma = kind === COMMA || kind === WIDE_COMMA;
  return packed(isBegun, isBegun && kind === CAPITAL, isComma, isEnd);
});
/** As many characters overflow no count. */
const MOST = 255;

/** Counts the characters of a block's text: without a branch at each, which would be mistaken for most. */
export function countText(text: string): TextCounts {
  const { length } = text;
  let letters = 0, capitals = 0, digits = 0, marks = 0;
  let words = 0, titled = 0, commas = 0, sentences = 0;
  let state = OUTSIDE;
  for (let at = 0; at < length;) {
    const end = Math.min(length, at + MOST);
    let ofLetters = 0, ofWords = 0;
    for (; at < end; at++) {
      const code = text.charCodeAt(at);
      const kind = code < FIRST_WIDE ? KINDS[code] as number : wideKind(code);
      const place = state + kind;
      ofLetters = (ofLetters + (LETTERS[place] as number)) | 0;
      ofWords = (ofWords + (WORDS[place] as number)) | 0;
      // Most kinds decide alone what follows: the next character need not wait for the place.
      state = kind < MARK_QUOTE ? NEXT[kind] as number : NEXT[place] as number;
    }
    letters += ofLetters & 255;
    capitals += (ofLetters >>> 8) & 255;
    digits += (ofLetters >>> 16) & 255;
    marks += ofLetters >>> 24;
    words += ofWords & 255;
    titled += (ofWords >>> 8) & 255;
    commas += (ofWords >>> 16) & 255;
    sentences += ofWords >>> 24;
  }
  if (state === STOPPED) sentences++;
  return { letters, capitals, digits, words, titled, commas, sentences, marks };
}

/** How a block ends: with a full stop and the like, a colon, or neither. */
export function endOf(text: string): number {
  let at = text.length - 1;
  while (at > 0 && isQuote(text.charCodeAt(at))) at--;
  const code = text.charCodeAt(at);
  return code === 0x3a ? 2 : code !== 0x3b && isStop(code) ? 1 : 0;
}

/** How a block begins: 0 a capital, 1 a small letter, 2 a digit, 3 a quote, 4 anything else. */
export function beginningOf(text: string): number {
  const code = text.charCodeAt(0);
  if (code >= 0x41 && code <= 0x5a) return 0;
  if (code >= 0x61 && code <= 0x7a) return 1;
  if (code >= 0x30 && code <= 0x39) return 2;
  return isQuote(code) || code === 0xab || code === 0x201c ? 3 : 4;
}
