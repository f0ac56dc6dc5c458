/**
 * The spheres of a run, with the weights of its last checkpoint.
 *
 * @module
 */
import { basename, join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  checkpointName,
  type Companions,
  DIVERGED_SUFFIX,
  formatAdapterConfig,
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
import { initSteps } from "../model/init.ts";
import { createLayout } from "../model/layout.ts";
import { createAdapterLayout, initAdapter } from "../model/lora.ts";
import {
  type CheckpointOptions,
  metricsOf,
  type SnapshotMetrics,
} from "../stages/checkpoint/mod.ts";
import type { StageMeter } from "../stages/meter.ts";
import type { ReportOptions, Status } from "../stages/report/mod.ts";
import {
  areasOf,
  type ComputeRound,
  newReplicas,
  newTraining,
  type ReplicasState,
  resumeTraining,
  snapshot,
  type TrainingState,
  type TrainOptions,
} from "../stages/train/mod.ts";
import type { Snapshot } from "../stages/types.ts";
import { openSpheres, type Spheres, type SpheresOptions } from "../workers/mod.ts";
import { orAdapter } from "./dial/or_adapter.ts";
import { type FallBack, fallBackOf, fallBacksOf } from "../run/fall_back.ts";
import type { RunPaths } from "../run/folder.ts";
import type { ReplicaSettings } from "../run/settings/replicas.ts";

/** Opens what computes the rounds of a run in replicas, where other machines do. */
export type OpenRounds = (
  replicas: ReplicaSettings,
  spheres: Pick<
    SpheresOptions,
    "config" | "rows" | "cols" | "leaves" | "strictSimd" | "headSample"
  >,
) => Promise<ComputeRound>;

/** Options of {@linkcode openTrainer}. */
export interface TrainerOptions extends SpheresOptions {
  readonly config: ModelConfig;
  readonly paths: RunPaths;
  readonly seed: number;
  /** Whether seeded projections that write to the residual stream are zero. Default false. */
  readonly zeroResidual?: boolean;
  /** Folder of the initial weights; seeded weights otherwise. */
  readonly init?: string;
  /** Whether an earlier checkpoint will do where the newest is damaged. Default false. */
  readonly fallBack?: boolean;
  /** Trains in replicas; without it, one model. */
  readonly replicas?: ReplicaSettings;
  /** Computes their rounds; by default the spheres do. */
  readonly openRounds?: OpenRounds;
  /** Saved with every checkpoint as the `run` of its state.json: plain JSON. */
  readonly run: object;
  /** Text of tokenizer.json, saved with every checkpoint. */
  readonly tokenizerJson: string;
  /** Saved with every checkpoint; those of the initial weights by default. */
  readonly companions?: Companions;
}

/** Where the stages that train write. */
export interface TrainerStages {
  readonly train: Pick<TrainOptions, "spheres" | "state" | "replicas" | "computeRound" | "meter">;
  readonly checkpoint: CheckpointOptions;
  readonly report: Pick<ReportOptions, "runDir" | "status">;
}

/** A model in training. */
export interface Trainer extends AsyncDisposable {
  readonly spheres: Spheres;
  readonly state: TrainingState;
  /** The `run` of the checkpoint it resumes from; undefined for a new run. */
  readonly resumedRun: unknown;
  /** Set where newer checkpoints were skipped; recorded in every later checkpoint. */
  readonly fallBack: FallBack | undefined;
  /** Options of the train stages, for batches after `state.cursor`. */
  stages(options: {
    readonly retention: Retention;
    readonly status: Status;
    readonly meters: Readonly<Record<"train" | "checkpoint", StageMeter>>;
  }): TrainerStages;
  /** Saves unsaved steps, unless they diverged; returns the newest checkpoint's folder, if any. */
  save(): Promise<string | undefined>;
}

/** Starts the spheres and loads the run's weights into them. */
export async function openTrainer(options: TrainerOptions): Promise<Trainer> {
  const { config, paths, seed, init, tokenizerJson } = options;
  await using resources = new AsyncDisposableStack();
  const spheres = resources.use(await orAdapter(options, () => openSpheres(options)));
  const { layout } = spheres;
  const { replicas: settings } = options;
  const replicas = settings && newReplicas(settings.replicas, { ...settings, ...layout });
  const into = areasToFill(spheres, replicas);
  const found = await loadNewest(paths.checkpoints, {
    layout,
    into,
    fallBack: options.fallBack ?? false,
  });
  let newest = found?.dir;
  const state = found
    ? resumeTraining(found, replicas)
    : { ...newTraining(), ...replicas && { replicas } };
  const { parameters } = into;
  const base = createLayout(config);
  const { lora } = options;
  if (init !== undefined && lora) {
    await spheres.fillFrozen((parameters) => initFromFolder(init, { layout: base, parameters }));
  }
  if (!found && lora) initAdapter(parameters, { layout: createAdapterLayout(base, lora), seed });
  else if (!found && init !== undefined) await initFromFolder(init, { layout, parameters });
  else if (!found) {
    for (const _ of initSteps(parameters, { ...options, layout })) await setImmediate();
  }
  if (replicas) spheres.parameters.set(parameters);
  const computeRound = settings && await options.openRounds?.(settings, options);
  await spheres.packWeights();
  const fallBack = found && fallBackOf(found);
  const fallBacks = [...fallBacksOf(found?.run), ...fallBack ? [fallBack] : []];
  const began = found?.dir ?? init;
  const companions = options.companions ??
    (began === undefined ? undefined : await readCompanions(began));

  let savedStep = state.step;
  let retention: Retention = {};
  let note: (line: string) => void = () => {};
  const save = async (path: string, snapshot: Snapshot, metrics: SnapshotMetrics) => {
    await saveCheckpoint(path, {
      config,
      layout,
      snapshot,
      tokenizerJson,
      ...(lora && { adapterConfig: formatAdapterConfig(lora, resolve(init ?? "")) }),
      metrics,
      run: { ...options.run, ...(fallBacks.length > 0 && { fallBacks }) },
      ...(companions && { companions }),
    });
    savedStep = snapshot.step;
    newest = path;
  };
  /** Diverged weights are not saved, and are set aside where they have been. */
  const keepNone = async () => {
    const reached = state.report?.step ?? state.step;
    if (newest === undefined || reached > savedStep) return newest;
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
    fallBack,
    stages({ status, meters, ...options }) {
      ({ retention } = options);
      ({ note } = status);
      return {
        train: {
          spheres,
          state,
          meter: meters.train,
          ...settings && { replicas: settings },
          ...computeRound && { computeRound },
        },
        checkpoint: { dir: paths.checkpoints, save, retention, meter: meters.checkpoint },
        report: { runDir: paths.root, status },
      };
    },
    async save() {
      if (spheres.diverged) return await keepNone();
      if (state.step > savedStep) {
        const path = join(paths.checkpoints, checkpointName(state.step));
        await save(path, snapshot(spheres, state), state.report ? metricsOf(state.report) : {});
        await rotateCheckpoints(paths.checkpoints, retention);
      }
      return newest;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** What a checkpoint is loaded into: the spheres' own areas, or those of replicas. */
function areasToFill(spheres: Spheres, replicas: ReplicasState | undefined) {
  const [first] = replicas?.replicas ?? [];
  if (!replicas || !first) {
    const { parameters, firstMoment, secondMoment } = spheres;
    return { parameters, firstMoment, secondMoment };
  }
  const { firstMoment, secondMoment } = first;
  return { parameters: replicas.parameters, firstMoment, secondMoment, areas: areasOf(replicas) };
}
