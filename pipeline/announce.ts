/**
 * Announces the plan of a run, and refuses one with too little text to train on.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import { createLayout } from "../model/layout.ts";
import type { Journal } from "../stages/journal/mod.ts";
import type { Status } from "../stages/report/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { StepReport } from "../stages/types.ts";
import { describePlan, makePlan, type Plan, timePlan, warnOfPasses } from "./plan.ts";
import type { RunPaths, RunSettings } from "../run/folder.ts";
import { surveyCorpus } from "./survey.ts";
import type { Trainer } from "./trainer.ts";
import { say, tell } from "../cli/print.ts";

/** Options of {@linkcode announcePlan}. */
export interface AnnounceOptions {
  readonly paths: RunPaths;
  readonly settings: RunSettings;
  readonly journal: Journal;
  readonly tokenizer: Tokenizer;
  readonly config: ModelConfig;
  /** B of a whole step, and T. */
  readonly rows: number;
  readonly cols: number;
  readonly trainer: Trainer;
  readonly workers: number;
  readonly checkpointEvery: number;
  readonly status: Status;
  /** Prints one JSON object instead of lines. */
  readonly json: boolean;
  /** Whether there is nothing to announce: the run is over. */
  readonly finished: boolean;
  readonly signal: AbortSignal;
}

/** An announced plan. */
export interface Announced {
  readonly plan: Plan;
  /** Records each step; reports once how long the rest will take. */
  readonly onStep: (report: StepReport) => void;
}

/**
 * Counts the corpus and prints the plan.
 *
 * @throws {TooLittleText} when the corpus has fewer tokens than one step
 */
export async function announcePlan(options: AnnounceOptions): Promise<Announced> {
  const { settings, journal, tokenizer, rows, cols, trainer, status, json, finished } = options;
  const corpus = await surveyCorpus({
    journal,
    rule: settings.holdOut,
    tokenizer,
    signal: options.signal,
    stepTokens: rows * cols,
    dials: [
      ...settings.preset === "tiny" ? [] : ["take a smaller --preset"],
      ...settings.gradAccumulation === 1 ? [] : ["take --grad-accumulation 1"],
    ],
  });
  const plan = makePlan({
    settings,
    corpus,
    rows,
    cols,
    workers: options.workers,
    parameters: createLayout(options.config).count,
    vocab: tokenizer.vocabSize,
    // All memory that the spheres share.
    sharedMemory: trainer.spheres.bytes,
    step: trainer.state.step,
    run: options.paths.root,
    checkpointEvery: options.checkpointEvery,
  });
  if (finished) return { plan, onStep: () => {} };
  if (json) say(JSON.stringify({ plan }));
  for (const line of describePlan(plan)) status.note(line);
  const warning = warnOfPasses(plan);
  // With --json, standard output has JSON only.
  if (warning !== undefined) (json ? tell : status.note)(warning);
  const time = timePlan(plan);
  const onStep = (report: StepReport) => {
    const line = time(report);
    if (line !== undefined) status.note(line);
  };
  return { plan, onStep };
}
