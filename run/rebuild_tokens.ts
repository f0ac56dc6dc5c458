/**
 * Rebuilds the tokens of a run from its corpus.
 *
 * @module
 */
import { readJournal } from "../stages/journal/mod.ts";
import { openStore } from "../stages/store/mod.ts";
import { tokenize } from "../stages/tokenize/mod.ts";
import { splitter } from "./hold_out.ts";
import { readManifest } from "./manifest.ts";
import { readSettings, type RunPaths } from "./folder.ts";
import { loadTokenizer } from "./tokenizer_file.ts";

/**
 * Writes the tokens of a run to the new folder `dir`: of as many documents as its manifest names, or
 * of all of them.
 */
export async function rebuildTokens(paths: RunPaths, dir: string): Promise<void> {
  const settings = await readSettings(paths);
  const loaded = await loadTokenizer(paths, { init: "" });
  if (!settings || !loaded) throw new Error(`Cannot make tokens of ${paths.corpus}: no tokenizer`);
  const { tokenizer, hash } = loaded;
  const journal = await readJournal(paths.corpus);
  const { train, validation } = (await readManifest(paths))?.tokens ?? {};
  const wanted = train && validation ? train.documents + validation.documents : journal.count;
  await using store = await openStore({ dir, vocabSize: tokenizer.vocabSize, tokenizerHash: hash });
  const split = splitter(settings.holdOut);
  for await (const run of journal.documents().pipeThrough(tokenize({ tokenizer, split }))) {
    if (store.documents >= wanted) break;
    await store.append(run);
  }
}
