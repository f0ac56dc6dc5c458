/**
 * Decodes a page's bytes: byte order mark, then HTTP header, then meta element, then XML declaration,
 * then detection, in the order of the HTML standard's encoding sniffing. Unlike there, a declaration
 * that contradicts the bytes is ignored.
 *
 * @module
 */
import { contradicts, detectCharset, REPLACEMENT, ZEROS_IN_BYTES } from "./charset.ts";
import { charsetOf, metaLabel, xmlLabel } from "./declared_charset.ts";

const BOMS: readonly (readonly [bytes: readonly number[], label: string])[] = [
  [[0xef, 0xbb, 0xbf], "utf-8"],
  [[0xfe, 0xff], "utf-16be"],
  [[0xff, 0xfe], "utf-16le"],
];

/** The text of UTF-32 with a byte order mark, which the Encoding standard takes for UTF-16 with NULs. */
function decodeUtf32(body: Uint8Array): string | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (body.length < 4) return undefined;
  const isLittle = view.getUint32(0, true) === 0xfeff;
  if (!isLittle && view.getUint32(0) !== 0xfeff) return undefined;
  let text = "";
  for (let at = 4; at + 4 <= body.length; at += 4) {
    const code = view.getUint32(at, isLittle);
    const isScalar = code < 0xd800 || (code > 0xdfff && code <= 0x10ffff);
    text += String.fromCodePoint(isScalar ? code : 0xfffd);
  }
  return text;
}

const UTF8 = new TextDecoder();
const MALFORMED = "\ufffd";
/** Bytes beyond one for each code unit, of 4 characters or more. */
const MIN_BYTES_BEYOND = 8;
/** What 7-bit encodings shift by, or take for no character. */
const SHIFTS = ["\x0e", "\x0f", "\x1b", "~{"];

/**
 * The text of bytes that are UTF-8 whatever they declare: valid, and with as many wide characters as
 * contradict any other encoding, or with none that another encoding would read otherwise.
 */
function decodePlainUtf8(body: Uint8Array): string | undefined {
  // A zero may be half of a character.
  if (body.subarray(0, ZEROS_IN_BYTES).includes(0)) return undefined;
  const text = UTF8.decode(body);
  if (text.includes(MALFORMED)) return undefined;
  const beyond = body.length - text.length;
  if (beyond >= MIN_BYTES_BEYOND) return text;
  return beyond === 0 && !SHIFTS.some((shift) => text.includes(shift)) ? text : undefined;
}

/** A decoder for a label, or `undefined` for one that the Encoding standard does not know. */
function decoderFor(label: string | undefined): TextDecoder | undefined {
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * The text of `body`, with U+FFFD for bytes that its encoding does not define. Empty for an encoding
 * that is not decoded.
 */
export function decodePage(
  body: Uint8Array,
  { contentType, isHtml }: { contentType: string; isHtml: boolean },
): string {
  const wide = decodeUtf32(body);
  if (wide !== undefined) return wide;
  const bom = BOMS.find(([bytes]) => bytes.every((byte, at) => body[at] === byte))?.[1];
  const marked = decoderFor(bom);
  if (marked !== undefined) return marked.decode(body);
  const announced = decoderFor(charsetOf(contentType));
  if (!announced?.encoding.startsWith("utf-16")) {
    const plain = decodePlainUtf8(body);
    if (plain !== undefined) return plain;
  }
  const declared = announced ??
    (isHtml ? decoderFor(metaLabel(body)) ?? decoderFor(xmlLabel(body)) : undefined);
  if (declared !== undefined && !contradicts(body, declared.encoding)) {
    return declared.decode(body);
  }
  const label = detectCharset(body);
  return label === REPLACEMENT ? "" : new TextDecoder(label).decode(body);
}
