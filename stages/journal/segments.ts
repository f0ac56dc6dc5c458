/**
 * The journal's files: finding them, indexing their members, cutting what a crash left unfinished.
 *
 * @module
 */

import { join } from "node:path";
import { readAt } from "../durable.ts";
import { decodeMember, HEADER_BYTES, parseHeader } from "./member.ts";

/** Where one member lies. */
export interface MemberPlace {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
  /** Index of its first document in the journal. */
  readonly first: number;
  readonly documents: number;
  /** Text bytes of this member's documents. */
  readonly textBytes: number;
}

/** Path of segment `number`. */
export function segmentPath(dir: string, number: number): string {
  return join(dir, `${String(number).padStart(6, "0")}.jsonl.gz`);
}

/** Segment files of `dir` in order. */
async function segmentNames(dir: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(dir)) {
    if (/^\d{6}\.jsonl\.gz$/.test(name)) names.push(name);
  }
  return names.sort();
}

/**
 * Lists the members of all segments, reading headers only. What follows the last whole member of
 * the last segment is an interrupted write, never acknowledged to anyone, and is cut off unless
 * `readOnly`: then it may as well be a write under way.
 *
 * @throws {Error} when an earlier segment is damaged or missing
 */
export async function indexSegments(
  dir: string,
  { readOnly = false }: { readOnly?: boolean } = {},
): Promise<{ places: MemberPlace[]; cut: number }> {
  const places: MemberPlace[] = [];
  const names = await segmentNames(dir);
  let cut = 0;
  for (const [i, name] of names.entries()) {
    const path = segmentPath(dir, i);
    if (path !== join(dir, name)) throw new Error(`Cannot open journal ${dir}: ${path} is missing`);
    const isLast = i === names.length - 1;
    using file = await Deno.open(path, { read: true, write: !readOnly });
    const end = await indexSegment(file, { path, places, verifyLast: isLast });
    const { size } = await file.stat();
    if (end === size) continue;
    if (!isLast) throw new Error(`Cannot open journal ${dir}: ${path} is damaged at byte ${end}`);
    cut = size - end;
    if (readOnly) continue;
    await file.truncate(end);
    await file.sync();
  }
  return { places, cut };
}

/** Adds the members of one file to `places`; returns where the last whole one ends. */
async function indexSegment(
  file: Deno.FsFile,
  { path, places, verifyLast }: { path: string; places: MemberPlace[]; verifyLast: boolean },
): Promise<number> {
  const { size: fileSize } = await file.stat();
  const bytes = new Uint8Array(HEADER_BYTES);
  let offset = 0;
  while (offset < fileSize) {
    const header = parseHeader(bytes.subarray(0, await readAt(file, offset, bytes)));
    if (header === undefined || header.size < HEADER_BYTES) break;
    const end = offset + header.size;
    if (end > fileSize) break;
    if (verifyLast && end === fileSize) {
      const member = new Uint8Array(header.size);
      await readAt(file, offset, member);
      if (decodeMember(member) === undefined) break;
    }
    const last = places.at(-1);
    const first = last === undefined ? 0 : last.first + last.documents;
    const { size, documents, textBytes } = header;
    places.push({ path, offset, size, first, documents, textBytes });
    offset = end;
  }
  return offset;
}

/** Whether the journal in `dir` has any document; says so without reading one. */
export async function hasDocuments(dir: string): Promise<boolean> {
  for (const name of await segmentNames(dir)) {
    if ((await Deno.stat(join(dir, name))).size > 0) return true;
  }
  return false;
}

/** The JSON lines of a member. */
export async function readMember(place: MemberPlace): Promise<Uint8Array> {
  using file = await Deno.open(place.path);
  const member = new Uint8Array(place.size);
  const read = await readAt(file, place.offset, member);
  const lines = read === place.size ? decodeMember(member) : undefined;
  if (lines === undefined) {
    throw new Error(
      `Cannot read ${place.path}: the member at byte ${place.offset} is damaged (checksum)`,
    );
  }
  return lines;
}
