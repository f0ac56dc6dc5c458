/**
 * Opens the corpus of a run to continue it. The run's other files were made from the corpus, and so
 * give a minimum for its number of documents.
 *
 * @module
 */
import { join } from "node:path";
import { listCheckpoints, readCheckpointInfo } from "../model/checkpoint/mod.ts";
import {
  type Journal,
  type Mark,
  type Named,
  openJournal,
  readMark,
} from "../stages/journal/mod.ts";
import { readIndex } from "../stages/store/mod.ts";
import type { RunPaths } from "./folder.ts";
import { countStoredIds } from "./stored_ids.ts";

/**
 * Opens the journal of a run and its mark. An interrupted write is cut off, which `note` reports.
 *
 * @throws {Error} when documents that the run was made from are damaged or missing
 */
export async function openCorpus(
  paths: RunPaths,
  { note }: { note: (line: string) => void },
): Promise<{ journal: Journal; mark: Mark | undefined }> {
  const named = await namedDocuments(paths);
  const journal = await openJournal({ dir: paths.corpus, named });
  if (journal.cut) {
    const { path, offset, bytes } = journal.cut;
    note(
      `Cut ${bytes} bytes off ${path} from byte ${offset} on: a write that was interrupted before ` +
        "it was complete; its documents are read again from their sources.",
    );
  }
  return { journal, mark: await readMark(paths.corpus) };
}

/**
 * The documents that a run's checkpoints, tokens and index of stored documents name. A damaged
 * checkpoint names none; resuming from it reports the damage.
 *
 * @throws {Error} when the index of tokens or of stored documents is damaged
 */
async function namedDocuments(paths: RunPaths): Promise<Named[]> {
  const named: Named[] = [];
  for (const name of await listCheckpoints(paths.checkpoints)) {
    const by = join(paths.checkpoints, name);
    const documents = await readCursor(by);
    if (documents !== undefined) named.push({ documents, by });
  }
  const index = await readIndex(paths.tokens);
  if (index) {
    const shards = [...index.splits.train, ...index.splits.validation];
    const documents = shards.reduce((sum, { documents }) => sum + documents, 0);
    named.push({ documents, by: join(paths.tokens, "index.json") });
  }
  named.push({ documents: await countStoredIds(paths.storedIds), by: paths.storedIds });
  return named;
}

/** Documents that had passed the journal when the checkpoint was made. */
async function readCursor(dir: string): Promise<number | undefined> {
  try {
    const { journal } = (await readCheckpointInfo(dir)).cursors;
    const documents = (journal as { documents?: unknown } | undefined)?.documents;
    return typeof documents === "number" ? documents : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
