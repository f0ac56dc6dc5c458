/**
 * The encoding that a page declares in its markup.
 *
 * @module
 */
import { Parser } from "htmlparser2";

/** Bytes to search; most pages declare it in the first kibibyte. */
const LOOK_BYTES = 64 * 1024;
const STEP_BYTES = 1024;

const LATIN1 = new TextDecoder("latin1");
const XML_DECLARATION = /^<\?xml\s[^>]*?\sencoding\s*=\s*["']\s*([A-Za-z][\w.:-]*)/;

/**
 * The label in the first `meta` element that names an encoding (HTML standard, 13.2.3 and the start
 * tag of `meta` in 13.2.6.4.4). A lookalike in a comment, a script, a title or an attribute does
 * not count.
 */
export function metaLabel(body: Uint8Array): string | undefined {
  let label: string | undefined;
  let isOver = false;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (isOver) return;
      if (name === "meta") label = labelOf(attributes);
      isOver = label !== undefined || name === "body";
    },
  });
  for (let at = 0; at < Math.min(body.byteLength, LOOK_BYTES) && !isOver; at += STEP_BYTES) {
    parser.write(LATIN1.decode(body.subarray(at, at + STEP_BYTES)));
  }
  return label;
}

/** The label in the XML declaration with which a page begins (XML 1.0, section 4.3.3). */
export const xmlLabel = (body: Uint8Array): string | undefined =>
  XML_DECLARATION.exec(LATIN1.decode(body.subarray(0, STEP_BYTES)))?.[1];

function labelOf(meta: Readonly<Record<string, string>>): string | undefined {
  const isType = meta["http-equiv"]?.trim().toLowerCase() === "content-type";
  const label = (meta.charset ?? (isType ? charsetOf(meta.content ?? "") : undefined))?.trim();
  // A page whose meta element is readable as ASCII is not UTF-16, whatever it declares.
  if (label !== undefined && /^utf-?16/i.test(label)) return "utf-8";
  return label?.toLowerCase() === "x-user-defined" ? "windows-1252" : label;
}

/** The `charset` of a media type, as the HTML standard extracts it from a `meta` element. */
export const charsetOf = (type: string): string | undefined =>
  /charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"';]+))/i.exec(type)?.slice(1).find((label) =>
    label !== undefined
  )?.trim();
