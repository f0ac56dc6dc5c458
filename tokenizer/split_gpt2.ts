/**
 * GPT-2's split, which the `ByteLevel` pre-tokenizer of Hugging Face tokenizers applies:
 *
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * @module
 */

import { classAt, lastStart, NUMBER, runEnd, sequenceLength, SPACE } from "./char_class.ts";

/** Bytes of `'s 't 're 've 'm 'll 'd` at `at`, else 0. */
function contractionLength(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return 0;
  const a = bytes[at + 1] as number;
  if (a === 0x73 || a === 0x74 || a === 0x6d || a === 0x64) return 2; // s t m d
  if (at + 2 >= end) return 0;
  const b = bytes[at + 2] as number;
  return ((a === 0x72 || a === 0x76) && b === 0x65) || (a === 0x6c && b === 0x6c) ? 3 : 0;
}

/** End of the piece that starts at `start`, at most at `limit`, of a text that ends at `end`. */
export function gpt2PieceEnd(
  bytes: Uint8Array,
  start: number,
  { limit, end }: { limit: number; end: number },
): number {
  const lead = bytes[start] as number;
  if (lead === 0x27) {
    const length = contractionLength(bytes, start, end);
    if (length > 0) return start + length;
  }
  const kind = classAt(bytes, start);
  if (kind !== SPACE) return runEnd(bytes, start, limit, kind);
  if (lead === 0x20 && start + 1 < end) {
    const next = classAt(bytes, start + 1);
    if (next !== SPACE) return runEnd(bytes, start + 1, limit, next);
  }
  const spaceEnd = runEnd(bytes, start, limit, SPACE);
  if (spaceEnd === end || classAt(bytes, spaceEnd) === SPACE) return spaceEnd;
  // `\s+(?!\S)` leaves the last white space to the word that follows, unless it is the only one.
  const last = lastStart(bytes, spaceEnd);
  return last > start ? last : spaceEnd;
}

/**
 * The same after the pre-tokenizer `Digits` has set each of \p{N} apart, as in SmolLM's and
 * StarCoder's files: what stands before a digit is split as if the text ended there.
 */
export function smollmPieceEnd(
  bytes: Uint8Array,
  start: number,
  { limit, end }: { limit: number; end: number },
): number {
  const kind = classAt(bytes, start);
  if (kind === NUMBER) return start + sequenceLength(bytes[start] as number);
  if (kind === SPACE) {
    const spaceEnd = runEnd(bytes, start, limit, SPACE);
    if (spaceEnd < end && classAt(bytes, spaceEnd) === NUMBER) return spaceEnd;
  }
  return gpt2PieceEnd(bytes, start, { limit, end });
}
