/**
 * The rows of a Parquet table, row group by row group, of one column only.
 *
 * @module
 */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import {
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  snappyUncompress,
} from "hyparquet";
import { ReadFailure } from "../failure.ts";
import { limitArrays } from "./array_limit.ts";
import { encodeText } from "./text.ts";
import { type Piece, PLAIN, type Task } from "./task.ts";

/** Cap on what the column of one row group unpacks to; the row group is held in memory. */
const MAX_GROUP_BYTES = 256 * 2 ** 20;

/** What hyparquet reads from: a range of bytes at a time. */
interface Ranges {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer> | ArrayBuffer;
}

/** Counts what the pages of one row group unpack to, by the sizes that they say. */
class Unpacked {
  #bytes = 0;

  /** The options that hold a decoder to `length`. @throws {ReadFailure} past the cap */
  limit(length: number): { maxOutputLength: number } {
    this.#bytes += length;
    if (this.#bytes > MAX_GROUP_BYTES) {
      throw new ReadFailure("too-large", `its pages unpack to more than ${MAX_GROUP_BYTES} bytes`);
    }
    return { maxOutputLength: length };
  }
}

/** Decoders of page data, Snappy as hyparquet has it. */
const compressorsOf = (unpacked: Unpacked) => ({
  SNAPPY(input: Uint8Array, length: number) {
    const output = new Uint8Array(unpacked.limit(length).maxOutputLength);
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input: Uint8Array, length: number) => gunzipSync(input, unpacked.limit(length)),
  ZSTD: (input: Uint8Array, length: number) => zstdDecompressSync(input, unpacked.limit(length)),
  BROTLI: (input: Uint8Array, length: number) =>
    brotliDecompressSync(input, unpacked.limit(length)),
});

/** The rows' texts; rows without one and row groups that cannot be read are dropped. */
export async function* readParquet(
  task: Task,
  readRange: ReadRange,
): AsyncGenerator<Piece> {
  // Sizes that a page gives itself are not to be believed either.
  using _limits = limitArrays({ eachBytes: MAX_GROUP_BYTES, totalBytes: Infinity });
  const ranges: Ranges = "bytes" in task ? task.bytes.buffer : rangesOf(task.fileBytes, readRange);
  const metadata = await parquetMetadataAsync(ranges);
  const { start = 0, end = Infinity } = "within" in task ? task.within ?? {} : {};
  // Of a file in parts, the first part says what is wrong with all of it.
  if (start > 0 && !hasColumn(metadata, task.textField)) return;
  requireColumn(metadata, task.textField);
  let rowStart = 0;
  for (const [number, group] of metadata.row_groups.entries()) {
    const rowEnd = rowStart + Number(group.num_rows);
    const at = beginningOf(group);
    if (at < start || at >= end) {
      rowStart = rowEnd;
      continue;
    }
    const rows = `rows=${rowStart + 1}-${rowEnd}`;
    try {
      checkGroup(group, { number, column: task.textField });
      const read = await parquetReadObjects({
        file: ranges,
        metadata,
        columns: [task.textField],
        rowStart,
        rowEnd,
        compressors: compressorsOf(new Unpacked()),
      });
      yield* pagesOf(read.map((row) => row[task.textField]), { rowStart, task });
    } catch (error) {
      const { reason, message } = error instanceof ReadFailure
        ? error
        : new ReadFailure("malformed", reasonOf(error));
      yield { part: rows, reason, message };
    }
    rowStart = rowEnd;
  }
}

/** What hyparquet or a decoder says; the latter names a bound of Node's where a page unpacks to more. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && error.code === "ERR_BUFFER_TOO_LARGE"
    ? "a page of it unpacks to more than it says"
    : error.message;
}

function* pagesOf(
  texts: readonly unknown[],
  { rowStart, task }: { rowStart: number; task: Task },
): Generator<Piece> {
  let chars = 0;
  for (const [at, text] of texts.entries()) {
    // One value may stand for many rows.
    if (typeof text === "string") chars += text.length;
    if (chars > MAX_GROUP_BYTES) {
      throw new ReadFailure(
        "too-large",
        `its rows hold more than ${MAX_GROUP_BYTES} bytes of text`,
      );
    }
    const part = `row=${rowStart + at + 1}`;
    if (typeof text !== "string") {
      const message = `no text in the column "${task.textField}"`;
      yield { part, reason: "malformed", message };
    } else yield { part, contentType: PLAIN, body: encodeText(text) };
  }
}

/** The byte of the file at which a row group begins. */
function beginningOf({ columns }: FileMetaData["row_groups"][number]): number {
  const places = columns.flatMap(({ meta_data }) =>
    meta_data === undefined ? [] : [meta_data.dictionary_page_offset ?? meta_data.data_page_offset]
  );
  return Math.min(...places.map(Number));
}

/** The columns at the top of the table. */
function columnsOf({ schema }: FileMetaData): string[] {
  const [root, ...nodes] = schema;
  const names: string[] = [];
  for (let at = 0, left = root?.num_children ?? 0; left > 0 && at < nodes.length; left--) {
    names.push(nodes[at]?.name ?? "");
    // Past what is inside this one.
    for (let inside = 1; inside > 0 && at < nodes.length; inside--) {
      inside += nodes[at++]?.num_children ?? 0;
    }
  }
  return names;
}

const hasColumn = (metadata: FileMetaData, column: string) => columnsOf(metadata).includes(column);

/** @throws {ReadFailure} where the table has no such column */
function requireColumn(metadata: FileMetaData, column: string): void {
  if (hasColumn(metadata, column)) return;
  const names = columnsOf(metadata);
  throw new ReadFailure(
    "malformed",
    `it has no column "${column}" but ${
      names.slice(0, 20).join(", ")
    }; name the one with the text ` +
      `by --text-field`,
  );
}

function checkGroup(
  { columns }: FileMetaData["row_groups"][number],
  { number, column }: { number: number; column: string },
): void {
  const sizes = columns
    .filter(({ meta_data }) => meta_data?.path_in_schema[0] === column)
    .map(({ meta_data }) => Number(meta_data?.total_uncompressed_size ?? 0));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes <= MAX_GROUP_BYTES) return;
  const mib = Math.round(bytes / 2 ** 20);
  throw new ReadFailure(
    "too-large",
    `the text of row group ${number + 1} takes ${mib} MiB, more than ${MAX_GROUP_BYTES / 2 ** 20}`,
  );
}

/** Reads a range of the file. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>;

/** Ranges of a file, read when they are wanted. */
function rangesOf(byteLength: number, readRange: ReadRange): Ranges {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const bytes = await readRange(start, end);
      if (bytes.length < end - start) throw new ReadFailure("malformed", "the file ends early");
      return bytes.buffer;
    },
  };
}
