/**
 * Removes a corpus that cannot be trained on, so that the run reads its sources again.
 *
 * @module
 */
import { latestCheckpoint } from "../model/checkpoint/mod.ts";
import type { RunPaths } from "./folder.ts";

/** SQLite's files beside a database. */
const BESIDE = ["", "-wal", "-shm", "-journal"];

/**
 * Removes the corpus and everything derived from it, but keeps the settings and the list of drops;
 * does nothing where a model was trained on it.
 */
export async function forgetCorpus(paths: RunPaths): Promise<void> {
  if (await latestCheckpoint(paths.checkpoints) !== undefined) return;
  const { frontier, seenTexts, nearTexts, siteLines, heldPages, storedIds } = paths;
  const databases = [frontier, seenTexts, nearTexts, siteLines, heldPages, storedIds];
  // The seal is removed with its folder; until then, the run is refused as before.
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
