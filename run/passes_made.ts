/**
 * Counts the passes of training over the text that was stored when its latest pass began, which may
 * be less than the corpus.
 *
 * @module
 */
import { passesOf } from "../stages/batch/mod.ts";
import type { Store } from "../stages/store/mod.ts";
import { isOutOfPatience, type TrainingState } from "../stages/train/mod.ts";
import { patienceOf } from "./patience.ts";
import type { RunSettings } from "./folder.ts";

/** Passes of a run so far. */
export interface PassesMade {
  /** Trained tokens over those of the documents. */
  readonly passes: number;
  /** Train documents in the latest pass. */
  readonly documents: number;
}

/** Counts up to the last step. */
export async function passesMade(
  { cursor, totalTokens }: Pick<TrainingState, "cursor" | "totalTokens">,
  store: Pick<Store, "tokensBefore" | "count">,
): Promise<PassesMade> {
  // In stored order a pass covers the whole store.
  const documents = (cursor && passesOf(cursor))?.at(-1)?.documents ?? store.count("train");
  // The first token of a document is not a target.
  const targets = await store.tokensBefore("train", documents) - documents;
  return { passes: targets > 0 ? totalTokens / targets : 0, documents };
}

/** The same for the report of a run, with the steps that were planned where patience ended it. */
export async function courseOfRun(
  { trainer: { state }, settings, store }: {
    trainer: { readonly state: TrainingState };
    settings: RunSettings;
    store: Pick<Store, "tokensBefore" | "count">;
  },
): Promise<PassesMade & { readonly endedEarlyOf?: number }> {
  const { steps } = settings;
  const isEarly = state.step < steps && isOutOfPatience(state.validation, patienceOf(settings));
  return { ...await passesMade(state, store), ...isEarly && { endedEarlyOf: steps } };
}
