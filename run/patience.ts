/**
 * Early stopping: when a run ends for lack of a lower validation loss.
 *
 * @module
 */
import { isOutOfPatience, type Patience, readValidation } from "../stages/train/mod.ts";
import type { RunSettings } from "./folder.ts";

/**
 * The default. Validations count from the second pass over the corpus on: a model cannot memorise text
 * it has seen once, so a run over more text than it needs is never cut short. Five of them, because
 * waiting costs only time: the best checkpoint is kept anyway.
 */
const AUTO: Patience = { validations: 5, fromPass: 1 };

/** The patience that the settings ask for; undefined for a run that never stops early. */
export function patienceOf({ patience }: Pick<RunSettings, "patience">): Patience | undefined {
  if (patience === "auto") return AUTO;
  return patience === 0 ? undefined : { validations: patience, fromPass: 0 };
}

/** Whether the run that a checkpoint with these cursors is of has ended early. */
export function endedEarly(
  cursors: Readonly<Record<string, unknown>>,
  settings: Pick<RunSettings, "patience">,
): boolean {
  // Written by the train stage.
  const { validation } = cursors.train as { readonly validation: unknown };
  return isOutOfPatience(readValidation(validation), patienceOf(settings));
}
