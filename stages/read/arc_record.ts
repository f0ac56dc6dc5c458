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
/** The first line of a record: address, host, instant, media type, in version 2 more, length. */
const HEAD = /^([a-z][\w+.-]*:.*) (\S+) (\d{14}) (.+ )?(\d{1,15}) *$/i;

/** Whether an ARC file begins with these bytes. */
export const beginsArc = (head: Uint8Array): boolean =>
  LATIN1.decode(head.subarray(0, ABOUT.length + 2)) === `${ABOUT}//`;

/** Records of ARC. */
export const ARC: RecordFormat = {
  async begin(source) {
    const line = LATIN1.decode(await source.line(MAX_LINE_BYTES));
    const [, url, , instant = "", rest = "", length] = HEAD.exec(line) ?? [];
    if (url === undefined) throw new ReadFailure("malformed", "no ARC record begins here");
    const block = new ByteReader(exactly(source, Number(length)));
    const isHttp = LATIN1.decode(await block.peek(5)) === "HTTP/";
    const fields = new Map([
      ["warc-type", url.startsWith(ABOUT) ? "warcinfo" : isHttp ? "response" : "resource"],
      ["warc-target-uri", url],
      ["warc-date", dateOf(instant)],
      ["content-type", isHttp ? "application/http" : rest.split(" ")[0] ?? ""],
    ]);
    return { fields, block };
  },
  next: /(?<=\n)[a-z][\w+.-]*:[^\n]* \d{14} [^\n]*\d *\n/i,
};

const dateOf = (instant: string) =>
  instant.replace(/(....)(..)(..)(..)(..)(..)/, "$1-$2-$3T$4:$5:$6Z");
