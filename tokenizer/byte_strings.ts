/**
 * Byte strings that need not be text, to ids and back: what is valid UTF-8 is encoded as the text
 * that it is, every other byte as the token of that byte.
 *
 * @module
 */

import { BYTE_CHARS } from "./byte_alphabet.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * Ids of any bytes; {@linkcode Tokenizer.decodeBytes} gives them back.
 *
 * @throws {RangeError} at a byte that the vocabulary does not have
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeBytes } from "./byte_strings.ts";
 * import { trainTokenizer } from "./train.ts";
 * const tokenizer = await trainTokenizer(["low lower"], { vocabSize: 259 });
 * const bytes = Uint8Array.of(0x6c, 0xff, 0x6f);
 * assertEquals(tokenizer.decodeBytes(encodeBytes(tokenizer, bytes)), bytes);
 * ```
 */
export function encodeBytes(tokenizer: Tokenizer, bytes: Uint8Array): Uint32Array {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const parts: Uint32Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = validUntil(bytes, at);
    if (end > at) parts.push(tokenizer.encode(decoder.decode(bytes.subarray(at, end))));
    if (end < bytes.length) {
      const byte = bytes[end] as number;
      const id = tokenizer.tokenToId(BYTE_CHARS[byte] as string);
      if (id === undefined) {
        throw new RangeError(`Cannot encode byte ${end}: the vocabulary has no token for ${byte}`);
      }
      parts.push(Uint32Array.of(id));
    }
    at = end + 1;
  }
  const ids = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let to = 0;
  for (const part of parts) {
    ids.set(part, to);
    to += part.length;
  }
  return ids;
}

/** Where the well-formed UTF-8 from `at` on ends (Unicode 16.0, table 3-7). */
export function validUntil(bytes: Uint8Array, at: number): number {
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
