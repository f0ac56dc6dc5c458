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

/** Counts the characters of a block's text. */
export function countText(text: string): TextCounts {
  const { length } = text;
  let letters = 0, capitals = 0, digits = 0, words = 0, titled = 0, commas = 0, sentences = 0;
  let marks = 0, lines = 1, isInWord = false, isStopped = false;
  for (let at = 0; at < length; at++) {
    let code = text.charCodeAt(at);
    // Runs of small letters, as most text is.
    if (code >= 0x61 && code <= 0x7a) {
      const start = at++;
      while (at < length && (code = text.charCodeAt(at)) >= 0x61 && code <= 0x7a) at++;
      letters += at - start;
      if (!isInWord) words++;
      isInWord = true;
      isStopped = false;
      if (at === length) break;
    }
    if (code <= 0x20) {
      if (isStopped) sentences++;
      if (code === 0x0a) lines++;
      isInWord = isStopped = false;
      continue;
    }
    const isCapital = code >= 0x41 && code <= 0x5a;
    if (isCapital || code >= 0xc0) {
      letters++;
      if (isCapital) capitals++;
      if (!isInWord) {
        words++;
        if (isCapital) titled++;
      }
      isInWord = true;
      isStopped = false;
      if (isWideStop(code)) sentences++;
      else if (code === 0x3001 || code === 0xff0c) commas++;
      else if (code >= 0x2190 && code <= 0x2bff) marks++;
    } else if (code >= 0x30 && code <= 0x39) {
      digits++;
      if (!isInWord) words++;
      isInWord = true;
      isStopped = false;
    } else {
      if (code === 0x2c) commas++;
      else if (
        code === 0x7c || code === 0x40 || code === 0xb7 || code === 0xab || code === 0xbb ||
        code === 0xa9 || code === 0x23 || code === 0x2b || code === 0x2f || code === 0x3e
      ) marks++;
      isStopped = isStop(code) || (isStopped && isQuote(code));
      if (code !== 0x27 && code !== 0x2d) isInWord = false;
    }
  }
  if (isStopped) sentences++;
  return { letters, capitals, digits, words, titled, commas, sentences, marks, lines };
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
