/**
 * Text as the UTF-8 bytes that it is on disk: no string is made of it, so reading a large corpus
 * leaves nothing to collect.
 *
 * @module
 */

const BUFFER_BYTES = 1 << 16;
/** A code point that goes on in the next read takes at most one byte less than this. */
const MAX_CODE_POINT_BYTES = 4;

/** What bytes come from: an open file, say. */
export interface ByteSource {
  /** Fills the beginning of `buffer`; how many bytes came, or null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/**
 * A text, piece by piece, as well-formed UTF-8 cut between code points. What is malformed is read as
 * U+FFFD, as `TextDecoder` does; a byte order mark is text. A piece is valid until the next is asked
 * for.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { utf8Pieces } from "./utf8_pieces.ts";
 * const bytes = new TextEncoder().encode("naïve");
 * let at = 0;
 * const source = {
 *   read(buffer: Uint8Array): Promise<number | null> {
 *     if (at === bytes.length) return Promise.resolve(null);
 *     buffer[0] = bytes[at++] as number;
 *     return Promise.resolve(1);
 *   },
 * };
 * const lengths: number[] = [];
 * for await (const piece of utf8Pieces(source)) lengths.push(piece.length);
 * assertEquals(lengths, [1, 1, 2, 1, 1]);
 * ```
 */
export async function* utf8Pieces(
  source: ByteSource,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  let filled = 0;
  for (;;) {
    const count = await source.read(buffer.subarray(filled));
    filled += count ?? 0;
    const valid = validUntil(buffer.subarray(0, filled), 0);
    const isCut = count !== null && filled - valid < MAX_CODE_POINT_BYTES;
    if (valid === filled || isCut) {
      if (valid > 0) yield buffer.subarray(0, valid);
      buffer.copyWithin(0, valid, filled);
      filled -= valid;
    } else {
      // Rare: by way of strings, and the same for what a decoder keeps back of this piece.
      yield* repaired(buffer.subarray(0, filled), source);
      return;
    }
    if (count === null) return;
  }
}

/** The rest of a text from a piece on that holds something malformed. */
async function* repaired(
  first: Uint8Array,
  source: ByteSource,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const encoder = new TextEncoder();
  yield encoder.encode(decoder.decode(first, { stream: true }));
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (let count; (count = await source.read(buffer)) !== null;) {
    yield encoder.encode(decoder.decode(buffer.subarray(0, count), { stream: true }));
  }
  yield encoder.encode(decoder.decode());
}

/** Where the well-formed UTF-8 from `at` on ends (Unicode 16.0, table 3-7). */
function validUntil(bytes: Uint8Array, at: number): number {
  while (at < bytes.length) {
    const lead = bytes[at] as number;
    const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length === 0 || lead > 0xf4 || at + length > bytes.length) return at;
    for (let i = 1; i < length; i++) {
      const byte = bytes[at + i] as number;
      const low = i > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
      const high = i > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
      if (byte < low || byte > high) return at;
    }
    at += length;
  }
  return at;
}
