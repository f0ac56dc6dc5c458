/**
 * The split of o200k_base (openai/tiktoken), which GPT-4o and Llama 4 have, and that of Mistral's
 * Tekken, which knows no contractions and takes digits one by one. With U for upper case and title
 * case, L for lower case, B for other letters and marks:
 *
 *     [^\r\n\p{L}\p{N}]?[UB]*[LB]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
 *     [^\r\n\p{L}\p{N}]?[UB]+[LB]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|
 *     \p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
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
} from "./char_class.ts";
import { contractionLength, digitsEnd, isNewline, spacesEnd } from "./split_gpt4.ts";
import { CASELESS, LOWER, MARK, NONE, SIGN, UPPER, wordClass } from "./word_class.ts";

/** End of the piece that starts at `start`. */
export const o200kPieceEnd = (bytes: Uint8Array, start: number, ends: Ends): number =>
  pieceEnd(bytes, start, { ...ends, maxDigits: 3, contractions: true });

/** The same for Tekken. */
export const tekkenPieceEnd = (bytes: Uint8Array, start: number, ends: Ends): number =>
  pieceEnd(bytes, start, { ...ends, maxDigits: 1, contractions: false });

interface Rules extends Ends {
  readonly maxDigits: number;
  readonly contractions: boolean;
}

function pieceEnd(bytes: Uint8Array, start: number, rules: Rules): number {
  const { limit, end, maxDigits } = rules;
  const lead = bytes[start] as number;
  const kind = classAt(bytes, start);
  if (kind === NUMBER) return digitsEnd(bytes, start, { end, maxDigits });
  const word = wordEnd(bytes, start, rules);
  if (word > start) return word;
  const second = start + sequenceLength(lead);
  const next = lead === 0x20 && second < end ? classAt(bytes, second) : NUMBER;
  if (kind === OTHER || next === OTHER) {
    let at = runEnd(bytes, kind === OTHER ? start : second, limit, OTHER);
    while (at < limit && isNewlineOrSlash(bytes[at] as number)) at++;
    return at;
  }
  return spacesEnd(bytes, start, { limit, end });
}

/** End of the word that starts at `start`, perhaps with a sign or a space before it; else `start`. */
function wordEnd(bytes: Uint8Array, start: number, { limit, end, contractions }: Rules): number {
  const lead = bytes[start] as number;
  const first = wordClass(codePointAt(bytes, start));
  const isWord = first !== NONE && first !== SIGN;
  const begin = isWord ? start : start + sequenceLength(lead);
  const at = isNewline(lead) ? begin : casesEnd(bytes, begin, limit);
  if (at === begin) return start;
  const isContracted = contractions && at < end && bytes[at] === 0x27;
  return isContracted ? at + contractionLength(bytes, at, end) : at;
}

/** End of `[UB]*[LB]+|[UB]+[LB]*` at `start`; `start` where there is neither. */
function casesEnd(bytes: Uint8Array, start: number, limit: number): number {
  let at = start, afterCaseless = start, isLower = false;
  for (; at < limit; at += sequenceLength(bytes[at] as number)) {
    const next = at + sequenceLength(bytes[at] as number);
    if (next > limit) break;
    const kind = wordClass(codePointAt(bytes, at));
    if (kind === CASELESS || kind === MARK) afterCaseless = next;
    else if (kind === LOWER) isLower = true;
    else if (kind !== UPPER || isLower) break;
  }
  // Without lower case, `[LB]+` is given back the last letter that may be in it.
  return isLower || afterCaseless === start ? at : afterCaseless;
}

function isNewlineOrSlash(byte: number): boolean {
  return isNewline(byte) || byte === 0x2f;
}
