/**
 * Splits text into the pieces that byte-pair merges never cross.
 *
 * Hand-written scanners over UTF-8 bytes, because the published regular expressions cost more than the
 * rest of encoding.
 *
 * @module
 */

import { createNfc } from "./nfc.ts";
import { deepseekPieceEnd } from "./split_deepseek.ts";
import { gpt2PieceEnd, smollmPieceEnd } from "./split_gpt2.ts";
import { gpt4PieceEnd, qwen2PieceEnd } from "./split_gpt4.ts";
import { o200kPieceEnd, tekkenPieceEnd } from "./split_o200k.ts";

/** Whose way to split text; `gpt4` is Llama 3's too. */
export type SplitName =
  | "gpt2"
  | "gpt4"
  | "smollm"
  | "qwen2"
  | "o200k"
  | "tekken"
  | "deepseek";

const PIECE_ENDS: Record<SplitName, typeof gpt2PieceEnd> = {
  gpt2: gpt2PieceEnd,
  gpt4: gpt4PieceEnd,
  smollm: smollmPieceEnd,
  qwen2: qwen2PieceEnd,
  o200k: o200kPieceEnd,
  tekken: tekkenPieceEnd,
  deepseek: deepseekPieceEnd,
};

/** Longer pieces are cut here, so that one endless word costs bounded time and memory. */
export const MAX_PRETOKEN_BYTES = 4096;

/** Receives one piece as `bytes[start, end)`; the bytes are only valid during the call. */
export type PretokenVisitor = (bytes: Uint8Array, start: number, end: number) => void;

const PIECE_CHARS = 16384;
/** A split looks at most this far past where it cuts: a code point or a contraction. */
const LOOKAHEAD = 8;

/** Text: a string, or well-formed UTF-8, whose pieces may be cut anywhere. */
export type Text = string | Uint8Array;

/** Visits every piece of a text in order; of a text that comes in parts, with the last part. */
export type Pretokenizer = (
  text: Text,
  visit: PretokenVisitor,
  options?: {
    /** The text goes on in the next call: what could still change stays for then. */
    readonly more?: boolean;
  },
) => void;

/** What happens to a text before it is split. */
export interface Preparation {
  /** Unicode's normalization form C. */
  readonly nfc?: boolean;
  /** A space goes before a text that begins with none. */
  readonly prefixSpace?: boolean;
}

/**
 * Makes a pretokenizer with one fixed buffer whatever the length of the text. Lone surrogates are
 * read as U+FFFD. The parts of one text are all strings, or all bytes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createPretokenizer } from "./pretokenize.ts";
 * const pieces: string[] = [];
 * createPretokenizer()("it's  10 km", (bytes, start, end) =>
 *   pieces.push(new TextDecoder().decode(bytes.subarray(start, end))));
 * assertEquals(pieces, ["it", "'s", " ", " 10", " km"]);
 * ```
 */
export function createPretokenizer(
  split: SplitName = "gpt2",
  preparation: Preparation = {},
): Pretokenizer {
  const pretokenize = createSplitter(split);
  const { nfc, prefixSpace = false } = preparation;
  if (!nfc && !prefixSpace) return pretokenize;
  const normalize = createNfc();
  let isFirst = true;
  return (part, visit, { more = false } = {}) => {
    const text = nfc ? normalize(part, more) : part;
    const begins = isFirst && text.length > 0;
    if (begins && prefixSpace && text[0] !== " " && text[0] !== 0x20) {
      pretokenize(" ", visit, { more: true });
    }
    isFirst = !more || (isFirst && !begins);
    pretokenize(text, visit, { more });
  };
}

function createSplitter(split: SplitName): Pretokenizer {
  const pieceEnd = PIECE_ENDS[split];
  const encoder = new TextEncoder();
  const buffer = new Uint8Array(PIECE_CHARS * 3 + MAX_PRETOKEN_BYTES + LOOKAHEAD);
  // The rest of an earlier part: bytes of the buffer, and half a surrogate pair.
  let start = 0, filled = 0, half = "";
  /** Visits the pieces in the buffer that more text cannot change. */
  const visitPieces = (visit: PretokenVisitor, isLast: boolean): void => {
    while (start < filled) {
      // More text could still lengthen or change this piece.
      if (filled - start < MAX_PRETOKEN_BYTES + LOOKAHEAD && !isLast) break;
      const limit = Math.min(filled, start + MAX_PRETOKEN_BYTES);
      const end = pieceEnd(buffer, start, { limit, end: filled });
      visit(buffer, start, end);
      start = end;
    }
    buffer.copyWithin(0, start, filled);
    filled -= start;
    start = 0;
  };
  return (part, visit, { more = false } = {}) => {
    let read = 0;
    if (typeof part !== "string") {
      do {
        const next = Math.min(part.length, read + PIECE_CHARS);
        buffer.set(part.subarray(read, next), filled);
        filled += next - read;
        read = next;
        visitPieces(visit, read === part.length && !more);
      } while (read < part.length);
      return;
    }
    const text = half + part;
    half = "";
    do {
      let next = Math.min(text.length, read + PIECE_CHARS);
      if ((next < text.length || more) && isHighSurrogate(text.charCodeAt(next - 1))) next--;
      filled += encoder.encodeInto(text.slice(read, next), buffer.subarray(filled)).written;
      if (next === read) half = text.slice(read);
      const isLast = next === text.length && !more;
      read = next === read ? text.length : next;
      visitPieces(visit, isLast);
    } while (read < text.length);
  };
}

function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}
