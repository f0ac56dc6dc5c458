/**
 * Salvages a damaged journal: finds every whole member, wherever it is. Changes nothing.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { Document } from "../types.ts";
import { decodeMember, FIXED, HEADER_BYTES, parseHeader } from "./member.ts";
import { type MemberPlace, readPlaces, segmentNames } from "./segments.ts";

/** Documents that can be salvaged, and those that are lost. */
export interface Salvage {
  /** Their number. */
  readonly count: number;
  /** Lost indices `[from, to)` between them; losses after the last are unknown. */
  readonly lost: readonly { readonly from: number; readonly to: number }[];
  /** In their order. */
  documents(): AsyncIterable<Document>;
}

/** Searches all files of `dir` for whole members, with one file in memory at a time. */
export async function salvageJournal(dir: string): Promise<Salvage> {
  const found: MemberPlace[] = [];
  for (const name of await segmentNames(dir)) found.push(...await membersOf(join(dir, name)));
  found.sort((a, b) => a.first - b.first);
  const places: MemberPlace[] = [], lost: { from: number; to: number }[] = [];
  let end = 0;
  for (const place of found) {
    // A duplicate of an earlier member.
    if (place.first < end) continue;
    if (place.first > end) lost.push({ from: end, to: place.first });
    places.push(place);
    end = place.first + place.documents;
  }
  return {
    count: places.reduce((sum, { documents }) => sum + documents, 0),
    lost,
    documents: () => readPlaces(places, { from: 0, signal: new AbortController().signal }),
  };
}

async function membersOf(path: string): Promise<MemberPlace[]> {
  const bytes = Buffer.from(await Deno.readFile(path));
  const begin = Buffer.from(FIXED);
  const found: MemberPlace[] = [];
  for (let offset = 0; (offset = bytes.indexOf(begin, offset)) >= 0;) {
    const header = parseHeader(bytes.subarray(offset, offset + HEADER_BYTES));
    const member = header && bytes.subarray(offset, offset + header.size);
    if (!header || !member || decodeMember(member) === undefined) {
      offset++;
      continue;
    }
    const { size, documents, textBytes, first } = header;
    found.push({ path, offset, size, documents, textBytes, first });
    offset += size;
  }
  return found;
}
