/**
 * Trains repeatedly on one batch, to compare this trainer with another step by step.
 *
 * @module
 */
import { createLayout } from "../model/layout.ts";
import { initFromFolder } from "../model/checkpoint/mod.ts";
import {
  newTraining,
  type OptimizerOptions,
  type ScheduleOptions,
  train,
} from "../stages/train/mod.ts";
import type { Batch, StepReport } from "../stages/types.ts";
import { openSpheres } from "../workers/mod.ts";
import { readBatchFile } from "./batch_file.ts";
import type { spheresOf } from "../run/settings/training.ts";
import { readNamedConfig } from "../run/named_model.ts";

/** Options of {@linkcode trainOnBatchFile}. */
export interface BatchTraining {
  /** Hugging Face folder with the initial weights. */
  readonly init: string;
  readonly batches: string;
  readonly documentMask: boolean;
  readonly steps: number;
  readonly schedule: ScheduleOptions;
  readonly optimizer: OptimizerOptions;
  readonly guardDeviations: number;
  readonly leaves: number;
  readonly spheres: ReturnType<typeof spheresOf>;
  readonly stop: AbortSignal;
  /** Says what goes on before the first report. */
  readonly note: (line: string) => void;
  readonly onReport: (report: StepReport) => void;
}

/** Trains `steps` steps, each on the whole file's batch. */
export async function trainOnBatchFile(options: BatchTraining): Promise<void> {
  const { init, steps, schedule, optimizer, guardDeviations, leaves, stop } = options;
  const config = await readNamedConfig(init, { flag: "--init" });
  const batch = await readBatchFile(options.batches, {
    vocabSize: config.vocab_size,
    documentMask: options.documentMask,
  });
  options.note("opening the model");
  await using spheres = await openSpheres({
    config,
    rows: batch.rows,
    cols: batch.cols,
    leaves,
    ...options.spheres,
  });
  await initFromFolder(init, { layout: createLayout(config), parameters: spheres.parameters });
  await spheres.packWeights();
  options.note("training");
  const state = newTraining();
  const reports = ReadableStream.from(forever(batch)).pipeThrough(
    train({ spheres, state, duration: { steps }, schedule, optimizer, guardDeviations, stop }),
  );
  for await (const report of reports) options.onReport(report);
}

function* forever(batch: Batch): Generator<Batch> {
  for (;;) yield batch;
}
