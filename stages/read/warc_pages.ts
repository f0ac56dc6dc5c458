/**
 * Pages out of the records of a WARC file.
 *
 * @module
 */
import { basename } from "node:path";
import type { Page } from "../types.ts";
import { ReadFailure } from "./failure.ts";
import { beginsHtml } from "./format.ts";
import { decodeBody, readResponseHead } from "./http_message.ts";
import type { Member } from "./members.ts";
import type { PageOptions } from "./page_options.ts";
import { type SourceFile, urlOf } from "./walk.ts";
import { type WarcRecord, warcRecords } from "./warc_record.ts";

/** The pages of a WARC file; what is broken or no page is dropped, named by its place. */
export async function* warcPages(
  file: SourceFile,
  { parts, isPacked, ...options }: PageOptions & {
    /** Members, each of one record or of more. */
    parts: AsyncIterable<Member>;
    /** Whether they were compressed. */
    isPacked: boolean;
  },
): AsyncGenerator<Page> {
  const place = { file: basename(file.path) };
  const drop = (offset: number, { reason, message }: ReadFailure) =>
    options.drop({ item: `${urlOf(file.path)}#offset=${offset}`, reason, detail: message });
  for await (const { offset: start, content } of parts) {
    // Compressed, a record is found by its member; not compressed, there is one member at 0.
    const placeOf = (offset: number) => isPacked ? start : start + offset;
    const onBroken = (offset: number, failure: ReadFailure) => drop(placeOf(offset), failure);
    try {
      for await (const record of warcRecords(content, { onBroken })) {
        const offset = placeOf(record.offset);
        const page = await pageOf(record, options).catch((failure: unknown) => {
          if (!(failure instanceof ReadFailure)) throw failure;
          drop(offset, failure);
        });
        if (page !== undefined) yield { ...page, warc: { ...place, offset } };
      }
    } catch (failure) {
      // Broken between records, as a compressed member is.
      if (!(failure instanceof ReadFailure)) throw failure;
      drop(start, failure);
    }
  }
}

/** The page in a record; nothing for one about the crawl. @throws {ReadFailure} for one unfit */
async function pageOf(
  { fields, block }: WarcRecord,
  { maxFileBytes }: PageOptions,
): Promise<Page | undefined> {
  const type = fields.get("warc-type")?.toLowerCase();
  if (type === "revisit") {
    throw new ReadFailure("unchanged", `${targetOf(fields)} was met again with the same content`);
  }
  if (type !== "response" && type !== "conversion" && type !== "resource") return undefined;
  const declared = fields.get("content-type") ?? "";
  if (/^dns:/i.test(fields.get("warc-target-uri") ?? "")) return undefined;
  const url = targetOf(fields);
  const isHttp = type === "response" && /^application\/http\b/i.test(declared);
  const head = isHttp ? await readResponseHead(block) : undefined;
  if (head !== undefined && (head.status < 200 || head.status > 299)) {
    throw new ReadFailure("http-error", `${url} answered with status ${head.status}`);
  }
  const raw = await block.rest(maxFileBytes);
  if (raw === undefined) {
    throw new ReadFailure("too-large", `${url} is larger than ${maxFileBytes} bytes`);
  }
  const body = head === undefined
    ? raw
    : decodeBody(raw, { fields: head.fields, maxBytes: maxFileBytes });
  const contentType = (head === undefined ? declared : head.fields.get("content-type") ?? "") ||
    (beginsHtml(body) ? "text/html" : "");
  return { url, contentType, body, fetchedAt: instantOf(fields.get("warc-date")) };
}

/** The address of a record: `<http://a/>` in old files, plain in newer ones. */
function targetOf(fields: WarcRecord["fields"]): string {
  const target = fields.get("warc-target-uri")?.replace(/^<(.*)>$/, "$1") ?? "";
  if (URL.canParse(target)) return new URL(target).href;
  throw new ReadFailure("malformed", `the record has no address ("${target}")`);
}

function instantOf(date: string | undefined): string {
  const time = Date.parse(date ?? "");
  if (Number.isNaN(time)) throw new ReadFailure("malformed", `the record has no date ("${date}")`);
  return new Date(time).toISOString();
}
