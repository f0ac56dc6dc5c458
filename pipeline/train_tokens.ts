/**
 * Training on a folder of tokens, such as `tokens import` and `tokens mix` make: batches, steps and
 * checkpoints as in a run, without a corpus behind them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { latestCheckpoint, readCheckpointInfo, readModelConfig } from "../model/checkpoint/mod.ts";
import { type ModelConfig, presetConfig, PRESETS } from "../model/config.ts";
import { exists } from "../model/durable.ts";
import { trainingFlopsPerToken } from "../model/flops.ts";
import { resumePoint } from "../stages/batch/mod.ts";
import { StageMeter } from "../stages/meter.ts";
import { startStatus } from "../stages/report/mod.ts";
import { UsageError } from "../cli/flags.ts";
import { describeFallBack } from "../run/fall_back.ts";
import { checkModelTokenizer } from "../run/model_tokenizer.ts";
import { checkInit } from "../run/named_model.ts";
import { copyPrompts, readOwnPrompts } from "../run/prompts.ts";
import { type ForcedChange, type RunPaths, runPaths, type RunSettings } from "../run/folder.ts";
import { makeFolder } from "../run/make_folder.ts";
import { lockRun } from "../run/lock.ts";
import { calledOnCommandLine } from "../run/settings/pipeline.ts";
import { REPLICAS, replicasOf } from "../run/settings/replicas.ts";
import { describeForced, settle } from "../run/settings/settle.ts";
import { settingsIn, type SettingsOf } from "../run/settings/table.ts";
import { watchStart } from "./starting_loss.ts";
import { openTokenFolder, type TokenFolder } from "../run/token_folder.ts";
import { learnStored } from "./pipeline.ts";
import { openTrainer } from "./trainer.ts";
import {
  optimizerOf,
  type OptimizerSettings,
  scheduleOf,
  type spheresOf,
} from "../run/settings/training.ts";
import { openStoredValidationSet } from "../evaluation/validation_set.ts";
import { describeValidationSet } from "../evaluation/validation_summary.ts";

/** Settings that determine the weights, besides the tokens; saved with every checkpoint. */
export type TokenTrainingSettings =
  & OptimizerSettings
  & SettingsOf<typeof REPLICAS>
  & Pick<
    RunSettings,
    "preset" | "seed" | "order" | "steps" | "leaves" | "guard" | "init" | "strictSimd"
  >;

/** Options of {@linkcode trainOnTokens}. */
export interface TokenTraining {
  /** Folder of the tokens. */
  readonly tokens: string;
  /** Folder for checkpoints and metrics.jsonl, continued when it has some. */
  readonly root: string;
  readonly settings: TokenTrainingSettings;
  readonly spheres: ReturnType<typeof spheresOf>;
  readonly checkpointEvery: number;
  /** Whether settings that alter the result may be changed from here on. */
  readonly force: boolean;
  /** Whether an earlier checkpoint will do where the newest is of no use. */
  readonly fallBack: boolean;
  readonly json: boolean;
  readonly stop: AbortSignal;
}

/**
 * Trains until `settings.steps` or `stop`, and resumes from the newest checkpoint in `root`.
 *
 * @returns the newest checkpoint
 * @throws {UsageError} when the tokens are not of the model's tokenizer, or `root` began otherwise
 */
