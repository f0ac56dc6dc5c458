/**
 * Brings text from anywhere into one form.
 *
 * @module
 */

/** Controls, the byte-order mark, and characters that only ever come from broken conversions. */
// deno-lint-ignore no-control-regex -- control characters are what this removes
const STRAY = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u200b\u2060\ufeff\ufff0-\uffff]/g;
const LINE_BREAK = /\r\n?|[\v\f\u0085\u2028\u2029]/g;
/** Unicode's space separators other than the plain space. */
const ODD_SPACE = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;

/**
 * NFC text with `\n` line ends, plain spaces, no control characters, no white space at line ends and
 * at most one blank line between paragraphs. Indentation stays. Lone surrogates become U+FFFD and
 * then, like every other U+FFFD, go.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cleanText } from "./clean_text.ts";
 * assertEquals(cleanText("\ufeffCafe\u0301 \r\n\r\n\r\nau\u00a0lait\u0007\n"), "Café\n\nau lait");
 * ```
 */
export function cleanText(text: string): string {
  return collapseBlankLines(
    text.toWellFormed()
      .replace(LINE_BREAK, "\n")
      .replace(STRAY, "")
      .replace(ODD_SPACE, " ")
      .normalize("NFC")
      .split("\n").map((line) => line.trimEnd()),
  );
}

/** Lines as a text with at most one blank line between paragraphs and none at the ends. */
export const collapseBlankLines = (lines: readonly string[]): string =>
  lines.join("\n").replace(/\n{3,}/g, "\n\n").replace(/^\n{1,2}|\n{1,2}$/g, "");
