/**
 * A journal that is only looked into: nothing is cut off and nothing is written, so that another
 * process may go on writing it meanwhile.
 *
 * @module
 */

import { generated } from "../flow.ts";
import type { Document } from "../types.ts";
import { linesOf } from "./lines.ts";
import { indexSegments, readMember } from "./segments.ts";

/** The documents that were on the disk when {@linkcode readJournal} looked. */
export interface JournalReader {
  readonly count: number;
  /** UTF-8 bytes of their texts. */
  readonly bytes: number;
  /** In their order, read member by member. */
  documents(): ReadableStream<Document>;
}

/**
 * Looks into the journal in `dir`.
 *
 * @throws {Deno.errors.NotFound} when there is no such folder
 * @throws {Error} when a file is missing or damaged elsewhere than at the very end
 */
export async function readJournal(dir: string): Promise<JournalReader> {
  const { places } = await indexSegments(dir, { readOnly: true });
  return {
    count: places.reduce((sum, { documents }) => sum + documents, 0),
    bytes: places.reduce((sum, { textBytes }) => sum + textBytes, 0),
    documents: () =>
      generated(async function* (cancelled) {
        for (const place of places) {
          cancelled.throwIfAborted();
          for (const line of linesOf(await readMember(place))) yield JSON.parse(line) as Document;
        }
      }),
  };
}
