/**
 * What a run does once, when its first batch has come and as much of the corpus is there as training
 * waits for: it chooses its prompts, and looks at how good the weights are that it starts from.
 *
 * @module
 */
import type { Batch, StepReport } from "../stages/types.ts";
import { beforeFirst } from "./before_first.ts";
import { type PromptSources, settlePrompts } from "./choose_prompts.ts";
import type { RunSettings } from "./run_folder.ts";
import { openSampler, type Sampler } from "./samples.ts";
import { type StartOptions, watchStart } from "./starting_loss.ts";

/** What {@linkcode openBeginning} needs. */
export interface BeginningSources extends StartOptions, Pick<PromptSources, "journal"> {
  readonly settings: RunSettings;
}

/** The beginning of a run, and what is known from then on. */
export interface RunBeginning {
  /** For the batches to go through. */
  readonly batches: TransformStream<Batch, Batch>;
  /** Continues the prompts with the model of each checkpoint. */
  readonly sampler: Sampler;
  /** The prompts as they are known now; `isOver` when no more documents will come. */
  prompts(isOver?: boolean): Promise<readonly string[]>;
  /** Told of each step, notes when the weights get worse than they were. */
  see(report: Pick<StepReport, "validationLoss">): void;
}

/** Opens the beginning of the run in `runDir`. */
export function openBeginning(runDir: string, options: BeginningSources): RunBeginning {
  const { journal, settings, note } = options;
  const start = watchStart(runDir, options);
  const prompts = (isOver?: boolean) => settlePrompts(runDir, { journal, settings, note, isOver });
  return {
    batches: beforeFirst(async () => {
      await prompts();
      await start.begin();
    }),
    sampler: openSampler({ runDir, seed: settings.seed, prompts, note }),
    prompts,
    see: start.see,
  };
}
