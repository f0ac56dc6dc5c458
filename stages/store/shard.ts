/**
 * One shard of a split: `NNNNNN.bin` holds token ids, little-endian, documents end to end;
 * `NNNNNN.idx` holds 16 bytes per document: its id (8 bytes), where it ends in tokens (u32), and the
 * CRC-32 of those 12 bytes and its tokens (u32).
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { readAt } from "../../model/durable.ts";
import type { StoredRun, TokenRun } from "../types.ts";

/** Bytes of a document's record. */
export const RECORD_BYTES = 16;
/** Document records per read. */
const RECORDS_A_READ = 1024;
/** Token bytes per read, when documents are short. */
const READ_BYTES = 2 ** 18;

/** Paths of the two files of shard `number`. */
export function shardPaths(dir: string, number: number): { tokens: string; records: string } {
  const name = String(number).padStart(6, "0");
  return { tokens: join(dir, `${name}.bin`), records: join(dir, `${name}.idx`) };
}

/** The record of a document that ends `end` tokens into its shard. */
export function encodeRecord({ docId, ids }: TokenRun, end: number): Uint8Array {
  if (!/^[0-9a-f]{16}$/.test(docId)) {
    throw new TypeError(`Cannot store document "${docId}": its id must be 16 hex digits`);
  }
  const record = Buffer.alloc(RECORD_BYTES);
  record.write(docId, "hex");
  record.writeUInt32LE(end, 8);
  record.writeUInt32LE(checksum(record, bytesOf(ids)), 12);
  return record;
}

/** The bytes of an id array. */
export function bytesOf(ids: Uint16Array | Uint32Array): Uint8Array {
  return new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);
}

function checksum(record: Uint8Array, tokens: Uint8Array): number {
  return crc32(tokens, crc32(record.subarray(0, 12)));
}

/** Location and constraints of a document. */
export interface DocumentSource {
  /** File of ids. */
  readonly path: string;
  /** 0-based place in the shard. */
  readonly document: number;
  readonly idBytes: 2 | 4;
  /** Every id must be below. */
  readonly vocabSize: number;
}

/** Tokens `[from, to)` of a document; all of them by default. */
export interface TokenRange {
  /** 0-based first token; 0 by default. */
  readonly from?: number;
  /** 0-based end, exclusive; what is past the last token is left out. */
  readonly to?: number;
}

/**
 * A document, or a range of its tokens, out of its record and the bytes of all its ids. The ids are
 * a copy, so that `bytes` may be read into again.
 *
 * @throws {Error} when the checksum of the whole document differs
 * @throws {RangeError} when an id of the range is outside the vocabulary
 */
export function decodeDocument(
  record: Buffer,
  bytes: Uint8Array<ArrayBuffer>,
  { path, document, idBytes, vocabSize }: DocumentSource,
  { from = 0, to = Infinity }: TokenRange = {},
): { docId: string; ids: Uint16Array | Uint32Array } {
  if (checksum(record, bytes) !== record.readUInt32LE(12)) throw damagedDocument(path, document);
  const Ids = idBytes === 2 ? Uint16Array : Uint32Array;
  // Not `slice`, which returns a view when the bytes are a Buffer.
  const copy = new Uint8Array(bytes.subarray(from * idBytes, to * idBytes));
  const ids = new Ids(copy.buffer);
  // By index: a call or an iterator step for each id would dominate the time.
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    if (id < vocabSize) continue;
    throw new RangeError(
      `Cannot read ${path}: document ${document} has the id ${id}, and the ` +
        `vocabulary has ${vocabSize} ids; it was written with another tokenizer`,
    );
  }
  return { docId: record.toString("hex", 0, 8), ids };
}

/** The error of a damaged document. */
export function damagedDocument(path: string, document: number): Error {
  return new Error(`Cannot read ${path}: document ${document} is damaged (checksum)`);
}

/** Which documents of a shard to read, and how. */
export interface ReadShardOptions {
  readonly dir: string;
  readonly number: number;
  readonly split: TokenRun["split"];
  /** Documents of the split before this shard. */
  readonly base: number;
  /** Documents of the shard, `[from, to)`. */
  readonly from: number;
  readonly to: number;
  readonly idBytes: 2 | 4;
  /** Every id must be below. */
  readonly vocabSize: number;
}

/** Reads documents of one shard in order, by ranges of the files. */
export async function* readShard(
  { dir, number, split, base, from, to, idBytes, vocabSize }: ReadShardOptions,
): AsyncGenerator<StoredRun, void> {
  const paths = shardPaths(dir, number);
  using recordFile = await Deno.open(paths.records);
  using tokenFile = await Deno.open(paths.tokens);
  const damaged = (document: number) => damagedDocument(paths.tokens, document);
  let start = from === 0 ? 0 : (await readRecords(recordFile, from - 1, 1)).readUInt32LE(8);
  for (let at = from; at < to; at += RECORDS_A_READ) {
    const records = await readRecords(recordFile, at, Math.min(RECORDS_A_READ, to - at));
    const count = records.length / RECORD_BYTES;
    const endOf = (i: number): number => records.readUInt32LE(i * RECORD_BYTES + 8);
    for (let i = 0; i < count;) {
      let stop = i + 1;
      while (stop < count && (endOf(stop) - start) * idBytes <= READ_BYTES) stop++;
      if (endOf(stop - 1) < start) throw damaged(at + i);
      const { size } = await tokenFile.stat();
      if (endOf(stop - 1) * idBytes > size) throw damaged(at + stop - 1);
      const tokens = new Uint8Array((endOf(stop - 1) - start) * idBytes);
      await readAt(tokenFile, start * idBytes, tokens);
      const first = start;
      for (; i < stop; i++) {
        const record = records.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES);
        const bytes = tokens.subarray((start - first) * idBytes, (endOf(i) - first) * idBytes);
        const source = { path: paths.tokens, document: at + i, idBytes, vocabSize };
        yield { ...decodeDocument(record, bytes, source), split, index: base + at + i };
        start = endOf(i);
      }
    }
  }
}

async function readRecords(file: Deno.FsFile, from: number, count: number): Promise<Buffer> {
  const bytes = Buffer.alloc(count * RECORD_BYTES);
  const read = await readAt(file, from * RECORD_BYTES, bytes);
  if (read < bytes.length) throw new Error(`Cannot read shard: its index ends before ${count}`);
  return bytes;
}
