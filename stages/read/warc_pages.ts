/**
 * Pages out of the records of a WARC file, or of an ARC file.
 *
 * @module
 */
import { basename } from "node:path";
import type { Page } from "../types.ts";
import { ARC } from "./arc_record.ts";
import { ReadFailure } from "./failure.ts";
import { beginsHtml, formatOfBytes } from "./format.ts";
import { decodeBody, readResponseHead } from "./http_message.ts";
import type { Member } from "./members.ts";
import type { PageOptions } from "./page_options.ts";
import { sandboxedPages } from "./sandboxed_pages.ts";
import { type SourceFile, urlOf } from "./walk.ts";
import { readRecords, WARC, type WarcRecord } from "./warc_record.ts";

/** The pages of a WARC or ARC file; what is broken or no page is dropped, named by its place. */
export async function* warcPages(
  file: SourceFile,
  { parts, isPacked, format, ...options }: PageOptions & {
    format: "warc" | "arc";
    /** Members, each of one record or of more. */
    parts: AsyncIterable<Member>;
    /** Whether they were compressed. */
    isPacked: boolean;
  },
): AsyncGenerator<Page> {
  const kind = format === "arc" ? ARC : WARC;
  const place = { file: basename(file.path) };
  const drop = (offset: number, { reason, message }: ReadFailure) =>
    options.drop({ item: `${urlOf(file.path)}#offset=${offset}`, reason, detail: message });
  for await (const { offset: start, content } of parts) {
    // Compressed, a record is found by its member; not compressed, there is one member at 0.
    const placeOf = (offset: number) => isPacked ? start : start + offset;
    const onBroken = (offset: number, failure: ReadFailure) => drop(placeOf(offset), failure);
    try {
      for await (const record of readRecords(content, { ...kind, onBroken })) {
        const offset = placeOf(record.offset);
        const dropHere: PageOptions["drop"] = ({ reason, detail }) =>
          drop(offset, new ReadFailure(reason, detail));
        try {
          for await (const page of pagesOf(record, { ...options, drop: dropHere })) {
            yield { ...page, warc: { ...place, offset } };
          }
        } catch (failure) {
          if (!(failure instanceof ReadFailure)) throw failure;
          drop(offset, failure);
        }
      }
    } catch (failure) {
      // Broken between records, as a compressed member is.
      if (!(failure instanceof ReadFailure)) throw failure;
      drop(start, failure);
    }
  }
}

/** Media types of documents that are read whole. */
const SANDBOXED = /\b(pdf|zip|octet-stream|officedocument|opendocument)\b/i;

/** The pages in a record; none in one about the crawl. @throws {ReadFailure} for one unfit */
async function* pagesOf(
  { fields, block }: WarcRecord,
  options: PageOptions,
): AsyncGenerator<Page> {
  const type = fields.get("warc-type")?.toLowerCase();
  if (type === "revisit") {
    throw new ReadFailure("unchanged", `${targetOf(fields)} was met again with the same content`);
  }
  if (type !== "response" && type !== "conversion" && type !== "resource") return;
  if (/^dns:/i.test(fields.get("warc-target-uri") ?? "")) return;
  const url = targetOf(fields);
  const ofRecord = fields.get("content-type") ?? "";
  const isHttp = type === "response" && /^application\/http\b/i.test(ofRecord);
  const head = isHttp ? await readResponseHead(block) : undefined;
  if (head !== undefined && (head.status < 200 || head.status > 299)) {
    throw new ReadFailure("http-error", `${url} answered with status ${head.status}`);
  }
  const declared = head === undefined ? ofRecord : head.fields.get("content-type") ?? "";
  const maxBytes = SANDBOXED.test(declared) ? options.maxDocumentBytes : options.maxFileBytes;
  const raw = await block.rest(maxBytes);
  if (raw === undefined) {
    throw new ReadFailure("too-large", `${url} is larger than ${maxBytes} bytes`);
  }
  const body = head === undefined ? raw : decodeBody(raw, { fields: head.fields, maxBytes });
  const fetchedAt = instantOf(fields.get("warc-date"));
  const found = formatOfBytes(body);
  const format = found !== undefined && "format" in found ? found.format : undefined;
  if (format === "pdf" || format === "zip") {
    // Its own buffer goes to the thread that reads it.
    return yield* sandboxedPages({ format, bytes: body.slice() }, { ...options, url, fetchedAt });
  }
  yield { url, contentType: declared || (beginsHtml(body) ? "text/html" : ""), body, fetchedAt };
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
