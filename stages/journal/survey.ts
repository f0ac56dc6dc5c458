/**
 * What a journal holds, told by the headers of its members alone: nothing is changed or locked, so
 * that a journal may be looked at while it is written.
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
 * Sums up the journal in `dir`; what is written just now does not count, nor does a missing one.
 *
 * @throws {Error} when it is damaged
 */
export async function surveyJournal(dir: string): Promise<JournalSurvey> {
  if (!await exists(dir)) return { documents: 0, textBytes: 0 };
  const { count, bytes } = await readJournal(dir);
  return { documents: count, textBytes: bytes };
}
