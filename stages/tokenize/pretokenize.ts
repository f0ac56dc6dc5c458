/**
 * Splits text into the pieces that byte-pair merges never cross, as GPT-2 and the `ByteLevel`
 * pre-tokenizer of Hugging Face tokenizers do:
 *
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * A hand-written scanner over UTF-8 bytes, because the regular expression costs more than all the
 * rest of encoding. `\s` is Unicode White_Space, not JavaScript's `\s`.
 *
 * @module
 */

/** Longer pieces are cut here, so that one endless word costs bounded time and memory. */
export const MAX_PRETOKEN_BYTES = 4096;

const OTHER = 0, LETTER = 1, NUMBER = 2, SPACE = 3;
const classPages: (Uint8Array | undefined)[] = [];
const asciiClass = buildPage(0).subarray(0, 128);

/** Classes of the 256 code points of a page; built when text first needs it. */
function buildPage(page: number): Uint8Array {
  const classes = new Uint8Array(256);
  for (let i = 0; i < 256; i++) {
    const char = String.fromCodePoint(page * 256 + i);
    classes[i] = /\p{L}/u.test(char)
      ? LETTER
      : /\p{N}/u.test(char)
      ? NUMBER
      : /\p{White_Space}/u.test(char)
      ? SPACE
      : OTHER;
  }
  classPages[page] = classes;
  return classes;
}

function sequenceLength(lead: number): number {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Class of the code point at `at`; `bytes` is well-formed UTF-8. */
function classAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return asciiClass[lead] as number;
  const b1 = (bytes[at + 1] as number) & 0x3f;
  let codePoint: number;
  if (lead < 0xe0) codePoint = (lead & 0x1f) << 6 | b1;
  else {
    const b2 = (bytes[at + 2] as number) & 0x3f;
    codePoint = lead < 0xf0
      ? (lead & 0x0f) << 12 | b1 << 6 | b2
      : (lead & 0x07) << 18 | b1 << 12 | b2 << 6 | ((bytes[at + 3] as number) & 0x3f);
  }
  const page = classPages[codePoint >> 8] ?? buildPage(codePoint >> 8);
  return page[codePoint & 255] as number;
}

/** End of the run of `kind` that starts at `at`, at most `limit` and never inside a code point. */
function runEnd(bytes: Uint8Array, at: number, limit: number, kind: number): number {
  while (at < limit) {
    const lead = bytes[at] as number;
    if (lead < 0x80) {
      if (asciiClass[lead] !== kind) return at;
      at++;
    } else {
      const next = at + sequenceLength(lead);
      if (next > limit || classAt(bytes, at) !== kind) return at;
      at = next;
    }
  }
  return at;
}

/** Bytes of `'s 't 're 've 'm 'll 'd` at `at`, else 0. */
function contractionLength(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return 0;
  const a = bytes[at + 1] as number;
  if (a === 0x73 || a === 0x74 || a === 0x6d || a === 0x64) return 2; // s t m d
  if (at + 2 >= end) return 0;
  const b = bytes[at + 2] as number;
  return ((a === 0x72 || a === 0x76) && b === 0x65) || (a === 0x6c && b === 0x6c) ? 3 : 0;
}

/** End of the piece that starts at `start`, given that the text ends at `end` > `start`. */
export function pretokenEnd(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + MAX_PRETOKEN_BYTES);
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
  let last = spaceEnd - 1;
  while (((bytes[last] as number) & 0xc0) === 0x80) last--;
  return last > start ? last : spaceEnd;
}

/** Receives one piece as `bytes[start, end)`; the bytes are only valid during the call. */
export type PretokenVisitor = (bytes: Uint8Array, start: number, end: number) => void;

const PIECE_CHARS = 16384;
/** The scanner looks at most this far past a piece's end: a code point or a contraction. */
const LOOKAHEAD = 8;

/**
 * Makes a function that visits every piece of a text in order, with one fixed buffer whatever the
 * length of the text. Lone surrogates are read as U+FFFD.
 *
 * @example
 * ```ts
 * import { createPretokenizer } from "./pretokenize.ts";
 * const pieces: string[] = [];
 * createPretokenizer()("it's  10 km", (bytes, start, end) =>
 *   pieces.push(new TextDecoder().decode(bytes.subarray(start, end))));
 * console.assert(pieces.join("|") === "it|'s| | 10| km");
 * ```
 */
export function createPretokenizer(): (text: string, visit: PretokenVisitor) => void {
  const encoder = new TextEncoder();
  const buffer = new Uint8Array(PIECE_CHARS * 3 + MAX_PRETOKEN_BYTES + 2 * LOOKAHEAD);
  return (text, visit) => {
    let read = 0, filled = 0, start = 0;
    while (read < text.length) {
      let next = Math.min(text.length, read + PIECE_CHARS);
      if (next < text.length && (text.charCodeAt(next - 1) & 0xfc00) === 0xd800) next--;
      buffer.copyWithin(0, start, filled);
      filled -= start;
      start = 0;
      filled += encoder.encodeInto(text.slice(read, next), buffer.subarray(filled)).written;
      read = next;
      while (start < filled) {
        const end = pretokenEnd(buffer, start, filled);
        // More text could still lengthen or change this piece.
        if (end + LOOKAHEAD > filled && read < text.length) break;
        visit(buffer, start, end);
        start = end;
      }
    }
  };
}
