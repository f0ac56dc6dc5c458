/**
 * Turns one file into pages, dropping what cannot be read.
 *
 * @module
 */
import { basename } from "node:path";
import { stat } from "node:fs/promises";
import type { Page } from "../types.ts";
import { membersBetween } from "./archive_members.ts";
import { ByteReader } from "./byte_reader.ts";
import { readBytes } from "./bytes.ts";
import { csvPages } from "./csv_pages.ts";
import { ReadFailure } from "./failure.ts";
import { findFormat, type Format, HEAD_BYTES, isWarcName, kindOf } from "./format.ts";
import { jsonlPages } from "./jsonl_pages.ts";
import { type Member, members, packingOf } from "./members.ts";
import type { PageOptions } from "./page_options.ts";
import { sandboxedPages, type SandboxedSource } from "./sandboxed_pages.ts";
import { htmlPage, textPages } from "./text_pages.ts";
import { type FileRange, type SourceFile, STDIN, urlOf } from "./walk.ts";
import { warcPages } from "./warc_pages.ts";
import { beginsWarc } from "./warc_record.ts";

/** The pages of one file, in file order. Failures are dropped and counted, never thrown. */
export async function* pagesOf(file: SourceFile, options: PageOptions): AsyncGenerator<Page> {
  const { range } = file;
  const ofBytes = range?.of === "lines" || range?.of === "records" ? range : undefined;
  const source = new ByteReader(readBytes(file.path, { ...options, ...ofBytes }));
  try {
    if (range && (range.line ?? 0) !== 1) {
      return yield* rangePages(file, { ...options, range, source });
    }
    const packing = packingOf(await source.peek(4));
    const parts = packing ? members(source, packing) : single(source);
    yield* contentPages(file, { ...options, parts, isPacked: packing !== undefined });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const reason = error instanceof ReadFailure ? error.reason : "unreadable";
    const kind = reason === "unsupported-type" ? { kind: kindOf(file.path) } : {};
    options.drop({ item: file.path, reason, detail: error.message, ...kind });
  } finally {
    await source.close();
  }
}

/** The pages of a part of a file; the part of lines that begins the file is read as a file is. */
async function* rangePages(
  file: SourceFile,
  { range, source, ...options }: PageOptions & { range: FileRange; source: ByteReader },
): AsyncGenerator<Page> {
  const url = urlOf(file.path);
  switch (range.of) {
    case "lines": {
      const content = source.chunks();
      return yield* jsonlPages({ url, content }, { ...options, firstLine: range.line });
    }
    case "records": {
      const format = beginsWarc(await source.peek(16)) ? "warc" : "arc";
      const parts = single(source, range.start);
      return yield* warcPages(file, { ...options, parts, isPacked: false, format });
    }
    case "members": {
      const parts = membersBetween(file, range);
      return yield* warcPages(file, { ...options, parts, isPacked: true, format: "warc" });
    }
    case "row-groups": {
      const table = { format: "parquet", path: file.path, within: range } as const;
      const fetchedAt = new Date().toISOString();
      yield* sandboxedPages(table, { ...options, url, fetchedAt });
    }
  }
}

/** A stream that is not compressed, as if it were one member. */
async function* single(content: ByteReader, offset = 0): AsyncGenerator<Member> {
  yield { offset, content };
}

/** Reads the content by its format. @throws {ReadFailure} where the file as a whole is unfit */
async function* contentPages(
  file: SourceFile,
  options: PageOptions & { parts: AsyncGenerator<Member>; isPacked: boolean },
): AsyncGenerator<Page> {
  const begun = await begin(file, options);
  if (begun === undefined) throw new ReadFailure("empty", "the file holds nothing");
  const { format, parts } = begun;
  if (format === "warc" || format === "arc") {
    return yield* warcPages(file, { ...options, parts, format });
  }
  const text = { url: urlOf(file.path), content: contentOf(parts) };
  switch (format) {
    case "jsonl":
      return yield* jsonlPages(text, options);
    case "csv":
      return yield* csvPages(text, options);
    case "html":
      return yield* htmlPage(text, options);
    case "xhtml":
      return yield* htmlPage({ ...text, contentType: "application/xhtml+xml" }, options);
    case "markdown":
      return yield* textPages({ ...text, contentType: "text/markdown; charset=utf-8" }, options);
    case "text":
      return yield* textPages(text, options);
    default: {
      const fetchedAt = new Date().toISOString();
      const source = await sandboxedSource(file, { ...options, format, content: text.content });
      yield* sandboxedPages(source, { ...options, url: text.url, fetchedAt });
    }
  }
}

/** A table where it lies, or a whole document. @throws {ReadFailure} for one that is too large */
async function sandboxedSource(
  { path }: SourceFile,
  { format, content, isPacked, maxDocumentBytes }: Pick<PageOptions, "maxDocumentBytes"> & {
    format: SandboxedSource["format"];
    content: AsyncIterable<Uint8Array>;
    isPacked: boolean;
  },
): Promise<SandboxedSource> {
  if (format === "parquet" && !isPacked && path !== STDIN && (await stat(path)).isFile()) {
    return { format, path };
  }
  const bytes = await new ByteReader(content).rest(maxDocumentBytes);
  if (bytes !== undefined) return { format, bytes };
  throw new ReadFailure("too-large", `larger than ${maxDocumentBytes} bytes`);
}

/** Looks at the beginning of the content; all members of it are still to be read. */
async function begin(
  file: SourceFile,
  { parts, isPacked, drop }: PageOptions & { parts: AsyncGenerator<Member>; isPacked: boolean },
): Promise<{ format: Format; parts: AsyncGenerator<Member> } | undefined> {
  const name = basename(file.path);
  for (;;) {
    const { done, value: first } = await parts.next();
    if (done) return undefined;
    let head: Uint8Array;
    try {
      head = await first.content.peek(HEAD_BYTES);
    } catch (error) {
      // In a WARC file what follows a broken member can be read.
      if (!(error instanceof ReadFailure) || !isWarcName(name)) throw error;
      const item = `${urlOf(file.path)}#offset=${first.offset}`;
      drop({ item, reason: error.reason, detail: error.message });
      continue;
    }
    if (head.byteLength === 0) continue;
    if (isPacked && packingOf(head) !== undefined) {
      throw new ReadFailure("unsupported-type", "compressed twice; unpack it first");
    }
    const found = findFormat(head, { name, asked: file.asked, isPacked });
    if ("malformed" in found) throw new ReadFailure("malformed", found.malformed);
    if ("unsupported" in found) throw new ReadFailure("unsupported-type", found.unsupported);
    return { format: found.format, parts: chain(first, parts) };
  }
}

async function* chain(first: Member, rest: AsyncGenerator<Member>): AsyncGenerator<Member> {
  yield first;
  yield* rest;
}

/** What all members hold, one after another. */
async function* contentOf(parts: AsyncIterable<Member>): AsyncGenerator<Uint8Array> {
  for await (const { content } of parts) yield* content.chunks();
}
