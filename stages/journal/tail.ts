/**
 * Tells an interrupted write from damage after the last whole member of a segment.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { readAt } from "../../model/durable.ts";
import { FIXED, HEADER_BYTES, parseHeader } from "./member.ts";

/**
 * Why the bytes from `offset` to the end of the file are not an interrupted write; `undefined` when
 * they are one. Members are written front to back, so that a killed process leaves the beginning of
 * one, and a power cut may leave zeros where the bytes had not come.
 */
export async function faultOfTail(
  file: Deno.FsFile,
  { offset, size }: { offset: number; size: number },
): Promise<string | undefined> {
  const tail = Buffer.alloc(size - offset);
  await readAt(file, offset, tail);
  const next = nextHeader(tail);
  if (next !== undefined) return `damaged, and a whole header follows at byte ${offset + next}`;
  const header = parseHeader(tail.subarray(0, HEADER_BYTES));
  if (header === undefined) {
    const written = tail.subarray(0, tail.findLastIndex((byte) => byte !== 0) + 1);
    const begins = written.subarray(0, FIXED.length).every((byte, i) => byte === FIXED[i]);
    return begins && written.length < HEADER_BYTES ? undefined : "damaged in its header";
  }
  // A trailer ends in the length of the lines, which is never zero.
  const isWhole = header.size === tail.length && tail.readUInt32LE(tail.length - 4) !== 0;
  return isWhole ? "damaged (checksum)" : undefined;
}

/** Where the first member after the one at byte 0 begins. */
function nextHeader(bytes: Buffer): number | undefined {
  const mark = Buffer.from(FIXED);
  for (let at = 1; (at = bytes.indexOf(mark, at)) >= 0; at++) {
    if (parseHeader(bytes.subarray(at, at + HEADER_BYTES))) return at;
  }
  return undefined;
}
