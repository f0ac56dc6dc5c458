/**
 * One flush of the journal as a gzip member (RFC 1952) whose extra field holds its length and its
 * documents, so that a file is indexed by reading headers alone. The extra field ends in a checksum
 * of the header, so that a flipped bit cannot misdirect a reader.
 * `zcat` reads the file as plain JSON lines.
 *
 * @module
 */

import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";

/** The fields of a member's header. */
export interface MemberHeader {
  /** Compressed bytes, header and trailer included. */
  readonly size: number;
  readonly documents: number;
  /** UTF-8 bytes of the documents' texts. */
  readonly textBytes: number;
  /** Bytes of the JSON lines. */
  readonly lineBytes: number;
  /** Index of its first document in the journal. */
  readonly first: number;
}

/** Bytes of a header: 10 fixed, 2 for the extra field's length, 4 + 24 for its one subfield. */
export const HEADER_BYTES = 40;
/** Bytes of the header that its checksum covers. */
const COVERED_BYTES = HEADER_BYTES - 4;
const TRAILER_BYTES = 8;
/** Output chunk of zlib: large enough for most members, so that no chunks need joining. */
const CHUNK_BYTES = 2 ** 20 + 2 ** 17;
/** First bytes of every member; its extra field has one subfield, "cl". */
export const FIXED: readonly number[] = [
  ...[0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255],
  ...[28, 0, 0x63, 0x6c, 24, 0],
];

/**
 * Compresses JSON lines into one member.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeMember, encodeMember, parseHeader } from "./member.ts";
 * const lines = new TextEncoder().encode('{"a":1}\n');
 * const member = encodeMember(lines, { documents: 1, textBytes: 0, first: 0 });
 * assertEquals(parseHeader(member)?.documents, 1);
 * assertEquals(new TextDecoder().decode(decodeMember(member)), '{"a":1}\n');
 * ```
 */
export function encodeMember(
  lines: Uint8Array,
  { documents, textBytes, first }: Pick<MemberHeader, "documents" | "textBytes" | "first">,
): Uint8Array {
  // Level 3 is twice as fast as 6 for 5 % more bytes of English text.
  const body = deflateRawSync(lines, { level: 3, chunkSize: CHUNK_BYTES });
  const member = new Uint8Array(HEADER_BYTES + body.length + TRAILER_BYTES);
  const view = new DataView(member.buffer);
  member.set(FIXED);
  [member.length, documents, textBytes, lines.length, first]
    .forEach((value, i) => view.setUint32(FIXED.length + 4 * i, value, true));
  view.setUint32(COVERED_BYTES, crc32(member.subarray(0, COVERED_BYTES)), true);
  member.set(body, HEADER_BYTES);
  view.setUint32(member.length - 8, crc32(lines), true);
  view.setUint32(member.length - 4, lines.length, true);
  return member;
}

/** Reads a header; `undefined` when the bytes are not the start of a journal member, or damaged. */
export function parseHeader(bytes: Uint8Array): MemberHeader | undefined {
  if (bytes.length < HEADER_BYTES || FIXED.some((byte, i) => bytes[i] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const field = (i: number): number => view.getUint32(FIXED.length + 4 * i, true);
  if (view.getUint32(COVERED_BYTES, true) !== crc32(bytes.subarray(0, COVERED_BYTES))) {
    return undefined;
  }
  const [size, documents, textBytes] = [field(0), field(1), field(2)];
  if (size < HEADER_BYTES + TRAILER_BYTES) return undefined;
  return { size, documents, textBytes, lineBytes: field(3), first: field(4) };
}

/** The JSON lines of a whole member; `undefined` when it is damaged. */
export function decodeMember(member: Uint8Array): Uint8Array | undefined {
  const header = parseHeader(member);
  if (header === undefined || header.size !== member.length) return undefined;
  const view = new DataView(member.buffer, member.byteOffset, member.byteLength);
  const lines = inflate(member.subarray(HEADER_BYTES, -TRAILER_BYTES), header.lineBytes);
  if (lines?.length !== header.lineBytes) return undefined;
  const [checksum, length] = [-8, -4].map((at) => view.getUint32(member.length + at, true));
  return checksum === crc32(lines) && length === lines.length ? lines : undefined;
}

function inflate(body: Uint8Array, maxBytes: number): Uint8Array | undefined {
  try {
    const maxOutputLength = Math.max(1, maxBytes);
    return inflateRawSync(body, { maxOutputLength, chunkSize: CHUNK_BYTES });
  } catch (error) {
    // zlib's codes for damaged data; anything else is a bug here.
    if (error instanceof Error && "code" in error && /^(Z_|ERR_BUFFER)/.test(String(error.code))) {
      return undefined;
    }
    throw error;
  }
}
