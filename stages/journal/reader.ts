/**
 * Reads a journal without changing it, so that another process may go on writing it.
 *
 * @module
 */

import { generated } from "../flow.ts";
import type { Document } from "../types.ts";
import { checkNamed, namedInside } from "./named.ts";
import { countOf, indexSegments, readPlaces } from "./segments.ts";

/** Choices for {@linkcode JournalReader.documents}. */
export interface ReadStoredOptions {
  /** Index of the first document wanted. */
  readonly from?: number;
}

/** The documents that were on the disk when {@linkcode readJournal} was called. */
export interface JournalReader {
  /** Its folder. */
  readonly dir: string;
  readonly count: number;
  /** UTF-8 bytes of their texts. */
  readonly bytes: number;
  /** Whether the corpus is complete. */
  readonly sealed: boolean;
  /** In their order, read member by member. */
  documents(options?: ReadStoredOptions): ReadableStream<Document>;
}

/**
 * Opens the journal in `dir` for reading.
 *
 * @throws {Deno.errors.NotFound} when there is no such folder
 * @throws {Error} when it is damaged, or has fewer documents than its mark or seal says
 */
export async function readJournal(dir: string): Promise<JournalReader> {
  // Read first, so that documents added meanwhile only exceed the counts.
  const inside = await namedInside(dir);
  const { places, tail } = await indexSegments(dir);
  const count = countOf(places);
  checkNamed({ dir, count, isTorn: tail !== undefined }, inside);
  return {
    dir,
    count,
    sealed: inside.sealed !== undefined,
    bytes: places.reduce((sum, { textBytes }) => sum + textBytes, 0),
    documents: ({ from = 0 } = {}) => generated((signal) => readPlaces(places, { from, signal })),
  };
}
