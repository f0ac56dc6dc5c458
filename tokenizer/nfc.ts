/**
 * Unicode's normalization form C of a text that comes in parts (Unicode Standard Annex 15).
 *
 * @module
 */

type Text = string | Uint8Array;

/** Marks in a row after which a text is cut, since ordering many takes time by their square. */
const MAX_MARKS = 1024;
/** The lead byte of U+0300, the first code point that may change under the form. */
const FIRST_LEAD = 0xcc;

/** Composes with what stands before it: a mark, or a vowel or final consonant of Hangul. */
const JOINS = /^[\p{M}\u1160-\u11ff]$/u;

/**
 * Makes a function that normalizes one part after another; `more` keeps back what the next part
 * could still change.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createNfc } from "./nfc.ts";
 * const nfc = createNfc();
 * assertEquals([nfc("caf", true), nfc("e", true), nfc("\u0301", false)], ["ca", "f", "\u00e9"]);
 * ```
 */
export function createNfc(): (part: Text, more: boolean) => Text {
  let kept = "";
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return (part, more) => {
    if (kept === "" && !more && typeof part !== "string" && isPlain(part)) return part;
    const text = kept + (typeof part === "string" ? part : decoder.decode(part));
    const cut = more ? lastStart(text) : text.length;
    kept = text.slice(cut);
    return normalize(text.slice(0, cut));
  };
}

function isPlain(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < FIRST_LEAD);
}

/** Where the last code point starts that does not join the one before it. */
function lastStart(text: string): number {
  let at = text.length;
  for (let marks = 0; at > 0 && marks < MAX_MARKS; marks++) {
    const isLow = (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00 && at > 1 &&
      (text.charCodeAt(at - 2) & 0xfc00) === 0xd800;
    at -= isLow ? 2 : 1;
    if (!joins(text.codePointAt(at) as number)) return at;
  }
  return text.length;
}

function normalize(text: string): string {
  const parts: string[] = [];
  let from = 0, marks = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x300) {
      marks = 0;
      continue;
    }
    const code = text.codePointAt(at) as number;
    const width = code > 0xffff ? 2 : 1;
    marks = joins(code) ? marks + 1 : 0;
    at += width - 1;
    if (marks < MAX_MARKS) continue;
    parts.push(text.slice(from, at + 1).normalize("NFC"));
    [from, marks] = [at + 1, 0];
  }
  parts.push(text.slice(from).normalize("NFC"));
  return parts.join("");
}

const pages: (Uint8Array | undefined)[] = [];

/** {@linkcode JOINS} by a table of the code point's page. */
function joins(code: number): boolean {
  if (code < 0x300) return false;
  const page = pages[code >> 8] ??= Uint8Array.from(
    { length: 256 },
    (_, i) => Number(JOINS.test(String.fromCodePoint((code & ~255) + i))),
  );
  return page[code & 255] === 1;
}
