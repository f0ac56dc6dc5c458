/**
 * What a run settles once, when training begins: the rows it validates on, the prompts of its
 * samples, and how good the weights are that it starts from.
 *
 * @module
 */
import type { Status } from "../stages/report/mod.ts";
import { choosePromptsOnce } from "../evaluation/choose_prompts.ts";
import { openSampler, type Sampler } from "./samples.ts";
import { type StartOptions, type StartWatch, watchStart } from "./starting_loss.ts";
import {
  openValidationSet,
  type ValidationSet,
  type ValidationSetOptions,
} from "../evaluation/validation_set.ts";
import { describeValidationSet } from "../evaluation/validation_summary.ts";
import type { RunPaths, RunSettings } from "../run/folder.ts";

/** What {@linkcode openBeginning} needs. */
export interface BeginningOptions
  extends Omit<ValidationSetOptions, "paths" | "settings">, Pick<StartOptions, "trainer"> {
  readonly paths: RunPaths;
  readonly settings: RunSettings;
  readonly status: Pick<Status, "note">;
}

/** What is settled. */
export interface RunBeginning extends Pick<StartWatch, "see"> {
  readonly validation: ValidationSet;
  /** Beginnings of held-out documents. */
  readonly prompts: readonly string[];
  /** Continues the prompts with the model of each checkpoint. */
  readonly sampler: Sampler;
}

/** Settles it for a run that begins, and reads it again for one that goes on. */
export async function openBeginning(options: BeginningOptions): Promise<RunBeginning> {
  const { paths, journal, settings, trainer, status: { note } } = options;
  const validation = await openValidationSet(options);
  note(describeValidationSet(validation, { rule: settings.holdOut }));
  const start = watchStart(paths.root, { settings, trainer, validation: validation.batches, note });
  await start.begin();
  const prompts = await choosePromptsOnce(paths.root, { journal, settings, validation, note });
  const sampler = openSampler({ runDir: paths.root, seed: settings.seed, prompts, note });
  return { validation, prompts, sampler, see: start.see };
}
