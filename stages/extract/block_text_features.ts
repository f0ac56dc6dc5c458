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
  readonly lines: number;
}

const isStop = (code: number) =>
  code === 0x2e || code === 0x21 || code === 0x3f || code === 0x2026 || code === 0x3002 ||
  code === 0xff01 || code === 0xff1f || code === 0x3b;
/** Those of Chinese and Japanese, which no white space follows. */
const isWideStop = (code: number) => code === 0x3002 || code === 0xff01 || code === 0xff1f;
const isQuote = (code: number) =>
  code === 0x22 || code === 0x27 || code === 0x29 || code === 0xbb ||
  (code >= 0x2018 && code <= 0x201f);

/** Kinds of characters that are counted apart; those up to the digits are of words. */
const SMALL = 0, CAPITAL = 1, WIDE = 2, WIDE_STOP = 3, WIDE_COMMA = 4, WIDE_MARK = 5, DIGIT = 6;
const SPACE = 7, LINE_FEED = 8, COMMA = 9, MARK = 10, MARK_QUOTE = 11, STOP = 12, QUOTE = 13;
const APOSTROPHE = 14, HYPHEN = 15, OTHER = 16;
/** The kinds of characters before the first of {@linkcode WIDE}. */
const FIRST_WIDE = 0xc0;
const KINDS = Uint8Array.from({ length: FIRST_WIDE }, (_, code) => {
  const character = String.fromCharCode(code);
  if (code === 0x0a) return LINE_FEED;
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

/** Where the kinds of characters are counted that come outside of words, in one, and after a stop. */
const OUTSIDE = 0, INSIDE = 32, STOPPED = 64;
/** Of each of those places the one where the next character is counted. */
const NEXT = Uint8Array.from({ length: 96 }, (_, place) => {
  const state = place & ~31, kind = place & 31;
  if (kind <= DIGIT) return INSIDE;
  if (kind === STOP) return STOPPED;
  if (kind === APOSTROPHE || (kind === HYPHEN && state === INSIDE)) return state;
  return state === STOPPED && (kind === QUOTE || kind === MARK_QUOTE) ? STOPPED : OUTSIDE;
});
const SEEN = new Int32Array(96);
const seen = (kind: number) =>
  (SEEN[OUTSIDE + kind] as number) + (SEEN[INSIDE + kind] as number) +
  (SEEN[STOPPED + kind] as number);
/** How often a word begins with the kind. */
const begun = (kind: number) => (SEEN[OUTSIDE + kind] as number) + (SEEN[STOPPED + kind] as number);

/** Counts the characters of a block's text: without a branch at each, which would be mistaken for most. */
export function countText(text: string): TextCounts {
  const { length } = text;
  SEEN.fill(0);
  let state = OUTSIDE;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    const place = state + (code < FIRST_WIDE ? KINDS[code] as number : wideKind(code));
    SEEN[place] = (SEEN[place] as number) + 1;
    state = NEXT[place] as number;
  }
  const capitals = seen(CAPITAL), digits = seen(DIGIT), wideMarks = seen(WIDE_MARK);
  const wideCommas = seen(WIDE_COMMA), wideStops = seen(WIDE_STOP), titled = begun(CAPITAL);
  const wide = seen(WIDE) + wideMarks + wideCommas + wideStops;
  const begunWide = begun(WIDE) + begun(WIDE_MARK) + begun(WIDE_COMMA) + begun(WIDE_STOP);
  const isStopped = state === STOPPED ? 1 : 0;
  const ends = (SEEN[STOPPED + SPACE] as number) + (SEEN[STOPPED + LINE_FEED] as number);
  return {
    letters: seen(SMALL) + capitals + wide,
    capitals,
    digits,
    words: begun(SMALL) + titled + begun(DIGIT) + begunWide,
    titled,
    commas: seen(COMMA) + wideCommas,
    sentences: ends + wideStops + isStopped,
    marks: seen(MARK) + seen(MARK_QUOTE) + wideMarks,
    lines: 1 + seen(LINE_FEED),
  };
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
