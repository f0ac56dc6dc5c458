/**
 * Pages out of plain text, Markdown and HTML files.
 *
 * @module
 */
import { mendUtf8 } from "../charset.ts";
import type { Page } from "../types.ts";
import { asUtf8 } from "./bytes.ts";
import { ReadFailure } from "./failure.ts";
import { pageAt, type PageOptions, PLAIN } from "./page_options.ts";
import { splitParts } from "./split.ts";

/** What is read, and under which address. */
export interface TextSource {
  readonly url: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/** The one page of an HTML file. @throws {ReadFailure} when it is too large */
export async function* htmlPage(
  { url, content, contentType = "text/html" }: TextSource & { contentType?: string },
  { maxFileBytes }: PageOptions,
): AsyncGenerator<Page> {
  let body: Uint8Array = new Uint8Array();
  for await (const part of splitParts(content, { maxPartBytes: maxFileBytes })) {
    if (body.byteLength > 0) {
      throw new ReadFailure("too-large", `larger than ${maxFileBytes} bytes`);
    }
    body = part;
  }
  // The charset is declared inside; finding it is the extractor's business.
  yield pageAt(url, { body, contentType });
}

/** Text as one page, or as numbered parts where it is long. */
export async function* textPages(
  { url, content, contentType = PLAIN }: TextSource & { contentType?: string },
  { maxPartBytes, drop }: PageOptions,
): AsyncGenerator<Page> {
  let part = 0;
  let held: Uint8Array | undefined;
  const take = (body: Uint8Array, at: string): Page[] => {
    const mended = mendUtf8(body);
    if (mended !== undefined) return [pageAt(at, { body: mended, contentType })];
    const detail = "not valid UTF-8, and in no other encoding that can be told";
    drop({ item: at, reason: "malformed", detail });
    return [];
  };
  // One part is held back, since only a file of several parts numbers them.
  for await (const next of splitParts(asUtf8(content), { maxPartBytes })) {
    if (held !== undefined) yield* take(held, `${url}#part=${++part}`);
    held = next;
  }
  if (held !== undefined) yield* take(held, part === 0 ? url : `${url}#part=${++part}`);
}
