/**
 * DeepSeek V3's split: groups of up to three digits, then runs of Chinese characters and kana, then
 * what is between them by
 *
 *     [!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|
 *      ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
 *
 * each as if the text ended where it is cut.
 *
 * @module
 */

import {
  classAt,
  codePointAt,
  type Ends,
  NUMBER,
  OTHER,
  runEnd,
  sequenceLength,
  SPACE,
} from "./char_class.ts";
import { digitsEnd, isNewline, spacesEnd } from "./split_gpt4.ts";
import { MARK, NONE, SIGN, wordClass } from "./word_class.ts";

/** End of the piece that starts at `start`. */
export function deepseekPieceEnd(bytes: Uint8Array, start: number, { limit, end }: Ends): number {
  if (classAt(bytes, start) === NUMBER) return digitsEnd(bytes, start, { end, maxDigits: 3 });
  if (isEastAsian(codePointAt(bytes, start))) {
    return whileCode(bytes, { at: start, limit }, isEastAsian);
  }
  const lead = bytes[start] as number;
  const code = codePointAt(bytes, start);
  const second = start + sequenceLength(lead);
  const isCut = (at: number) =>
    at >= end || classAt(bytes, at) === NUMBER || isEastAsian(codePointAt(bytes, at));
  if (isAsciiSign(lead) && !isCut(second) && isAsciiLetter(bytes[second] as number)) {
    return whileCode(bytes, { at: second, limit }, isAsciiLetter);
  }
  const kind = wordClass(code);
  const begin = (kind === NONE && !isNewline(lead)) || kind === MARK ? second : start;
  if (!isCut(begin)) {
    const word = whileCode(bytes, { at: begin, limit }, isWord);
    if (word > begin) return word;
  }
  if (isWord(code)) return whileCode(bytes, { at: start, limit }, isWord);
  const signs = lead === 0x20 ? second : start;
  if (!isCut(signs) && wordClass(codePointAt(bytes, signs)) === SIGN) {
    let at = whileCode(bytes, { at: signs, limit }, isSign);
    while (at < limit && isNewline(bytes[at] as number)) at++;
    return at;
  }
  if (classAt(bytes, start) === SPACE) {
    const spaces = runEnd(bytes, start, limit, SPACE);
    return spacesEnd(bytes, start, { limit, end: isCut(spaces) ? spaces : end });
  }
  // What no part of the pattern takes stays together up to where one does.
  let at = second;
  while (at < limit && !isCut(at) && isUnknown(bytes, at)) {
    const next = at + sequenceLength(bytes[at] as number);
    if (next > limit || (!isCut(next) && isWord(codePointAt(bytes, next)))) break;
    at = next;
  }
  return at;
}

function whileCode(
  bytes: Uint8Array,
  { at, limit }: { at: number; limit: number },
  holds: (codePoint: number) => boolean,
): number {
  while (at < limit && holds(codePointAt(bytes, at))) {
    const next = at + sequenceLength(bytes[at] as number);
    if (next > limit) break;
    at = next;
  }
  return at;
}

/** From U+4E00 to U+9FA5, hiragana and katakana. */
function isEastAsian(code: number): boolean {
  return (code >= 0x4e00 && code <= 0x9fa5) || (code >= 0x3040 && code <= 0x30ff);
}

/** Letters and marks, but for those that are set apart first. */
function isWord(code: number): boolean {
  const kind = wordClass(code);
  return kind !== NONE && kind !== SIGN && !isEastAsian(code);
}

function isSign(code: number): boolean {
  return wordClass(code) === SIGN && !isEastAsian(code);
}

/** Controls, unassigned and such. */
function isUnknown(bytes: Uint8Array, at: number): boolean {
  return wordClass(codePointAt(bytes, at)) === NONE && classAt(bytes, at) === OTHER;
}

function isAsciiSign(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f && wordClass(byte) === SIGN;
}

function isAsciiLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