export async function trainOnTokens(options: TokenTraining): Promise<string | undefined> {
  const { root, settings, json, stop } = options;
  const paths = runPaths(root);
  if (await exists(paths.settings)) {
    throw new UsageError(
      `Cannot train on --tokens in --run ${root}: it is a run of \`pipeline\`; name another folder`,
    );
  }
  if (settings.init !== "") await checkInit(settings.init);
  const replicas = replicasOf(settings);
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await openTokenFolder(options.tokens));
  const { store, tokenizer, json: tokenizerJson } = folder;
  const config = await configOf(settings, { folder, tokens: options.tokens });
  const { rows, cols: wholeRow } = PRESETS[settings.preset];
  const cols = Math.min(wholeRow, config.max_position_embeddings);
  await makeFolder(root, { flag: "run" });
  resources.use(await lockRun(root));
  await checkReplicas(paths, settings);
  // Tokens of a run belong to documents, whose beginnings are prompts.
  if (await readOwnPrompts(root) === undefined) await copyPrompts(options.tokens, root);

  const meters = {
    batch: new StageMeter("batch"),
    train: new StageMeter("train"),
    checkpoint: new StageMeter("checkpoint"),
  };
  const allMeters = Object.values(meters);
  const run = {
    tokens: resolve(options.tokens),
    tokenizer: createHash("sha256").update(tokenizerJson).digest("hex"),
    trainDocuments: store.count("train"),
    trainTokens: store.tokens("train"),
    ...settings,
    forced: [] as ForcedChange[],
  };
  using status = startStatus({ meters: allMeters, runDir: root, totalSteps: settings.steps, json });
  // Weights of some gigabytes take a while.
  status.phase("opening the model");
  await using trainer = await openTrainer({
    config,
    paths,
    seed: settings.seed,
    tokenizerJson,
    run,
    rows,
    cols,
    ...(settings.init === "" ? {} : { init: settings.init }),
    leaves: settings.leaves,
    ...replicas,
    fallBack: options.fallBack,
    ...options.spheres,
  });
  // Written by this program, as part of a checkpoint whose digest held.
  const resumed = trainer.resumedRun as Partial<typeof run> | undefined;
  const began = resumed && { ...run, forced: [], ...resumed };
  const { forced: _, ...decides } = run;
  // Those of replicas are absent where there is one model.
  const names = new Set([
    ...Object.keys(decides),
    ...settingsIn(REPLICAS).map(([, { key }]) => key),
  ]);
  const settled = settle(began, {
    wanted: run,
    root,
    force: options.force,
    step: trainer.state.step,
    named: new Map([...names].map((name) => [name, calledOnCommandLine(name)])),
    same: "give that again",
  });
  run.forced.push(...settled.forced);
  for (const line of describeForced(settled, began)) status.note(line);
  if (trainer.fallBack) status.note(describeFallBack(trainer.fallBack));
  const validation = await openStoredValidationSet({
    paths,
    store,
    seed: settings.seed,
    tokenizer: run.tokenizer,
    rows,
    cols,
  });
  status.note(describeValidationSet(validation, { rule: "split" }));
  status.phase("training");
  const tellStop = () => status.phase("stopping after this step; Ctrl-C again ends at once");
  stop.addEventListener("abort", tellStop, { once: true });
  const { cursor } = trainer.state;
  const { order, seed } = settings;
  const { note } = status;
  const start = watchStart(root, { settings, trainer, validation: validation.batches, note });
  await start.begin();
  const stages = trainer.stages({ retention: {}, status, meters });
  const learning = learnStored({
    epochs: { store, order, seed, ...(cursor ? { start: resumePoint(cursor) } : {}) },
    batch: {
      rows,
      cols,
      seed,
      vocabSize: tokenizer.vocabSize,
      meter: meters.batch,
      growing: order === "stored",
      ...(cursor ? { cursor } : {}),
    },
    train: {
      ...stages.train,
      duration: { steps: settings.steps },
      schedule: scheduleOf(settings),
      optimizer: optimizerOf(settings),
      guardDeviations: settings.guard,
      snapshotEvery: options.checkpointEvery,
      validateEvery: options.checkpointEvery,
      validation: validation.batches,
      stop,
    },
    checkpoint: stages.checkpoint,
    report: {
      ...stages.report,
      meters: allMeters,
      constants: { flopsPerToken: trainingFlopsPerToken(config, { cols }) },
      onStep: start.see,
    },
  });
  try {
    await learning;
  } finally {
    // A failed stage ends training; training up to that point is saved.
    if (!trainer.spheres.failed) await trainer.save();
  }
  status.phase(stop.aborted ? "stopped" : "done");
  return await trainer.save();
}

/**
 * Looks at the number of replicas before a checkpoint of others is loaded.
 *
 * @throws {UsageError} when it began with another
 */
async function checkReplicas(
  { root, checkpoints }: RunPaths,
  { replicas = 1 }: TokenTrainingSettings,
): Promise<void> {
  const newest = await latestCheckpoint(checkpoints);
  if (newest === undefined) return;
  const began = await replicasIn(newest);
  if (began === undefined || began === replicas) return;
  throw new UsageError(
    `Cannot continue --run ${root} with --replicas ${replicas} (began with ${began}): ` +
      `that cannot change any more; choose another folder`,
  );
}

/** As many as the checkpoint was trained in; undefined where it is damaged, as loading it will say. */
async function replicasIn(checkpoint: string): Promise<number | undefined> {
  try {
    const { run } = await readCheckpointInfo(checkpoint);
    return ((run ?? {}) as Partial<TokenTrainingSettings>).replicas ?? 1;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The preset's configuration for these tokens, or that of the folder to start from. */
async function configOf(
  { preset, init }: TokenTrainingSettings,
  { folder: { tokenizer }, tokens }: { folder: TokenFolder; tokens: string },
): Promise<ModelConfig> {
  if (init === "") return presetConfig(preset, tokenizer);
  const config = await readModelConfig(init);
  await checkModelTokenizer(tokenizer, {
    config,
    folder: init,
    source: join(tokens, "tokenizer.json"),
    refusal: `Cannot start from --init ${init}`,
    remedy: "--tokens must be made with the tokenizer.json of --init",
  });
  return config;
}
