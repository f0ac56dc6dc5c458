/**
 * Totals of a journal from its member headers alone. Changes and locks nothing, so it works while the
 * journal is being written.
 *
 * @module
 */
import { exists } from "../../model/durable.ts";
import { readJournal } from "./reader.ts";

/** Sums over the whole members of a journal. */
export interface JournalSurvey {
  readonly documents: number;
  /** UTF-8 bytes of their texts. */
  readonly textBytes: number;
}

/**
 * Totals of the journal in `dir`; a write in progress does not count, and a missing journal is empty.
 *
 * @throws {Error} when it is damaged
 */
export async function surveyJournal(dir: string): Promise<JournalSurvey> {
  if (!await exists(dir)) return { documents: 0, textBytes: 0 };
  const { count, bytes } = await readJournal(dir);
  return { documents: count, textBytes: bytes };
}
