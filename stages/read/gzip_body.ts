/**
 * Bodies in gzip as servers send them.
 *
 * @module
 */
import { gunzipSync, inflateRawSync } from "node:zlib";

const MAGIC = [0x1f, 0x8b];
/** Flags of a header (RFC 1952, section 2.3.1). */
const HEADER_CRC = 2, EXTRA = 4, NAME = 8, COMMENT = 16;
const TRAILER_BYTES = 8;

/**
 * What the members of a body hold. Bytes behind the last one are passed over, as browsers do.
 *
 * @throws {Error} of `node:zlib` where a member is broken, or more than `maxOutputLength` bytes come of it
 */
export function gunzipBody(body: Uint8Array, options: { maxOutputLength: number }): Uint8Array {
  try {
    return gunzipSync(body, options);
  } catch (cause) {
    const isBroken = cause instanceof Error && "code" in cause &&
      (cause.code === "Z_DATA_ERROR" || cause.code === "Z_BUF_ERROR");
    const end = isBroken ? endOfMembers(body, options) : body.byteLength;
    if (end === 0 || end === body.byteLength) throw cause;
    return gunzipSync(body.subarray(0, end), options);
  }
}

/** Where the last member ends that is whole; 0 where none is. */
function endOfMembers(body: Uint8Array, options: { maxOutputLength: number }): number {
  let end = 0;
  while (MAGIC.every((byte, at) => body[end + at] === byte)) {
    const data = body.subarray(end + headerBytes(body.subarray(end)));
    try {
      // Its types leave out what `info` makes of the answer.
      const { engine } = inflateRawSync(data, { ...options, info: true }) as unknown as {
        engine: { bytesWritten: number };
      };
      end = data.byteOffset - body.byteOffset + engine.bytesWritten + TRAILER_BYTES;
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause)) throw cause;
      break;
    }
  }
  return Math.min(end, body.byteLength);
}

function headerBytes(member: Uint8Array): number {
  const flags = member[3] ?? 0;
  let at = 10;
  if (flags & EXTRA) at += 2 + (member[at] ?? 0) + 256 * (member[at + 1] ?? 0);
  for (const part of [NAME, COMMENT]) {
    if (flags & part) at = member.indexOf(0, at) + 1 || member.byteLength;
  }
  return flags & HEADER_CRC ? at + 2 : at;
}
