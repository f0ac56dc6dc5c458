/**
 * Where in a text its tokens stand.
 *
 * @module
 */

/**
 * Start and end of each token in UTF-16 code units, `[2 * tokens]`: token i is
 * `text.slice(offsets[2 * i], offsets[2 * i + 1])`. A token that holds only some bytes of a code
 * point has all of it, as in Hugging Face tokenizers (which count code points instead).
 *
 * @param text what was encoded
 * @param byteLengths UTF-8 bytes of each token, adding up to those of the text
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { offsetsOf } from "./offsets.ts";
 * // "é" as two tokens of a byte, then "😀!" as one.
 * assertEquals([...offsetsOf("é😀!", [1, 1, 5])], [0, 1, 0, 1, 1, 4]);
 * ```
 */
export function offsetsOf(text: string, byteLengths: Iterable<number>): Uint32Array {
  const offsets: number[] = [];
  // The code point that the scan has come to: units [at, next) and bytes up to `end`.
  let at = 0, next = 0, end = 0;
  const advance = (): void => {
    const codePoint = text.codePointAt(next) as number;
    at = next;
    next += codePoint > 0xffff ? 2 : 1;
    end += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint > 0xffff ? 4 : 3;
  };
  let byte = 0;
  for (const length of byteLengths) {
    while (end <= byte && next < text.length) advance();
    offsets.push(at);
    byte += length;
    while (end < byte && next < text.length) advance();
    offsets.push(next);
  }
  return Uint32Array.from(offsets);
}
