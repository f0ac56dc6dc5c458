/**
 * What a run fixes once, when training begins: its validation rows, the prompts of its samples, and
 * the validation loss of its initial weights.
 *
 * @module
 */
import type { Status } from "../stages/report/mod.ts";
import { choosePromptsOnce } from "../evaluation/choose_prompts.ts";
import { openSampleWriter, type SampleWriter } from "./samples.ts";
import { type StartOptions, type StartWatch, watchStart } from "./starting_loss.ts";
import {
  openValidationSet,
  type ValidationSet,
  type ValidationSetOptions,
} from "../evaluation/validation_set.ts";
import { describeValidationSet } from "../evaluation/validation_summary.ts";
import type { RunPaths, RunSettings } from "../run/folder.ts";

/** Options of {@linkcode openBeginning}. */
export interface BeginningOptions
  extends Omit<ValidationSetOptions, "paths" | "settings">, Pick<StartOptions, "trainer"> {
  readonly paths: RunPaths;
  readonly settings: RunSettings;
  readonly status: Pick<Status, "note">;
}

/** The fixed parts. */
export interface RunBeginning extends Pick<StartWatch, "see"> {
  readonly validation: ValidationSet;
  /** Beginnings of held-out documents. */
  readonly prompts: readonly string[];
  /** Continues the prompts with the model of each checkpoint. */
  readonly samples: SampleWriter;
}

/** Fixes them for a new run, and reads them for a resumed one. */
export async function openBeginning(options: BeginningOptions): Promise<RunBeginning> {
  const { paths, journal, settings, trainer, status: { note } } = options;
  const validation = await openValidationSet(options);
  note(describeValidationSet(validation, { rule: settings.holdOut }));
  const start = watchStart(paths.root, { settings, trainer, validation: validation.batches, note });
  await start.begin();
  const prompts = await choosePromptsOnce(paths.root, { journal, settings, validation, note });
  const samples = openSampleWriter({ runDir: paths.root, seed: settings.seed, prompts, note });
  return { validation, prompts, samples, see: start.see };
}
