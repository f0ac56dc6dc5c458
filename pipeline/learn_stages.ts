/**
 * Options of a run's stages, from its settings and its newest checkpoint.
 *
 * @module
 */
import { resumePoint } from "../stages/batch/mod.ts";
import type { StageMeter } from "../stages/meter.ts";
import type { Store } from "../stages/store/mod.ts";
import type { Encoders } from "../stages/tokenize/mod.ts";
import type { TrainOptions } from "../stages/train/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { RunSettings } from "../run/folder.ts";
import { splitter } from "../run/hold_out.ts";
import { patienceOf } from "../run/patience.ts";
import { optimizerOf, scheduleOf } from "../run/settings/training.ts";
import { plannedTokens, warmUpTokens } from "../run/warm_up.ts";
import type { LearnStages } from "./pipeline.ts";

/** Options of {@linkcode learnStages}; all are borrowed. */
export interface LearnStagesOptions {
  readonly settings: RunSettings;
  readonly tokenizer: Tokenizer;
  readonly encoders: Encoders;
  readonly tokens: Store;
  /** B of a whole step, and T. */
  readonly rows: number;
  readonly cols: number;
  /** Options of the trainer, with the state to resume from. */
  readonly training: Pick<
    TrainOptions,
    "spheres" | "state" | "replicas" | "computeRound" | "meter"
  >;
  readonly validation: NonNullable<TrainOptions["validation"]>;
  readonly checkpointEvery: number;
  readonly meters: Readonly<Record<"tokenize" | "store" | "batch", StageMeter>>;
  readonly stop: AbortSignal;
}

/** The options of the stages from `tokenize` to `train`. */
export function learnStages(
  options: LearnStagesOptions,
): Pick<LearnStages, "tokenize" | "store" | "epochs" | "batch" | "train"> {
  const { settings, tokenizer, tokens, rows, cols, training, meters } = options;
  const { order, seed } = settings;
  const { cursor, cursors } = training.state;
  const patience = patienceOf(settings);
  return {
    tokenize: {
      tokenizer,
      encoders: options.encoders,
      split: splitter(settings.holdOut),
      startIndex: tokens.documents,
      meter: meters.tokenize,
    },
    store: { store: tokens, meter: meters.store },
    epochs: {
      store: tokens,
      order,
      seed,
      warmUpTokens: warmUpTokens(settings),
      plannedTokens: plannedTokens(settings),
      ...cursor && { start: resumePoint(cursor) },
    },
    batch: {
      rows,
      cols,
      seed,
      growing: order === "stored",
      vocabSize: tokenizer.vocabSize,
      cursors,
      meter: meters.batch,
      ...cursor && { cursor },
    },
    train: {
      ...training,
      duration: settings.steps > 0 ? { steps: settings.steps } : { seconds: settings.seconds },
      schedule: scheduleOf(settings),
      optimizer: optimizerOf(settings),
      guardDeviations: settings.guard,
      snapshotEvery: options.checkpointEvery,
      validateEvery: settings.validateEvery,
      validation: options.validation,
      ...patience && { patience },
      stop: options.stop,
    },
  };
}
