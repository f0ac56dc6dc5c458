/**
 * The middle of the pipeline: the spheres of a run, their weights where the last checkpoint left
 * them, and the streams from batches to reports.
 *
 * @module
 */
import { basename, join } from "node:path";
import {
  checkpointName,
  DIVERGED_SUFFIX,
  initFromFolder,
  loadNewest,
  readCompanions,
  type Retention,
  rotateCheckpoints,
  saveCheckpoint,
  setAsideCheckpoint,
  stepOf,
} from "../model/checkpoint/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import { initParameters } from "../model/init.ts";
import { keep, metricsOf, type SnapshotMetrics } from "../stages/checkpoint/mod.ts";
import type { StageMeter } from "../stages/meter.ts";
import { type MetricsSink, report, type RunConstants, type Status } from "../stages/report/mod.ts";
import {
  type Duration,
  newTraining,
  type OptimizerOptions,
  type Patience,
  resumeTraining,
  type ScheduleOptions,
  snapshot,
  train,
  type TrainingState,
} from "../stages/train/mod.ts";
import type { Batch, Snapshot, StepReport } from "../stages/types.ts";
import { watched } from "../stages/watched.ts";
import { openSpheres, type Spheres, type SpheresOptions } from "../workers/mod.ts";
import type { RunPaths } from "../run/folder.ts";

/** What {@linkcode openTrainer} needs. */
export interface TrainerOptions extends SpheresOptions {
  readonly config: ModelConfig;
  readonly paths: RunPaths;
  readonly seed: number;
  /** Folder with the first weights; seeded ones otherwise. */
  readonly init?: string;
  /** Whether an earlier checkpoint will do where the newest is damaged. Default false. */
  readonly fallBack?: boolean;
  /** Kept with every checkpoint as the `run` of its state.json: plain JSON. */
  readonly run: unknown;
  /** Text of tokenizer.json, kept with every checkpoint. */
  readonly tokenizerJson: string;
}

/** How {@linkcode Trainer.reports} trains. */
export interface TrainerRun {
  readonly duration: Duration;
  readonly schedule: ScheduleOptions;
  readonly optimizer: OptimizerOptions;
  readonly guardDeviations: number;
  readonly checkpointEvery: number;
  /** Which checkpoints stay. */
  readonly retention: Retention;
  readonly validateEvery: number;
  readonly validation: () => AsyncIterable<Batch>;
  readonly patience?: Patience;
  readonly stop: AbortSignal;
  readonly status: Status;
  readonly meters: { readonly train: StageMeter; readonly keep: StageMeter };
  /** All stages, for metrics.jsonl. */
  readonly allMeters: readonly StageMeter[];
  readonly constants: RunConstants;
  /** Other places that the figures of each step go to. */
  readonly sinks: readonly MetricsSink[];
  /** Told of each checkpoint. */
  readonly onSaved: (saved: { step: number; path: string }) => void;
}

/** A model in training. */
export interface Trainer extends AsyncDisposable {
  readonly spheres: Spheres;
  readonly state: TrainingState;
  /** The `run` of the checkpoint it goes on from; undefined for a new run. */
  readonly resumedRun: unknown;
  /** Trains on batches that begin after `state.cursor`. */
  reports(batches: ReadableStream<Batch>, run: TrainerRun): ReadableStream<StepReport>;
  /** Saves what is not saved yet, unless it diverged; returns the newest checkpoint's folder, if there is any. */
  save(): Promise<string | undefined>;
}

/** Starts the spheres and brings the run's weights into them. */
export async function openTrainer(options: TrainerOptions): Promise<Trainer> {
  const { config, paths, seed, init, tokenizerJson } = options;
  await using resources = new AsyncDisposableStack();
  const spheres = resources.use(await openSpheres(options));
  const { layout, parameters, firstMoment, secondMoment } = spheres;
  const found = await loadNewest(paths.checkpoints, {
    layout,
    into: { parameters, firstMoment, secondMoment },
    fallBack: options.fallBack ?? false,
  });
  let newest = found?.dir;
  const state = found ? resumeTraining(found) : newTraining();
  if (!found && init !== undefined) await initFromFolder(init, { layout, parameters });
  else if (!found) initParameters(parameters, { config, layout, seed });
  await spheres.packWeights();
  const began = found?.dir ?? init;
  const companions = began === undefined ? undefined : await readCompanions(began);

  let savedStep = state.step;
  /** Of the last step. */
  let metrics: SnapshotMetrics = {};
  let retention: Retention = {};
  let note: (line: string) => void = () => {};
  const save = async (path: string, snapshot: Snapshot, metrics: SnapshotMetrics) => {
    await saveCheckpoint(path, {
      ...{ config, layout, snapshot, tokenizerJson, metrics },
      run: options.run,
      ...(companions && { companions }),
    });
    savedStep = snapshot.step;
    newest = path;
  };
  /** Weights that diverged are not saved, and do not stay the newest where they have been. */
  const keepNone = async () => {
    if (newest === undefined || state.step > savedStep) return newest;
    const aside = basename(newest) + DIVERGED_SUFFIX;
    newest = await setAsideCheckpoint(newest);
    savedStep = newest === undefined ? 0 : stepOf(newest);
    const next = newest === undefined ? "the first step" : `step ${savedStep + 1}`;
    note(`Step ${state.step} had diverged: it is set aside as ${aside}, and ${next} comes next.`);
    return newest;
  };
  const held = resources.move();
  return {
    spheres,
    state,
    resumedRun: found?.run,
    reports(batches, run) {
      retention = run.retention;
      note = run.status.note;
      return batches
        .pipeThrough(watched(
          train({
            spheres,
            state,
            duration: run.duration,
            schedule: run.schedule,
            optimizer: run.optimizer,
            guardDeviations: run.guardDeviations,
            snapshotEvery: run.checkpointEvery,
            validateEvery: run.validateEvery,
            validation: run.validation,
            ...run.patience && { patience: run.patience },
            stop: run.stop,
            meter: run.meters.train,
          }),
          run.meters.train,
        ))
        .pipeThrough(
          new TransformStream<StepReport, StepReport>({
            transform(report, controller) {
              metrics = metricsOf(report);
              controller.enqueue(report);
            },
          }),
        )
        .pipeThrough(watched(
          keep({
            dir: paths.checkpoints,
            save,
            retention: run.retention,
            meter: run.meters.keep,
            onSaved: run.onSaved,
          }),
          run.meters.keep,
        ))
        .pipeThrough(report({
          runDir: paths.root,
          status: run.status,
          meters: run.allMeters,
          constants: run.constants,
          sinks: run.sinks,
        }));
    },
    async save() {
      if (spheres.diverged) return await keepNone();
      if (state.step > savedStep) {
        const path = join(paths.checkpoints, checkpointName(state.step));
        await save(path, snapshot(spheres, state), metrics);
        await rotateCheckpoints(paths.checkpoints, retention);
      }
      return newest;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
