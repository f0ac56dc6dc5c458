/**
 * Cuts files into parts that can be read apart from one another, and in any order.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { stat } from "node:fs/promises";
import { generated } from "../flow.ts";
import { StageMeter } from "../meter.ts";
import type { Page } from "../types.ts";
import { ARC } from "./arc_record.ts";
import { ByteReader } from "./byte_reader.ts";
import { readBytes } from "./bytes.ts";
import { findFormat, HEAD_BYTES, isWarcName } from "./format.ts";
import { packingOf } from "./members.ts";
import type { PageOptions } from "./page_options.ts";
import { pagesOf } from "./pages.ts";
import { Sandbox } from "./sandbox.ts";
import { filesOf, findSource, type SourceFile, STDIN, type WalkOptions } from "./walk.ts";
import { readRecords, WARC } from "./warc_record.ts";

const NEWLINE = 0x0a;

/** A file of a part, and the bytes that it has: with others it is another file. */
export interface PartFile extends SourceFile {
  readonly size: number;
}

/** Files, or a range of one, that are read by themselves; plain JSON. */
export interface ReadPart {
  readonly files: readonly PartFile[];
}

/** Options of {@linkcode planParts}. */
export interface PlanOptions extends Partial<WalkOptions> {
  /** Files and folders, as for `read`. */
  readonly paths: readonly string[];
  /** Bytes of files in one part, roughly. */
  readonly partBytes: number;
}

/**
 * The parts of files and folders, in the order in which `read` reads them: what all parts hold, one
 * after another, is what `read` gives. JSON lines, web archives and Parquet tables are cut; other files are
 * whole, small ones several in a part. The same files are always cut in the same places.
 *
 * @throws {TypeError} for standard input, which comes once and to one machine
 */
export async function* planParts(
  { paths, partBytes, allFiles = false, except = [], skip = () => {}, drop = () => {} }:
    PlanOptions,
): AsyncGenerator<ReadPart, void> {
  if (paths.includes(STDIN)) throw new TypeError("Cannot read - in parts: name a file");
  let small: PartFile[] = [], bytes = 0;
  const walk = { allFiles, except: except.map((path) => resolve(path)), skip, drop };
  for await (const file of filesOf(paths.map(findSource), walk)) {
    const { size } = await stat(file.path);
    const cuts = size > partBytes ? await cutsOf(file) : undefined;
    if (small.length > 0 && (cuts || bytes + size > partBytes)) {
      yield { files: small };
      small = [];
      bytes = 0;
    }
    if (cuts) { for await (const range of cuts(partBytes, size)) yield part(file, size, range); }
    else {
      small.push({ ...file, size });
      bytes += size;
    }
  }
  if (small.length > 0) yield { files: small };
}

type Cuts = (partBytes: number, size: number) => AsyncIterable<NonNullable<SourceFile["range"]>>;

const part = (file: SourceFile, size: number, range: NonNullable<SourceFile["range"]>) => ({
  files: [{ ...file, size, range }],
});

/** How a large file is cut; undefined for one that is not. */
async function cutsOf({ path, asked }: SourceFile): Promise<Cuts | undefined> {
  let head = new Uint8Array();
  for await (const chunk of readBytes(path, { end: HEAD_BYTES })) head = chunk as typeof head;
  const packing = packingOf(head);
  const name = basename(path);
  if (packing === "gzip" && isWarcName(name)) return cutAnywhere("members");
  const found = packing === undefined ? findFormat(head, { name, asked }) : undefined;
  // Zeros are UTF-16, whose lines are not told apart by one byte.
  const format = found && "format" in found ? found.format : undefined;
  if (format === "parquet") return cutAnywhere("row-groups");
  if (packing === undefined && (format === "warc" || format === "arc")) {
    return (partBytes, size) => cutRecords(path, { format, partBytes, size });
  }
  const isLines = format === "jsonl" && !head.includes(0);
  return isLines ? (partBytes) => cutLines(path, partBytes) : undefined;
}

/** Cuts where it falls: a record is in the part in which it begins. */
const cutAnywhere = (of: "members" | "row-groups"): Cuts =>
  async function* (partBytes, size) {
    for (let start = 0; start < size; start += partBytes) {
      yield { of, start, end: Math.min(size, start + partBytes) };
    }
  };

/** Cuts behind line ends, and counts the lines: records are named by their number. */
async function* cutLines(path: string, partBytes: number) {
  let start = 0, at = 0, first = 1, line = 1;
  for await (const chunk of readBytes(path)) {
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, end + 1)) {
      line++;
      const behind = at + end + 1;
      if (behind - start < partBytes) continue;
      yield { of: "lines" as const, start, end: behind, line: first };
      start = behind;
      first = line;
    }
    at += chunk.byteLength;
  }
  if (at > start) yield { of: "lines" as const, start, end: at, line: first };
}

/** Cuts where a record begins that can be read. */
async function* cutRecords(
  path: string,
  { format, partBytes, size }: { format: "warc" | "arc"; partBytes: number; size: number },
) {
  const source = new ByteReader(readBytes(path));
  const kind = format === "arc" ? ARC : WARC;
  let start = 0;
  // Reading the part tells of what is broken.
  for await (const { offset } of readRecords(source, { ...kind, onBroken() {} })) {
    if (offset - start < partBytes) continue;
    yield { of: "records" as const, start, end: offset };
    start = offset;
  }
  yield { of: "records" as const, start, end: size };
}

/** Options of {@linkcode readPart}: those of `read`, and its defaults. */
export interface ReadPartOptions extends Partial<Omit<PageOptions, "sandbox" | "drop">> {
  /** Cap on the time of a document that is read whole. */
  readonly maxDocumentMs?: number;
  /** Hears of pages and of what is dropped. */
  readonly meter?: StageMeter;
}

/**
 * The pages of a part.
 *
 * @throws {Error} where a file is not what it was when the parts were planned
 */
export function readPart({ files }: ReadPart, {
  textField = "text",
  maxFileBytes = 8 * 2 ** 20,
  maxDocumentBytes = 64 * 2 ** 20,
  maxDocumentMs = 60_000,
  maxPartBytes = 4 * 2 ** 20,
  meter = new StageMeter("read"),
  signal,
}: ReadPartOptions = {}): ReadableStream<Page> {
  return generated(async function* (cancelled): AsyncGenerator<Page, void> {
    await using sandbox = new Sandbox({ timeoutMs: maxDocumentMs });
    const drop = meter.drop.bind(meter);
    const limits = { textField, maxFileBytes, maxDocumentBytes, maxPartBytes };
    for (const file of files) {
      await checkSize(file);
      for await (const page of pagesOf(file, { ...limits, sandbox, drop, signal })) {
        signal?.throwIfAborted();
        cancelled.throwIfAborted();
        meter.in(page.body.byteLength);
        meter.out(page.body.byteLength);
        yield page;
      }
    }
  });
}

async function checkSize({ path, size: planned }: PartFile): Promise<void> {
  const size = await stat(path).then(({ size }) => size, (cause) => {
    throw new Error(`Cannot read ${path} on this node: ${cause.message}`, { cause });
  });
  if (size === planned) return;
  throw new Error(
    `Cannot read ${path} on this node: it has ${size} bytes here and ${planned} where the run was ` +
      "planned; every node needs the same file at the same path",
  );
}
