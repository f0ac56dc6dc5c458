/**
 * Takes back a corpus that cannot be trained on, so that the run reads its sources anew.
 *
 * @module
 */
import { latestCheckpoint } from "../model/checkpoint/mod.ts";
import type { RunPaths } from "./folder.ts";

/** What SQLite keeps beside a database. */
const BESIDE = ["", "-wal", "-shm", "-journal"];

/**
 * Removes what was read and what was learned from it, all but the settings and the list of drops;
 * nothing where a model was trained on it.
 */
export async function forgetCorpus(paths: RunPaths): Promise<void> {
  if (await latestCheckpoint(paths.checkpoints) !== undefined) return;
  const { frontier, seenTexts, nearTexts, siteLines, storedIds } = paths;
  const databases = [frontier, seenTexts, nearTexts, siteLines, storedIds];
  // The seal goes with its folder; until that is gone, the run is refused as before.
  const { tokens, tokenizer, validation, corpus } = paths;
  const files = databases.flatMap((path) => BESIDE.map((end) => path + end));
  for (const path of [tokens, tokenizer, validation, ...files, corpus]) await removeIfThere(path);
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
