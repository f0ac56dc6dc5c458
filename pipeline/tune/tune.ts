/**
 * Chat tuning: a model learns the assistant's part of conversations, with steps, checkpoints and exact
 * resuming as in any training.
 *
 * @module
 */
import { basename, dirname, resolve } from "node:path";
import {
  checkBase,
  holdCheckpoint,
  latestCheckpoint,
  weightsDigest,
} from "../../model/checkpoint/mod.ts";
import type { ModelConfig } from "../../model/config.ts";
import { exists, replaceFile } from "../../model/durable.ts";
import { createLayout } from "../../model/layout.ts";
import { trainingFlopsPerToken } from "../../model/flops.ts";
import {
  countExampleBatches,
  exampleBatches,
  heldOutBatches,
  type MixedText,
} from "../../stages/batch/mod.ts";
import { preferences } from "../../stages/train/mod.ts";
import { StageMeter } from "../../stages/meter.ts";
import { startStatus, type Status } from "../../stages/report/mod.ts";
import { say, tell } from "../../cli/print.ts";
import { UsageError } from "../../cli/flags.ts";
import { describeFallBack } from "../../run/fall_back.ts";
import { type ForcedChange, type RunPaths, runPaths } from "../../run/folder.ts";
import { lockRun } from "../../run/lock.ts";
import { makeFolder } from "../../run/make_folder.ts";
import { checkInit } from "../../run/named_model.ts";
import { calledOnCommandLine } from "../../run/settings/pipeline.ts";
import { describeForced, settle } from "../../run/settings/settle.ts";
import { optimizerOf, scheduleOf, type spheresOf } from "../../run/settings/training.ts";
import { turnTuneDial } from "../dial/tune_dial.ts";
import { learnBatches } from "../pipeline.ts";
import { watchStart } from "../starting_loss.ts";
import { openTrainer } from "../trainer.ts";
import { askAnswers } from "./answers.ts";
import { describeSkipped } from "./conversations.ts";
import { describeEnd, describePlan, type Validated } from "./describe.ts";
import { digestExamples, readExamples, type TuneExamples } from "./examples.ts";
import type { TuneSettings } from "./settings.ts";
import { passesOf, shapeOf } from "./shape.ts";
import { openStart, templateDigest } from "./start.ts";
import { openMixedText } from "./text.ts";

/** Options of {@linkcode tune}. */
export interface TuneOptions {
  /** JSONL files. */
  readonly files: readonly string[];
  readonly root: string;
  readonly settings: TuneSettings;
  /** Folder of tokens to mix in, and its share of the rows. */
  readonly text?: { readonly tokens: string; readonly weight: number };
  readonly spheres: ReturnType<typeof spheresOf>;
  /** Steps between checkpoints; a tenth of all, of at most 200, where undefined. */
  readonly checkpointEvery: number | undefined;
  readonly force: boolean;
  readonly fallBack: boolean;
  readonly json: boolean;
  readonly stop: AbortSignal;
}

/**
 * Tunes until the last step or `stop`, and resumes from the newest checkpoint in `root`.
 *
 * @returns the newest checkpoint
 * @throws {UsageError} when the files hold nothing to learn, or `root` began otherwise
 */
export async function tune(options: TuneOptions): Promise<string | undefined> {
  const { root, settings, spheres: { workers }, json, stop } = options;
  const paths = runPaths(root);
  if (await exists(paths.settings)) {
    throw new UsageError(`Cannot tune in --run ${root}: it is a run of \`pipeline\``);
  }
  await checkInit(settings.init);
  await using resources = new AsyncDisposableStack();
  await makeFolder(root, { flag: "run" });
  resources.use(await lockRun(root));
  const { checkpoint, examples, validated, weights } = await learn(options, paths);
  if (stop.aborted) return checkpoint;
  const answers = settings.beta === undefined && weights <= MOST_ASKED
    ? await askAnswers(root, examples, { workers })
    : undefined;
  for (const line of describeEnd(validated, answers)) (json ? tell : say)(line);
  return checkpoint;
}

/** Weights of a model that is asked: it takes memory besides what training may still have. */
const MOST_ASKED = 200_000_000;

