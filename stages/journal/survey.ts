/**
 * What a journal holds, told by the headers of its members alone: nothing is decompressed, changed or
 * locked, so that a journal may be looked at while it is written.
 *
 * @module
 */
import { readAt } from "../durable.ts";
import { HEADER_BYTES, parseHeader } from "./member.ts";
import { segmentPath } from "./segments.ts";

/** Sums over the whole members of a journal. */
export interface JournalSurvey {
  readonly documents: number;
  /** UTF-8 bytes of their texts. */
  readonly textBytes: number;
}

/** Sums up the journal in `dir`; what is written just now does not count, nor does a missing one. */
export async function surveyJournal(dir: string): Promise<JournalSurvey> {
  let documents = 0, textBytes = 0;
  const bytes = new Uint8Array(HEADER_BYTES);
  for (let number = 0;; number++) {
    const file = await openIfThere(segmentPath(dir, number));
    if (file === undefined) return { documents, textBytes };
    using _file = file;
    const { size } = await file.stat();
    for (let offset = 0; offset < size;) {
      const header = parseHeader(bytes.subarray(0, await readAt(file, offset, bytes)));
      if (header === undefined || header.size < HEADER_BYTES) break;
      offset += header.size;
      if (offset > size) break;
      documents += header.documents;
      textBytes += header.textBytes;
    }
  }
}

async function openIfThere(path: string): Promise<Deno.FsFile | undefined> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
