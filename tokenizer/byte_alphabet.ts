/**
 * GPT-2's way to write bytes as printable characters: each of the 256 byte values has one character,
 * so that any byte string is a key of a JSON vocabulary (openai/gpt-2, `bytes_to_unicode`).
 *
 * @module
 */

/** Bytes that stand for themselves: printable Latin-1 without the space and the soft hyphen. */
function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

/** Character of each byte value: `BYTE_CHARS[0x20] === "Ġ"`. */
export const BYTE_CHARS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from(
    { length: 256 },
    (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++),
  );
})();

/** Byte values in the order of their characters: the order in which a vocabulary lists them. */
export const ALPHABET_ORDER: readonly number[] = Array.from({ length: 256 }, (_, byte) => byte)
  .sort((a, b) => codeOf(a) - codeOf(b));

const byteOfChar = new Map(BYTE_CHARS.map((char, byte) => [char, byte]));

function codeOf(byte: number): number {
  return (BYTE_CHARS[byte] as string).charCodeAt(0);
}

/**
 * Writes the bytes of a vocabulary entry to `arena` from `at` on, one for each of its characters.
 *
 * @returns whether each of its characters stands for a byte; else nothing sensible is written
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { writeToken } from "./byte_alphabet.ts";
 * const bytes = new Uint8Array(4);
 * assert(writeToken("Ġthe", bytes, 0));
 * assertEquals(new TextDecoder().decode(bytes), " the");
 * ```
 */
export function writeToken(token: string, arena: Uint8Array, at: number): boolean {
  for (let i = 0; i < token.length; i++) {
    const byte = byteOfChar.get(token[i] as string);
    if (byte === undefined) return false;
    arena[at + i] = byte;
  }
  return true;
}
