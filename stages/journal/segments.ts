/**
 * The journal's files: finding them and indexing their members. Nothing here changes a file.
 *
 * @module
 */

import { join } from "node:path";
import { readAt } from "../../model/durable.ts";
import type { Document } from "../types.ts";
import { linesOf } from "./lines.ts";
import { decodeMember, HEADER_BYTES, parseHeader } from "./member.ts";
import { faultOfTail } from "./tail.ts";

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

/** The remains of an interrupted write after the last whole member. */
export interface TornTail {
  /** The last segment's file. */
  readonly path: string;
  /** Where the last whole member ends. */
  readonly offset: number;
  /** Length of what is left behind. */
  readonly bytes: number;
}

/** Path of segment `number`. */
export function segmentPath(dir: string, number: number): string {
  return join(dir, `${String(number).padStart(6, "0")}.jsonl.gz`);
}

/** Segment files of `dir` in order. */
export async function segmentNames(dir: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(dir)) {
    if (/^\d{6}\.jsonl\.gz$/.test(name)) names.push(name);
  }
  return names.sort();
}

/** Documents of the members at `places`. */
export function countOf(places: readonly MemberPlace[]): number {
  const last = places.at(-1);
  return last === undefined ? 0 : last.first + last.documents;
}

/** Location of damage in a journal. */
export interface Damage {
  readonly path: string;
  readonly offset: number;
  /** Index of the first affected document. */
  readonly document: number;
  readonly fault: string;
}

/** A journal with a damaged member. */
export class JournalDamage extends Error {
  override name = "JournalDamage";
  readonly damage: Damage;

  constructor(damage: Damage) {
    const { path, offset, document, fault } = damage;
    super(
      `Cannot read ${path}: the member at byte ${offset} is ${fault}, from document ${document} ` +
        `on; nothing was changed, and \`deno task repair RUN\` says what can be saved`,
    );
    this.damage = damage;
  }
}

/**
 * Lists the members of all segments: reads their headers, and the whole last member. Only the last
 * segment may end in a torn tail, the start of a write that was interrupted or is in progress.
 *
 * @throws {JournalDamage} at anything else that is not a whole member in its place
 * @throws {Error} when a segment is missing
 */
export async function indexSegments(
  dir: string,
): Promise<{ places: MemberPlace[]; tail: TornTail | undefined }> {
  const places: MemberPlace[] = [];
  const names = await segmentNames(dir);
  let tail: TornTail | undefined;
  for (const [i, name] of names.entries()) {
    const path = segmentPath(dir, i);
    if (path !== join(dir, name)) throw new Error(`Cannot open journal ${dir}: ${path} is missing`);
    const isLast = i === names.length - 1;
    using file = await Deno.open(path);
    const { size } = await file.stat();
    const offset = await indexSegment(file, { path, size, places, verifyLast: isLast });
    if (offset === size) continue;
    const fault = isLast ? await faultOfTail(file, { offset, size }) : "not whole";
    if (fault !== undefined) {
      throw new JournalDamage({ path, offset, document: countOf(places), fault });
    }
    tail = { path, offset, bytes: size - offset };
  }
  return { places, tail };
}

/** Adds the members of one file to `places`; returns where the last whole one ends. */
async function indexSegment(
  file: Deno.FsFile,
  { path, size: fileSize, places, verifyLast }: {
    path: string;
    size: number;
    places: MemberPlace[];
    verifyLast: boolean;
  },
): Promise<number> {
  const bytes = new Uint8Array(HEADER_BYTES);
  let offset = 0;
  while (offset < fileSize) {
    const header = parseHeader(bytes.subarray(0, await readAt(file, offset, bytes)));
    if (header === undefined) break;
    const { size, documents, textBytes, first } = header;
    const document = countOf(places);
    if (first !== document) {
      const fault = `out of its place: it holds documents from ${first} on`;
      throw new JournalDamage({ path, offset, document, fault });
    }
    const end = offset + size;
    if (end > fileSize) break;
    if (verifyLast && end === fileSize) {
      const member = new Uint8Array(size);
      await readAt(file, offset, member);
      if (decodeMember(member) === undefined) break;
    }
    places.push({ path, offset, size, first, documents, textBytes });
    offset = end;
  }
  return offset;
}

/** Whether the journal in `dir` has any document; reads none. */
export async function hasDocuments(dir: string): Promise<boolean> {
  for (const name of await segmentNames(dir)) {
    if ((await Deno.stat(join(dir, name))).size > 0) return true;
  }
  return false;
}

/**
 * The JSON lines of a member.
 *
 * @throws {JournalDamage} when they are damaged
 */
async function readMember(place: MemberPlace): Promise<Uint8Array> {
  const { path, offset, first } = place;
  using file = await Deno.open(path);
  const member = new Uint8Array(place.size);
  const read = await readAt(file, offset, member);
  const lines = read === place.size ? decodeMember(member) : undefined;
  if (lines !== undefined) return lines;
  throw new JournalDamage({ path, offset, document: first, fault: "damaged (checksum)" });
}

/** The documents at `places` from index `from` on. */
export async function* readPlaces(
  places: Iterable<MemberPlace>,
  { from, signal }: { from: number; signal: AbortSignal },
): AsyncGenerator<Document, void> {
  for (const place of places) {
    signal.throwIfAborted();
    if (place.first + place.documents <= from) continue;
    const lines = linesOf(await readMember(place)).drop(Math.max(0, from - place.first));
    for (const line of lines) yield JSON.parse(line) as Document;
  }
}