interface Learned {
  /** Of the whole model. */
  readonly weights: number;
  /** The newest. */
  readonly checkpoint: string | undefined;
  readonly examples: TuneExamples;
  readonly validated: readonly Validated[];
}

/** Trains until the last step or `stop`. */
async function learn(options: TuneOptions, paths: RunPaths): Promise<Learned> {
  const { root, settings, json, stop } = options;
  const { seed } = settings;
  await using resources = new AsyncDisposableStack();
  const start = await openStart({ ...settings, root, canGrow: settings.lora === undefined });
  if (settings.lora) await keepBase(start.folder, paths);
  const { config, tokenizer, tokenizerJson } = start;
  const most = settings.context ?? Math.min(MOST_CONTEXT, config.max_position_embeddings);
  const examples = await readExamples({
    files: options.files,
    codec: tokenizer,
    template: start.template,
    cols: most,
    preferences: settings.beta !== undefined,
  });
  await tellExamples(examples, paths);
  const units = [...examples.train, ...examples.heldOut];
  const { rows, cols } = shapeOf(units, { ...settings, most, text: options.text !== undefined });
  const meters = {
    batch: new StageMeter("batch"),
    train: new StageMeter("train"),
    checkpoint: new StageMeter("checkpoint"),
  };
  const text = options.text &&
    resources.use(await openMixedText({ ...options.text, tokenizerJson, rows, cols, seed }));
  const packed = { units: examples.train, rows, cols, seed, text: text as MixedText | undefined };
  const weights = createLayout(config).count;
  const epochs = settings.epochs ?? passesOf({
    stepsPerPass: countExampleBatches(packed, 1),
    weights,
    slow: settings.lora !== undefined || text !== undefined,
  });
  const run = {
    ...settings,
    rows,
    context: cols,
    epochs,
    steps: await stepsOf(packed, { options, config, paths, epochs, init: start.folder }),
    conversations: digestExamples(examples),
    chatTemplate: templateDigest(start),
    ...(options.text && { text: resolve(options.text.tokens), textWeight: options.text.weight }),
    forced: [] as ForcedChange[],
    ...settings.lora && { baseWeights: await weightsDigest(start.folder) },
  };
  await using trainer = await openTrainer({
    config,
    paths,
    seed,
    tokenizerJson,
    run,
    rows,
    cols,
    init: start.folder,
    ...(settings.lora && { lora: settings.lora }),
    ...(settings.frozen && { frozenType: settings.frozen }),
    companions: start.companions,
    leaves: settings.leaves,
    fallBack: options.fallBack,
    ...options.spheres,
  });
  // Written by this program, as part of a checkpoint whose digest held.
  const resumed = trainer.resumedRun as Partial<typeof run> | undefined;
  // Chosen once.
  if (isDialled(settings)) run.steps = resumed?.steps ?? run.steps;
  const began = resumed && { ...run, forced: [], ...resumed };
  const { forced: _, baseWeights: __, ...decides } = run;
  const settled = settle(began, {
    wanted: run,
    root,
    force: options.force,
    step: trainer.state.step,
    named: new Map(Object.keys(decides).map((name) => [name, calledOnCommandLine(name)])),
    same: "give that again",
  });
  run.forced.push(...settled.forced);
  const { steps } = settled;
  const every = options.checkpointEvery ?? Math.min(MOST_BETWEEN, Math.ceil(steps / VALIDATIONS));
  for (const line of describeForced(settled, began)) tell(line);
  if (trainer.fallBack) tell(describeFallBack(trainer.fallBack));
  const allMeters = Object.values(meters);
  using status = startStatus({ meters: allMeters, runDir: root, totalSteps: steps, json });
  status.note(describePlan(examples, { steps, rows, cols, memory: trainer.spheres.bytes }));
  status.phase("training");
  const tellStop = () => status.phase("stopping after this step; Ctrl-C again ends at once");
  stop.addEventListener("abort", tellStop, { once: true });
  const validation = () => heldOutBatches({ units: examples.heldOut, rows, cols });
  const { note } = status;
  const { beta } = settings;
  const watch = watchStart(root, { settings, trainer, validation, note });
  // Where preferences are learned, that is log 2 for every model.
  if (beta === undefined) await watch.begin();
  const { best } = trainer.state.validation;
  const validated: Validated[] = best === null ? [] : [best];
  const stages = trainer.stages({ retention: {}, status: status as Status, meters });
  try {
    await learnBatches({
      batches: exampleBatches({ ...packed, cursor: trainer.state.cursor }),
      train: {
        ...stages.train,
        ...(beta !== undefined && { objective: preferences(trainer.spheres, { beta }) }),
        duration: { steps },
        schedule: scheduleOf(settings),
        optimizer: optimizerOf(settings),
        guardDeviations: settings.guard,
        snapshotEvery: every,
        validateEvery: every,
        validation,
        stop,
      },
      checkpoint: stages.checkpoint,
      report: {
        ...stages.report,
        meters: allMeters,
        constants: { flopsPerToken: trainingFlopsPerToken(config, { cols }) },
        onStep(report) {
          watch.see(report);
          const { step, validationLoss: loss } = report;
          if (loss !== undefined && !Number.isNaN(loss)) validated.push({ step, loss });
        },
      },
    });
  } finally {
    // A failed stage ends training; training up to that point is saved.
    if (!trainer.spheres.failed) await trainer.save();
  }
  status.phase(stop.aborted ? "stopped" : "done");
  return { checkpoint: await trainer.save(), examples, validated, weights };
}

