/**
 * Detects the encoding of text that does not declare it.
 *
 * @module
 */
import { analyse } from "chardet";

/** Bytes to inspect, from the first one that is not ASCII. */
export const CHARSET_SAMPLE_BYTES = 64 * 1024;

/** Minimum confidence of the detector, in percent. */
const MIN_CONFIDENCE = 20;

/**
 * Labels of the detector that differ from the Encoding standard's, or that need no distinction: the
 * Windows code pages contain the printable part of their ISO counterparts.
 */
const LABELS: Readonly<Record<string, string>> = {
  "iso-8859-1": "windows-1252",
  "iso-8859-9": "windows-1254",
};

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Whether `bytes` are UTF-8, except for a code point truncated at their end. */
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

/** Resets the decoder; throws where a truncated code point was pending. */
function resetUtf8(): void {
  try {
    UTF8.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/** The character that malformed sequences decode to. */
const REPLACED = 0xfffd;
/** Minimum characters per malformed sequence in text that counts as UTF-8. */
const CHARS_PER_BREAK = 50;

/** Counts `bytes` as UTF-8: all characters, multibyte characters, and malformed sequences. */
function countUtf8(bytes: Uint8Array): { chars: number; wide: number; broken: number } {
  const text = new TextDecoder().decode(bytes, { stream: true });
  let wide = 0, broken = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === REPLACED) broken++;
    else if (code >= 0x80) wide++;
  }
  return { chars: text.length, wide, broken };
}

/**
 * `bytes` as valid UTF-8, with U+FFFD for each malformed sequence; `undefined` where there are too
 * many of them for UTF-8.
 */
export function mendUtf8(bytes: Uint8Array): Uint8Array | undefined {
  if (isUtf8(bytes)) return bytes;
  const { chars, wide, broken } = countUtf8(bytes);
  if (wide < 2 * broken && chars < CHARS_PER_BREAK * broken) return undefined;
  return new TextEncoder().encode(new TextDecoder().decode(bytes));
}

/** Characters that count as evidence rather than chance. */
const MIN_EVIDENCE = 4;

/**
 * Whether `bytes` contradict their declared encoding: UTF-8, where more sequences are malformed than
 * not, or a legacy encoding, where everything is UTF-8.
 */
export function contradicts(bytes: Uint8Array, label: string): boolean {
  if (label !== "utf-8") {
    if (label.startsWith("utf-16") || !isUtf8(bytes)) return false;
    return countUtf8(bytes).wide >= MIN_EVIDENCE;
  }
  if (isUtf8(bytes)) return false;
  const { wide, broken } = countUtf8(bytes);
  return broken >= MIN_EVIDENCE && broken > wide;
}

/**
 * The encodings in which a non-ASCII byte begins or ends a character. Short text in them has a few
 * byte pairs that are UTF-8 by chance; text in other encodings has hardly any.
 */
const MULTIBYTE = new Set(["shift_jis", "euc-jp", "euc-kr", "big5", "gb18030", "gbk"]);

/** The standard's label for 7-bit encodings that are no longer decoded. */
export const REPLACEMENT = "replacement";

/**
 * The Encoding standard's label of the encoding of `bytes`; `undefined` where none is likely. UTF-8
 * with a few malformed sequences is still UTF-8.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { detectCharset } from "./charset.ts";
 * assertEquals(detectCharset(new TextEncoder().encode("ein Käse")), "utf-8");
 * ```
 */
export function detectCharset(bytes: Uint8Array): string | undefined {
  const distinctive = detectUtf16(bytes) ?? detectEscapes(bytes);
  if (distinctive !== undefined) return distinctive;
  if (isUtf8(bytes)) return "utf-8";
  const { chars, wide, broken } = countUtf8(bytes);
  if (wide >= 2 * broken) return "utf-8";
  const label = detectLegacy(bytes);
  if (label !== undefined && (MULTIBYTE.has(label) || wide < broken)) return label;
  return wide >= broken || chars >= CHARS_PER_BREAK * broken ? "utf-8" : undefined;
}

/** The legacy encoding in which `bytes` look most like text. */
function detectLegacy(bytes: Uint8Array): string | undefined {
  const first = bytes.findIndex((byte) => byte >= 0x80);
  // ASCII before it is the same in every encoding; a word of it helps the detector.
  const from = Math.max(0, first - 64);
  const sample = bytes.subarray(from, from + CHARSET_SAMPLE_BYTES);
  for (const { name, confidence } of analyse(sample)) {
    if (confidence < MIN_CONFIDENCE) return undefined;
    const label = labelOf(name);
    // Of two equally likely ones, the one that defines every byte.
    if (label !== undefined && decodes(bytes.subarray(0, from + CHARSET_SAMPLE_BYTES), label)) {
      return label;
    }
  }
  return undefined;
}

const ESCAPE = 0x1b;
/** Character sets, named behind an escape, of ISO-2022-JP (RFC 1468; the Encoding standard, 12.2). */
const JAPANESE = /^(?:\$[@B]|\([IJ]|\$\(D)/;
/** Those of ISO-2022-KR (RFC 1557) and ISO-2022-CN (RFC 1922). */
const UNREAD = /^\$[)*][A-I]/;
/** Two runs of HZ (RFC 1843). */
const HZ = /(?:~\{(?:[!-w][!-~])+~\}[^]*?){2}/;

/** Whether a 7-bit encoding may shift at this place. */
export function isShift(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at], next = bytes[at + 1];
  if (first === 0x7e) return next === 0x7b;
  return first === ESCAPE && (next === undefined || next === 0x24 || next === 0x28);
}

/** 7-bit encodings, detected by their shift sequences. */
function detectEscapes(bytes: Uint8Array): string | undefined {
  if (bytes.some((byte) => byte >= 0x80)) return undefined;
  const text = new TextDecoder().decode(bytes.subarray(0, CHARSET_SAMPLE_BYTES));
  const [, ...shifts] = text.split(String.fromCharCode(ESCAPE));
  if (shifts.some((shift) => JAPANESE.test(shift))) return "iso-2022-jp";
  return shifts.some((shift) => UNREAD.test(shift)) || HZ.test(text) ? REPLACEMENT : undefined;
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

/** Control characters other than white space, and noncharacters. */
const NO_TEXT = /[^\P{Cc}\t\n\r]|\p{Co}|[\ufffe\uffff]/u;
/** Characters common in any text, and rare in text read in the wrong byte order. */
const COMMON = /[\t\n\r -~\u3000-\u3002\uff01-\uff1f]/g;

/** Bytes in which UTF-16 without a byte order mark has zeros. */
export const ZEROS_IN_BYTES = 4096;

/** Up to this many may be chance. */
const MIN_COMMON = 3;

/**
 * UTF-16 without a byte order mark: has zeros, which no other text has, and one byte order gives
 * common characters and no control characters.
 */
function detectUtf16(bytes: Uint8Array): string | undefined {
  const head = bytes.subarray(0, Math.min(bytes.byteLength, ZEROS_IN_BYTES) & ~1);
  if (!head.includes(0)) return undefined;
  const scores = ["utf-16le", "utf-16be"].map((label) => {
    const text = new TextDecoder(label).decode(head);
    return { label, score: NO_TEXT.test(text) ? 0 : text.match(COMMON)?.length ?? 0 };
  });
  const [best, other] = scores.toSorted((a, b) => b.score - a.score);
  return best && other && best.score > Math.max(other.score, MIN_COMMON) ? best.label : undefined;
}
