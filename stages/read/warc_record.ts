/**
 * WARC records out of a byte stream (ISO 28500:2017; 0.17 and later read the same).
 *
 * @module
 */
import { ByteReader } from "./byte_reader.ts";
import { ReadFailure } from "./failure.ts";

/** Cap on one header line and on a record's head. */
export const MAX_LINE_BYTES = 64 * 1024;
const MAX_HEAD_BYTES = 1024 * 1024;

/** Of a record; an ARC file's holds an address. */
const LONGEST_BEGINNING = 4096;

const LATIN1 = new TextDecoder("latin1");
const UTF8 = new TextDecoder();

/** Header fields by their name in lower case; of one that comes twice, the first. */
export type Fields = ReadonlyMap<string, string>;

/** One record; its block must be read or passed over before the next is asked for. */
export interface WarcRecord {
  /** Bytes of the stream before it. */
  readonly offset: number;
  readonly fields: Fields;
  readonly block: ByteReader;
}

/** Whether a record begins with these bytes. */
export const beginsWarc = (head: Uint8Array): boolean =>
  /^WARC\/\d\.\d+\r?\n/.test(LATIN1.decode(head.subarray(0, 16)));

/** How records are told apart. */
export interface RecordFormat {
  /** Reads a record up to its block. */
  readonly begin: (source: ByteReader) => Promise<Omit<WarcRecord, "offset">>;
  /** The first line of one, behind the end of another. */
  readonly next: RegExp;
}

/** Records of WARC. */
export const WARC: RecordFormat = {
  async begin(source) {
    if (!beginsWarc(await source.peek(16))) {
      throw new ReadFailure("malformed", "no WARC record begins here");
    }
    await source.line(MAX_LINE_BYTES);
    const fields = await readFields(source);
    return { fields, block: new ByteReader(exactly(source, lengthOf(fields))) };
  },
  next: /(?<=\n)WARC\/\d\.\d+\r?\n/,
};

/**
 * The records of a stream, in order. One that is broken is told to `onBroken`, and the reading goes
 * on where the next one begins.
 */
export async function* readRecords(
  source: ByteReader,
  { begin, next, onBroken }: RecordFormat & {
    readonly onBroken: (offset: number, failure: ReadFailure) => void;
  },
): AsyncGenerator<WarcRecord> {
  while (await skipBlankLines(source)) {
    const { offset } = source;
    try {
      const record = await begin(source);
      yield { offset, ...record };
      await record.block.skip();
    } catch (error) {
      if (!(error instanceof ReadFailure)) throw error;
      onBroken(offset, error);
      await seekRecord(source, { after: offset, next });
    }
  }
}

/**
 * Header fields up to the blank line; a line that begins with a blank goes on with the one before.
 *
 * @throws {ReadFailure} when there is no end to them
 */
export async function readFields(source: ByteReader): Promise<Fields> {
  const fields = new Map<string, string>();
  const from = source.offset;
  let last: string | undefined;
  for (;;) {
    const bytes = await source.line(MAX_LINE_BYTES);
    if (bytes === undefined) throw new ReadFailure("malformed", "the header ends early");
    if (bytes.byteLength === 0) return fields;
    if (source.offset - from > MAX_HEAD_BYTES) {
      throw new ReadFailure("malformed", `the header is longer than ${MAX_HEAD_BYTES} bytes`);
    }
    const line = UTF8.decode(bytes);
    const colon = line.indexOf(":");
    if (/^[ \t]/.test(line)) {
      if (last !== undefined) fields.set(last, `${fields.get(last)} ${line.trim()}`);
    } else if (colon > 0) {
      const name = line.slice(0, colon).trim().toLowerCase();
      last = fields.has(name) ? undefined : name;
      if (last !== undefined) fields.set(last, line.slice(colon + 1).trim());
    }
  }
}

function lengthOf(fields: Fields): number {
  const length = fields.get("content-length") ?? "";
  if (/^\d{1,15}$/.test(length)) return Number(length);
  throw new ReadFailure("malformed", `the record has no usable Content-Length ("${length}")`);
}

/** The next `length` bytes. @throws {ReadFailure} where there are fewer */
export async function* exactly(source: ByteReader, length: number): AsyncGenerator<Uint8Array> {
  let left = length;
  for await (const chunk of source.chunks(length)) {
    left -= chunk.byteLength;
    yield chunk;
  }
  if (left > 0) throw new ReadFailure("malformed", `the record ends ${left} bytes early`);
}

/** Passes over line ends; false at the end of the stream. */
async function skipBlankLines(source: ByteReader): Promise<boolean> {
  for (;;) {
    const [byte] = await source.peek(1);
    if (byte === undefined) return false;
    if (byte !== 0x0d && byte !== 0x0a) return true;
    await source.skip(1);
  }
}

/** Goes on to the next line behind `after` that begins like a record, or to the end. */
async function seekRecord(
  source: ByteReader,
  { after, next }: { after: number; next: RegExp },
): Promise<void> {
  // What broke behind the first line has been read to a line's end.
  let isLineStart = source.offset > after;
  if (!isLineStart) await source.skip(1);
  for (;; isLineStart = false) {
    const seen = await source.peek(MAX_LINE_BYTES);
    const before = isLineStart ? "\n" : "";
    const at = next.exec(before + LATIN1.decode(seen))?.index;
    if (at !== undefined) return void await source.skip(at - before.length);
    if (seen.byteLength < MAX_LINE_BYTES) return void await source.skip();
    // What is kept holds the longest beginning that may be cut here.
    await source.skip(seen.byteLength - LONGEST_BEGINNING);
  }
}