/** Holds the checkpoint that an adapter is trained beside, and refuses another than it began with. */
async function keepBase(base: string, { root, checkpoints }: RunPaths): Promise<void> {
  const newest = await latestCheckpoint(checkpoints);
  if (newest !== undefined) await checkBase(newest, base);
  if (basename(dirname(base)) === "checkpoints") await holdCheckpoint(base, resolve(root));
}

type Packed = Parameters<typeof countExampleBatches>[0];

const isDialled = ({ hours, tokens }: TuneSettings) => hours !== undefined || tokens !== undefined;

/** The steps that the settings say, or that their hours or tokens come to on this machine. */
async function stepsOf(
  packed: Packed,
  { options: { settings, spheres, json }, config, paths, epochs, init }: {
    options: TuneOptions;
    epochs: number;
    config: ModelConfig;
    paths: RunPaths;
    init: string;
  },
): Promise<number> {
  const { steps, hours, tokens, lora, frozen, leaves } = settings;
  if (!isDialled(settings)) return steps ?? countExampleBatches(packed, epochs);
  // The first checkpoint has the choice.
  if (await latestCheckpoint(paths.checkpoints) !== undefined) return 0;
  const { cols, rows, text } = packed;
  const stepsPerPass = countExampleBatches(packed, 1);
  const ownRows = countExampleBatches({ units: packed.units, seed: packed.seed, cols, rows: 1 }, 1);
  return await turnTuneDial({
    ...{ init, config, cols, rows, leaves, hours, tokens, stepsPerPass, ...spheres },
    batches: exampleBatches(packed),
    // Few conversations do not fill the rows of a step.
    rowsPerStep: Math.ceil(ownRows / stepsPerPass) + (text?.rows ?? 0),
    ...lora && { lora },
    ...frozen && { frozenType: frozen },
    optimizer: optimizerOf(settings),
    conversations: packed.units.length,
    note: json ? tell : say,
  });
}

/** How often held-out conversations are asked, and the steps between at most. */
const VALIDATIONS = 10, MOST_BETWEEN = 200;

/** The longest T unless `--context` says otherwise: as long as most conversations are. */
const MOST_CONTEXT = 512;

/** Says what was left out, and lists all of it in the run's dropped.jsonl. */
async function tellExamples({ train, skipped }: TuneExamples, paths: RunPaths): Promise<void> {
  for (const line of describeSkipped(skipped)) tell(line);
  if (skipped.length > 0) {
    const lines = skipped.map((line) => JSON.stringify(line) + "\n").join("");
    await replaceFile(paths.drops, lines);
  }
  if (train.length > 0) return;
  throw new UsageError(
    skipped.length > 0
      ? `Cannot tune: none of ${skipped.length} lines can be used; ${paths.drops} has the reasons`
      : "Cannot tune: the files have no line",
  );
}
