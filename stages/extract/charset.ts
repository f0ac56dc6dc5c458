/**
 * Decodes a page's bytes: byte order mark, then HTTP header, then meta element, then by what the
 * bytes look like, as the HTML standard's encoding sniffing orders them.
 *
 * @module
 */
import { detectCharset } from "../charset.ts";

/** Bytes searched for a meta element; the HTML standard's own figure. */
const PRESCAN_BYTES = 1024;

const BOMS: readonly (readonly [bytes: readonly number[], label: string])[] = [
  [[0xef, 0xbb, 0xbf], "utf-8"],
  [[0xfe, 0xff], "utf-16be"],
  [[0xff, 0xfe], "utf-16le"],
];

const parameter = (text: string) => /charset\s*=\s*["']?\s*([^\s"';>/]+)/i.exec(text)?.[1];

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

/** The label in a document's `<meta charset>` or `<meta http-equiv=content-type>`. */
function metaLabel(body: Uint8Array): string | undefined {
  const head = new TextDecoder("latin1").decode(body.subarray(0, PRESCAN_BYTES));
  for (const [tag] of head.matchAll(/<meta\s[^>]*>/gi)) {
    const label = parameter(tag);
    // A page whose meta element can be read as ASCII is not UTF-16, whatever it says.
    if (label !== undefined) return /^utf-?16/i.test(label) ? "utf-8" : label;
  }
  return undefined;
}

/** The text of `body`; what its encoding does not define becomes U+FFFD. */
export function decodePage(
  body: Uint8Array,
  { contentType, isHtml }: { contentType: string; isHtml: boolean },
): string {
  const bom = BOMS.find(([bytes]) => bytes.every((byte, at) => body[at] === byte))?.[1];
  const decoder = decoderFor(bom) ??
    decoderFor(parameter(contentType)) ??
    (isHtml ? decoderFor(metaLabel(body)) : undefined) ??
    new TextDecoder(detectCharset(body));
  return decoder.decode(body);
}
