/**
 * The middle of the pipeline: the spheres of a run, their weights where the last checkpoint left
 * them, and the streams from batches to reports.
 *
 * @module
 */
import { join } from "node:path";
import {
  checkpointName,
  initFromFolder,
  loadNewest,
  type Retention,
  saveCheckpoint,
} from "../model/checkpoint/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import { initParameters } from "../model/init.ts";
import { keep, type SnapshotMetrics } from "../stages/keep/mod.ts";
import type { StageMeter } from "../stages/meter.ts";
import { report, type Status } from "../stages/report/mod.ts";
import {
  type Duration,
  newTraining,
  type OptimizerOptions,
  readGuard,
  type ScheduleOptions,
  snapshot,
  train,
  type TrainingState,
} from "../stages/train/mod.ts";
import type { Batch, Cursor, Snapshot, StepReport } from "../stages/types.ts";
import { watched } from "../stages/watched.ts";
import { openSpheres, type Spheres, type SpheresOptions } from "../workers/mod.ts";
import type { RunPaths } from "./run_folder.ts";

/** What {@linkcode openTrainer} needs. */
export interface TrainerOptions extends SpheresOptions {
  readonly config: ModelConfig;
  readonly paths: RunPaths;
  readonly seed: number;
  /** Folder with the first weights; seeded ones otherwise. */
  readonly init?: string;
  /** Whether an earlier checkpoint will do where the newest is damaged. Default false. */
  readonly fallBack?: boolean;
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
  readonly stop: AbortSignal;
  readonly status: Status;
  readonly meters: { readonly train: StageMeter; readonly keep: StageMeter };
  /** All stages, for metrics.jsonl. */
  readonly allMeters: readonly StageMeter[];
}

/** A model in training. */
export interface Trainer extends AsyncDisposable {
  readonly spheres: Spheres;
  readonly state: TrainingState;
  /** Trains on batches that begin after `state.cursor`. */
  reports(batches: ReadableStream<Batch>, run: TrainerRun): ReadableStream<StepReport>;
  /** Saves what is not saved yet; returns the newest checkpoint's folder, if there is any. */
  save(): Promise<string | undefined>;
}

/** Starts the spheres and brings the run's weights into them. */
export async function openTrainer(options: TrainerOptions): Promise<Trainer> {
  const { config, paths, seed, init, tokenizerJson } = options;
  await using resources = new AsyncDisposableStack();
  const spheres = resources.use(await openSpheres(options));
  const { layout, parameters, firstMoment, secondMoment } = spheres;
  const state = newTraining();
  const found = await loadNewest(paths.checkpoints, {
    layout,
    into: { parameters, firstMoment, secondMoment },
    fallBack: options.fallBack ?? false,
  });
  let newest = found?.dir;
  if (found !== undefined) {
    state.step = found.step;
    state.totalTokens = found.totalTokens;
    const { seconds, guard } = progressOf(found.settings);
    state.seconds = seconds;
    state.guard = guard;
    // Written by our own batch stage, whose state only that stage reads.
    state.cursor = found.cursor as Cursor;
  } else if (init !== undefined) {
    await initFromFolder(init, { layout, parameters });
  } else {
    initParameters(parameters, { config, layout, seed });
  }
  await spheres.packWeights();

  let savedStep = state.step;
  /** Of the last step reported. */
  let validationLoss: number | undefined;
  const save = async (path: string, snapshot: Snapshot, metrics: SnapshotMetrics) => {
    await saveCheckpoint(path, {
      config,
      layout,
      snapshot,
      tokenizerJson,
      settings: { seconds: snapshot.seconds, guard: snapshot.guard, seed },
      ...metrics,
    });
    savedStep = snapshot.step;
    newest = path;
  };
  const held = resources.move();
  return {
    spheres,
    state,
    reports(batches, run) {
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
            stop: run.stop,
            meter: run.meters.train,
          }),
          run.meters.train,
        ))
        .pipeThrough(
          new TransformStream<StepReport, StepReport>({
            transform(report, controller) {
              validationLoss = report.validationLoss;
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
          }),
          run.meters.keep,
        ))
        .pipeThrough(report({ runDir: paths.root, status: run.status, meters: run.allMeters }));
    },
    async save() {
      if (state.step > savedStep) {
        const path = join(paths.checkpoints, checkpointName(state.step));
        await save(path, snapshot(spheres, state), { validationLoss });
      }
      return newest;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** What {@linkcode openTrainer} saves beside the weights. */
function progressOf(settings: unknown): Pick<TrainingState, "seconds" | "guard"> {
  if (settings === null || typeof settings !== "object") {
    throw new TypeError("Cannot resume: state.json has no settings");
  }
  const { seconds, guard } = settings as Partial<Record<"seconds" | "guard", unknown>>;
  if (typeof seconds !== "number") throw new TypeError("Cannot resume: state.json has no seconds");
  return { seconds, guard: readGuard(guard) };
}
