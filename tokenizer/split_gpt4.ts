/**
 * GPT-4's split (cl100k_base of openai/tiktoken), which Llama 3 uses too:
 *
 *     (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
 *      ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
 *
 * Letters of contractions are those of ASCII, whatever their case.
 *
 * @module
 */

import {
  classAt,
  type Ends,
  lastStart,
  LETTER,
  NUMBER,
  OTHER,
  runEnd,
  sequenceLength,
  SPACE,
} from "./char_class.ts";

/** End of the piece that starts at `start`; digits stand in groups of up to three. */
export const gpt4PieceEnd = (bytes: Uint8Array, start: number, ends: Ends): number =>
  pieceEnd(bytes, start, { ...ends, maxDigits: 3 });

/** The same where each digit stands alone, as in Qwen 2 and 3. */
export const qwen2PieceEnd = (bytes: Uint8Array, start: number, ends: Ends): number =>
  pieceEnd(bytes, start, { ...ends, maxDigits: 1 });

function pieceEnd(
  bytes: Uint8Array,
  start: number,
  { limit, end, maxDigits }: Ends & { readonly maxDigits: number },
): number {
  const lead = bytes[start] as number;
  if (lead === 0x27) {
    const length = contractionLength(bytes, start, end);
    if (length > 0) return start + length;
  }
  const kind = classAt(bytes, start);
  if (kind === LETTER) return runEnd(bytes, start, limit, LETTER);
  if (kind === NUMBER) return digitsEnd(bytes, start, { end, maxDigits });
  const second = start + sequenceLength(lead);
  const next = second < end ? classAt(bytes, second) : SPACE;
  if (next === LETTER && !isNewline(lead)) return runEnd(bytes, second, limit, LETTER);
  if (kind === OTHER || (lead === 0x20 && next === OTHER)) {
    let at = runEnd(bytes, kind === OTHER ? start : second, limit, OTHER);
    while (at < limit && isNewline(bytes[at] as number)) at++;
    return at;
  }
  return spacesEnd(bytes, start, { limit, end });
}

/** End of the white space that starts at `start`: `\s*[\r\n]+|\s+(?!\S)|\s+`. */
export function spacesEnd(bytes: Uint8Array, start: number, { limit, end }: Ends): number {
  const spaceEnd = runEnd(bytes, start, limit, SPACE);
  for (let at = spaceEnd; at > start; at--) {
    if (isNewline(bytes[at - 1] as number)) return at;
  }
  if (spaceEnd === end || classAt(bytes, spaceEnd) === SPACE) return spaceEnd;
  // `\s+(?!\S)` leaves the last white space to what follows, unless it is the only one.
  const last = lastStart(bytes, spaceEnd);
  return last > start ? last : spaceEnd;
}

/** Whether a byte is `\r` or `\n`. */
export function isNewline(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d;
}

/** End of the digits that start at `start`, at most `maxDigits` of them. */
export function digitsEnd(
  bytes: Uint8Array,
  start: number,
  { end, maxDigits }: { end: number; maxDigits: number },
): number {
  let at = start;
  for (let i = 0; i < maxDigits && at < end && classAt(bytes, at) === NUMBER; i++) {
    at += sequenceLength(bytes[at] as number);
  }
  return at;
}

/** Bytes of a contraction at the apostrophe `at`, else 0. */
export function contractionLength(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return 0;
  const a = lower(bytes[at + 1] as number);
  if (a === 0x73 || a === 0x74 || a === 0x6d || a === 0x64) return 2; // s t m d
  if (at + 2 >= end) return 0;
  const b = lower(bytes[at + 2] as number);
  return ((a === 0x72 || a === 0x76) && b === 0x65) || (a === 0x6c && b === 0x6c) ? 3 : 0;
}

/** An ASCII letter in lower case. */
function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
