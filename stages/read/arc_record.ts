/**
 * Records out of ARC files, which web archives wrote before WARC (Internet Archive, "ARC File
 * Format", versions 1 and 2). Each is given as the WARC record that says the same.
 *
 * @module
 */
import { ByteReader } from "./byte_reader.ts";
import { ReadFailure } from "./failure.ts";
import { exactly, MAX_LINE_BYTES, type RecordFormat } from "./warc_record.ts";

const LATIN1 = new TextDecoder("latin1");
/** The address of the record that describes the file. */
const ABOUT = "filedesc:";

/** Whether an ARC file begins with these bytes. */
export const beginsArc = (head: Uint8Array): boolean =>
  LATIN1.decode(head.subarray(0, ABOUT.length + 2)) === `${ABOUT}//`;

/** Records of ARC. */
export const ARC: RecordFormat = {
  async begin(source) {
    const line = LATIN1.decode(await source.line(MAX_LINE_BYTES));
    const { url, instant, type, length } = headOf(line);
    const block = new ByteReader(exactly(source, length));
    const isHttp = LATIN1.decode(await block.peek(5)) === "HTTP/";
    const fields = new Map([
      ["warc-type", url.startsWith(ABOUT) ? "warcinfo" : isHttp ? "response" : "resource"],
      ["warc-target-uri", url],
      ["warc-date", dateOf(instant)],
      ["content-type", isHttp ? "application/http" : type],
    ]);
    return { fields, block };
  },
  // The lookahead runs once a line, so that time is linear.
  next: /(?<=\n)[a-z][\w+.-]*:(?=[^\n]* \d{14} )[^\n]*\d *\n/i,
};

/** What a record's first line says: address, host, instant, media type, in version 2 more, length. */
function headOf(line: string) {
  const words = line.trimEnd().split(" ");
  // An address may have blanks, and in version 2 more follows the type: the instant is found by form.
  const at = words.findLastIndex((word, i) => i < words.length - 1 && /^\d{14}$/.test(word));
  const url = words.slice(0, Math.max(0, at - 1)).join(" ");
  const [instant = "", ...rest] = words.slice(at);
  const [length = "", type = ""] = [rest.pop(), rest[0]];
  if (!/^[a-z][\w+.-]*:/i.test(url) || !/^\d{1,15}$/.test(length)) {
    throw new ReadFailure("malformed", "no ARC record begins here");
  }
  return { url, instant, type, length: Number(length) };
}

const dateOf = (instant: string) =>
  instant.replace(/(....)(..)(..)(..)(..)(..)/, "$1-$2-$3T$4:$5:$6Z");
