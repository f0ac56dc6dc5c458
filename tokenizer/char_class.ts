/**
 * Classes of code points in UTF-8 bytes, as the splits of byte-level tokenizers need them.
 *
 * @module
 */

/** Character classes of the splits; white space is Unicode White_Space, not JavaScript's `\s`. */
export const OTHER = 0, LETTER = 1, NUMBER = 2, SPACE = 3;

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

/** Bytes of the code point that starts with `lead`. */
export function sequenceLength(lead: number): number {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Class of the code point at `at`; `bytes` is well-formed UTF-8. */
export function classAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return asciiClass[lead] as number;
  const codePoint = codePointAt(bytes, at);
  const page = classPages[codePoint >> 8] ?? buildPage(codePoint >> 8);
  return page[codePoint & 255] as number;
}

/** The code point at `at`; `bytes` is well-formed UTF-8. */
export function codePointAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return lead;
  const b1 = (bytes[at + 1] as number) & 0x3f;
  if (lead < 0xe0) return (lead & 0x1f) << 6 | b1;
  const b2 = (bytes[at + 2] as number) & 0x3f;
  return lead < 0xf0
    ? (lead & 0x0f) << 12 | b1 << 6 | b2
    : (lead & 0x07) << 18 | b1 << 12 | b2 << 6 | ((bytes[at + 3] as number) & 0x3f);
}

/** End of the run of `kind` that starts at `at`, at most `limit` and never inside a code point. */
export function runEnd(bytes: Uint8Array, at: number, limit: number, kind: number): number {
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

/** Where the last code point of `bytes[start, end)` starts. */
export function lastStart(bytes: Uint8Array, end: number): number {
  let last = end - 1;
  while (((bytes[last] as number) & 0xc0) === 0x80) last--;
  return last;
}

/** Where a piece may end. */
export interface Ends {
  /** At most here. */
  readonly limit: number;
  /** End of the text. */
  readonly end: number;
}
