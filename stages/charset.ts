/**
 * Tells the encoding of text that does not say it.
 *
 * @module
 */
import { analyse } from "chardet";

/** Bytes that are looked at, from the first one that is not ASCII. */
export const CHARSET_SAMPLE_BYTES = 64 * 1024;

/** Confidence of the detector, in percent, below which its answer counts as none. */
const MIN_CONFIDENCE = 20;

/**
 * What the detector calls otherwise than the Encoding standard, or tells apart without need: the
 * Windows code pages contain the printable part of their ISO relatives.
 */
const LABELS: Readonly<Record<string, string>> = {
  "iso-8859-1": "windows-1252",
  "iso-8859-9": "windows-1254",
};

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Whether `bytes` are UTF-8, but for a code point that is cut off at their end. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    UTF8.decode(bytes, { stream: true });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  } finally {
    resetUtf8();
  }
}

/** Forgets a code point that was cut off; fails, and resets, where there was one. */
function resetUtf8(): void {
  try {
    UTF8.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/**
 * The label of the encoding that `bytes` are in, as the Encoding standard has it; `undefined` where
 * none is likely.
 *
 * @example
 * ```ts
 * import { detectCharset } from "./charset.ts";
 * console.assert(detectCharset(new TextEncoder().encode("ein Käse")) === "utf-8");
 * ```
 */
export function detectCharset(bytes: Uint8Array): string | undefined {
  const utf16 = detectUtf16(bytes);
  if (utf16 !== undefined) return utf16;
  if (isUtf8(bytes)) return "utf-8";
  const first = bytes.findIndex((byte) => byte >= 0x80);
  // Before it stands what every encoding reads the same; a word of it helps the detector.
  const from = Math.max(0, first - 64);
  const sample = bytes.subarray(from, from + CHARSET_SAMPLE_BYTES);
  for (const { name, confidence } of analyse(sample)) {
    if (confidence < MIN_CONFIDENCE) return undefined;
    const label = labelOf(name);
    // Of two that are as likely, the one in which every byte has a meaning.
    if (label !== undefined && decodes(bytes.subarray(0, from + CHARSET_SAMPLE_BYTES), label)) {
      return label;
    }
  }
  return undefined;
}

function labelOf(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (lower === "utf-8" || /^utf-(16|32)/.test(lower)) return undefined;
  try {
    return new TextDecoder(LABELS[lower] ?? lower).encoding;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function decodes(bytes: Uint8Array, label: string): boolean {
  try {
    new TextDecoder(label, { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** Control characters other than blanks, and what is no character at all. */
const NO_TEXT = /[^\P{Cc}\t\n\r]|\p{Co}|[\ufffe\uffff]/u;
/** What every text has some of, and text read in the wrong order hardly any. */
const COMMON = /[\t\n\r -~\u3000-\u3002\uff01-\uff1f]/g;

/** So many of them, or fewer, may be chance. */
const MIN_COMMON = 3;

/**
 * UTF-16 without a mark: there are zeros, which no other text has, and one of the orders of bytes
 * gives common characters and nothing that is no text.
 */
function detectUtf16(bytes: Uint8Array): string | undefined {
  const head = bytes.subarray(0, Math.min(bytes.byteLength, 4096) & ~1);
  if (!head.includes(0)) return undefined;
  const scores = ["utf-16le", "utf-16be"].map((label) => {
    const text = new TextDecoder(label).decode(head);
    return { label, score: NO_TEXT.test(text) ? 0 : text.match(COMMON)?.length ?? 0 };
  });
  const [best, other] = scores.toSorted((a, b) => b.score - a.score);
  return best && other && best.score > Math.max(other.score, MIN_COMMON) ? best.label : undefined;
}
