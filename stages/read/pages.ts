/**
 * Turns one file into pages, dropping what cannot be read.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import type { StageMeter } from "../meter.ts";
import type { Page } from "../types.ts";
import { asUtf8, readBytes } from "./bytes.ts";
import { splitLines, splitParts } from "./split.ts";
import type { SourceFile } from "./walk.ts";

/** How files become pages. */
export interface PageOptions {
  /** Field of a JSONL record that holds the text. */
  readonly textField: string;
  /** Cap on a file that is read whole, and on a JSONL line. */
  readonly maxFileBytes: number;
  /** Cap on one page of a long text file. */
  readonly maxPartBytes: number;
  readonly meter: StageMeter;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });
const ENCODER = new TextEncoder();

function isUtf8(bytes: Uint8Array): boolean {
  try {
    UTF8.decode(bytes);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

const pageAt = (url: string, { body, contentType }: Pick<Page, "body" | "contentType">): Page => ({
  url,
  contentType,
  body,
  fetchedAt: new Date().toISOString(),
});

/** The pages of one file, in file order. Failures are dropped and counted, never thrown. */
export async function* pagesOf(file: SourceFile, options: PageOptions): AsyncGenerator<Page> {
  try {
    if (file.format === "jsonl") yield* jsonlPages(file, options);
    else if (file.format === "html") yield* htmlPage(file, options);
    else yield* textPages(file, options);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? error.name;
    const broken = file.gzipped && /^(Z_|ERR_?_)/.test(code);
    options.meter.drop({
      item: file.path,
      reason: broken ? "malformed" : "unreadable",
      detail: broken ? `the gzip data is broken or ends early (${code})` : error.message,
    });
  }
}

async function* htmlPage(
  file: SourceFile,
  { maxFileBytes, meter }: PageOptions,
): AsyncGenerator<Page> {
  let body: Uint8Array = new Uint8Array();
  for await (const part of splitParts(readBytes(file), { maxPartBytes: maxFileBytes })) {
    if (body.byteLength > 0) {
      const detail = `larger than ${maxFileBytes} bytes`;
      return meter.drop({ item: file.path, reason: "too-large", detail });
    }
    body = part;
  }
  // The charset is declared inside; finding it is the extractor's business.
  yield pageAt(pathToFileURL(file.path).href, { body, contentType: "text/html" });
}

async function* textPages(
  file: SourceFile,
  { maxPartBytes, meter }: PageOptions,
): AsyncGenerator<Page> {
  const url = pathToFileURL(file.path).href;
  const subtype = file.format === "markdown" ? "markdown" : "plain";
  const contentType = `text/${subtype}; charset=utf-8`;
  let part = 0;
  let held: Uint8Array | undefined;
  const take = (body: Uint8Array, at: string): Page[] => {
    if (isUtf8(body)) return [pageAt(at, { body, contentType })];
    meter.drop({ item: at, reason: "malformed", detail: "not valid UTF-8" });
    return [];
  };
  // One part is held back, since only a file of several parts numbers them.
  for await (const next of splitParts(asUtf8(readBytes(file)), { maxPartBytes })) {
    if (held !== undefined) yield* take(held, `${url}#part=${++part}`);
    held = next;
  }
  if (held !== undefined) yield* take(held, part === 0 ? url : `${url}#part=${++part}`);
  else meter.drop({ item: file.path, reason: "empty", detail: "the file holds nothing" });
}

async function* jsonlPages(
  file: SourceFile,
  { textField, maxFileBytes, meter }: PageOptions,
): AsyncGenerator<Page> {
  const url = pathToFileURL(file.path).href;
  let number = 0;
  const lines = splitLines(asUtf8(readBytes(file)), { maxLineBytes: maxFileBytes });
  for await (const line of lines) {
    const at = `${url}#line=${++number}`;
    if (line === undefined) {
      meter.drop({ item: at, reason: "too-large", detail: `longer than ${maxFileBytes} bytes` });
      continue;
    }
    const text = recordText(line, textField);
    if (text === undefined) continue;
    if (text instanceof SyntaxError) {
      meter.drop({ item: at, reason: "malformed", detail: text.message });
      continue;
    }
    yield pageAt(at, {
      body: ENCODER.encode(text),
      contentType: "text/plain; charset=utf-8",
    });
  }
}

/** The text of one record; `undefined` for a blank line, an error for one that is no record. */
function recordText(line: Uint8Array, textField: string): string | SyntaxError | undefined {
  let record: unknown;
  try {
    const json = UTF8.decode(line).trim();
    if (json === "") return undefined;
    record = JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    if (error instanceof TypeError) return new SyntaxError("not valid UTF-8", { cause: error });
    throw error;
  }
  const text = typeof record === "object" && record !== null && Object.hasOwn(record, textField)
    ? Reflect.get(record, textField)
    : undefined;
  return typeof text === "string"
    ? text
    : new SyntaxError(`no text in the field "${textField}"; name another with --text-field`);
}
