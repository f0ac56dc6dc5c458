/**
 * Chat tuning: a model learns the assistant's part of conversations, with steps, checkpoints and exact
 * resuming as in any training.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename, dirname, resolve } from "node:path";
import {
  checkBase,
  holdCheckpoint,
  latestCheckpoint,
  weightsDigest,
} from "../../model/checkpoint/mod.ts";
import type { ModelConfig } from "../../model/config.ts";
import { replaceFile } from "../../model/durable.ts";
import { trainingFlopsPerToken } from "../../model/flops.ts";
import {
  countExampleBatches,
  exampleBatches,
  heldOutBatches,
  type MixedText,
} from "../../stages/batch/mod.ts";
import { preferences, type TrainingState } from "../../stages/train/mod.ts";
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
import { exists } from "../../model/durable.ts";
import { turnTuneDial } from "../dial/tune_dial.ts";
import { learnBatches } from "../pipeline.ts";
import { watchStart } from "../starting_loss.ts";
import { openTrainer } from "../trainer.ts";
import { describeSkipped } from "./conversations.ts";
import { readExamples, type TuneExamples } from "./examples.ts";
import type { TuneSettings } from "./settings.ts";
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
  readonly checkpointEvery: number;
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
  const { root, settings, json, stop } = options;
  const { rows, seed } = settings;
  const paths = runPaths(root);
  if (await exists(paths.settings)) {
    throw new UsageError(`Cannot tune in --run ${root}: it is a run of \`pipeline\``);
  }
  await checkInit(settings.init);
  await using resources = new AsyncDisposableStack();
  await makeFolder(root, { flag: "run" });
  resources.use(await lockRun(root));
  const start = await openStart({ ...settings, root, canGrow: settings.lora === undefined });
  if (settings.lora) await keepBase(start.folder, paths);
  const { config, tokenizer, tokenizerJson } = start;
  const cols = settings.context ?? Math.min(DEFAULT_CONTEXT, config.max_position_embeddings);
  const examples = await readExamples({
    files: options.files,
    codec: tokenizer,
    template: start.template,
    cols,
    preferences: settings.beta !== undefined,
  });
  await tellExamples(examples, paths);
  const meters = {
    batch: new StageMeter("batch"),
    train: new StageMeter("train"),
    checkpoint: new StageMeter("checkpoint"),
  };
  const text = options.text &&
    resources.use(await openMixedText({ ...options.text, tokenizerJson, rows, cols, seed }));
  const packed = { units: examples.train, rows, cols, seed, text: text as MixedText | undefined };
  const run = {
    ...settings,
    context: cols,
    steps: await stepsOf(packed, { options, config, paths, init: start.folder }),
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
        snapshotEvery: options.checkpointEvery,
        validateEvery: options.checkpointEvery,
        validation,
        stop,
      },
      checkpoint: stages.checkpoint,
      report: {
        ...stages.report,
        meters: allMeters,
        constants: { flopsPerToken: trainingFlopsPerToken(config, { cols }) },
        onStep: watch.see,
      },
    });
  } finally {
    // A failed stage ends training; training up to that point is saved.
    if (!trainer.spheres.failed) await trainer.save();
  }
  status.phase(stop.aborted ? "stopped" : "done");
  if (!stop.aborted) status.note(describeEnd(trainer.state));
  return await trainer.save();
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
  { options: { settings, spheres, json }, config, paths, init }: {
    options: TuneOptions;
    config: ModelConfig;
    paths: RunPaths;
    init: string;
  },
): Promise<number> {
  const { steps, epochs, hours, tokens, lora, frozen, leaves } = settings;
  if (!isDialled(settings)) return steps ?? countExampleBatches(packed, epochs);
  // The first checkpoint has the choice.
  if (await latestCheckpoint(paths.checkpoints) !== undefined) return 0;
  const { cols, text } = packed;
  const stepsPerPass = countExampleBatches(packed, 1);
  const ownRows = countExampleBatches({ units: packed.units, seed: packed.seed, cols, rows: 1 }, 1);
  return await turnTuneDial({
    ...{ init, config, cols, leaves, hours, tokens, stepsPerPass, ...spheres },
    // Few conversations do not fill the rows of a step.
    rows: Math.ceil(ownRows / stepsPerPass) + (text?.rows ?? 0),
    ...lora && { lora },
    ...frozen && { frozenType: frozen },
    optimizer: optimizerOf(settings),
    conversations: packed.units.length,
    note: json ? tell : say,
  });
}

/** T unless `--context` says otherwise: as long as most conversations are. */
const DEFAULT_CONTEXT = 512;

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

function describePlan(
  { train, heldOut }: TuneExamples,
  { steps, rows, cols, memory }: { steps: number; rows: number; cols: number; memory: number },
): string {
  const learned = train.flat().reduce((sum, { mask }) => sum + mask.filter(Boolean).length, 0);
  const total = train.flat().reduce((sum, { ids }) => sum + ids.length, 0);
  const what = train[0]?.length === 2 ? "preferences" : "conversations";
  return `${train.length} ${what} to learn, ${heldOut.length} held out; ${learned} of ` +
    `${total} tokens are answers; ${steps} steps of up to ${rows} rows of ${cols} tokens, in ${
      Math.ceil(memory / 2 ** 20)
    } MiB`;
}

/** What the held-out conversations say of how long was trained. */
function describeEnd({ validation: { best }, report }: TrainingState): string {
  const last = report?.validationLoss;
  if (best === null || last === undefined || Number.isNaN(last)) {
    return "No conversation is held out: with ten or more, every tenth would tell how it went.";
  }
  const figures = `${best.loss.toFixed(3)} at step ${best.step}`;
  return last > best.loss * WORSE
    ? `Verdict: too long. On held-out conversations the loss was ${figures} and rose to ` +
      `${last.toFixed(3)}: the model learns these by heart. The best checkpoint is used; fewer ` +
      "--epochs or more conversations would do better."
    : `Verdict: not too long. On held-out conversations the loss is ${figures}, its lowest.`;
}

/** A loss that is higher by this factor has risen. */
const WORSE = 1.02;

/** What the conversations are as tokens, by which a resumed run knows that they are the same. */
function digestExamples({ train, heldOut }: TuneExamples): string {
  const hash = createHash("sha256");
  for (const unit of [...train, ...heldOut]) {
    for (const { ids, mask } of unit) hash.update(ids).update(mask);
  }
  return hash.digest("hex");
}
