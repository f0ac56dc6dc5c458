/**
 * The end of a run: export, a sample, and the command that serves it.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { exists } from "../../model/durable.ts";
import { checkOnnx } from "../../model/onnx/mod.ts";
import { isOutOfPatience, learningRateAt, validate } from "../../stages/train/mod.ts";
import { Scheduler } from "../../engine/mod.ts";
import { chooseCheckpoint } from "../../run/choose_checkpoint.ts";
import { continueWhole } from "../../run/continue_text.ts";
import { readCurve } from "../../run/curve.ts";
import { writeFolder } from "../../run/export/folder.ts";
import { openModel } from "../../run/model_source.ts";
import { patienceOf } from "../../run/patience.ts";
import { passesMade } from "../../run/passes_made.ts";
import { mostSteps, type Plan } from "../plan.ts";
import { ONNX_FILE, type RunPaths, type RunSettings } from "../../run/folder.ts";
import { quoted } from "../../run/stopped.ts";
import type { Store } from "../../stages/store/mod.ts";
import type { Trainer } from "../trainer.ts";
import { scheduleOf } from "../../run/settings/training.ts";
import type { ValidationSet } from "../../evaluation/validation_set.ts";
import { describeVerdict, judge, type Verdict } from "./verdict.ts";

/** Tokens that the sample adds. */
const SAMPLE_TOKENS = 80;

/** Options of {@linkcode finish}. */
export interface FinishOptions {
  readonly paths: RunPaths;
  readonly settings: RunSettings;
  readonly trainer: Trainer;
  readonly plan: Plan;
  readonly store: Store;
  readonly validation: ValidationSet;
  /** Beginnings of documents; the sample continues the first. */
  readonly prompts: readonly string[];
  readonly stop: AbortSignal;
  readonly json: boolean;
}

/** Outcome of a run. */
export interface Outcome {
  /** As text, or as one JSON object on one line. */
  readonly text: string;
  readonly verdict: Verdict;
}

/**
 * Exports the best checkpoint and summarises the run.
 *
 * @throws the reason of `stop`, as soon as the current part is done
 */
export async function finish(options: FinishOptions): Promise<Outcome> {
  const { paths, settings, trainer, stop, json } = options;
  const checkpoint = await trainer.save();
  const used = await chooseCheckpoint(paths.checkpoints);
  if (checkpoint === undefined || used === undefined) {
    throw new Error("Cannot export: nothing has been trained yet");
  }
  // Only `export` runs the file: onnxruntime is larger than everything else a run needs.
  const { path } = await writeFolder({ from: used.folder, to: paths.export });
  checkOnnx(await Deno.readFile(path), { source: path });
  stop.throwIfAborted();
  const verdict = await judgeRun(options);
  const sample = await continueHeldOut(options);
  const { step, totalTokens, validation } = trainer.state;
  const early = isOutOfPatience(validation, patienceOf(settings));
  if (json) {
    const validationLoss = verdict.last?.loss ?? null;
    const text = JSON.stringify({
      summary: {
        step,
        totalTokens,
        validationLoss,
        checkpoint,
        used: used.folder,
        stoppedEarly: early,
        verdict,
        ...sample,
      },
    });
    return { text, verdict };
  }
  const text = [
    "",
    describeTraining({
      step,
      totalTokens,
      planned: settings.steps,
      misses: validation.misses,
      early,
    }),
    describeValidation(verdict),
    ...describeVerdict(verdict),
    "",
    `Sample: ${oneLine(`${sample.prompt} ▸${sample.continuation}`)}`,
    "",
    `Checkpoint  ${used.folder}`,
    ...used.folder === checkpoint ? [] : [`Latest      ${checkpoint}`],
    `ONNX model  ${join(paths.export, ONNX_FILE)}`,
    `Report      ${paths.report}`,
    `Continue it deno task generate ${quoted(paths.root)} --prompt ${quoted(sample.prompt)}`,
    `Serve it    deno task serve ${quoted(paths.root)}`,
  ].join("\n");
  return { text, verdict };
}

/** Judges the run by all its sessions. */
async function judgeRun(
  { paths, settings, trainer, plan, store, validation }: FinishOptions,
): Promise<Verdict> {
  const { step } = trainer.state;
  const curve = await readCurve(join(paths.root, "metrics.jsonl"));
  // The run may have crashed between its last checkpoint and that step's line of metrics.
  if (curve.points.at(-1)?.step !== step) {
    curve.addValidation(step, await validate(trainer.spheres, validation.batches()));
  }
  let heldOutTokens = 0;
  for await (const { validTokens } of validation.batches()) heldOutTokens += validTokens;
  return judge({
    points: curve.points,
    heldOutTokens,
    step,
    root: paths.root,
    settings,
    passes: (await passesMade(trainer.state, store)).passes,
    mostSteps: mostSteps(plan),
    cutAt: cutAt(trainer.state, settings),
    next: await freeFolder(dirname(paths.root)),
  });
}

/** Final learning rate of a run that patience ended, as a share of its peak. */
function cutAt(
  { step, seconds, validation }: Trainer["state"],
  settings: RunSettings,
): number | undefined {
  const schedule = scheduleOf(settings);
  // A constant schedule is not cut short.
  if (schedule.name === "constant" || !isOutOfPatience(validation, patienceOf(settings))) {
    return undefined;
  }
  const progress = settings.steps > 0 ? step / settings.steps : seconds / settings.seconds;
  return progress >= 1 ? undefined : learningRateAt(progress, schedule) / schedule.peak;
}

/** A folder in `parent` for the next run that does not exist yet. */
async function freeFolder(parent: string): Promise<string> {
  for (let i = 1;; i++) {
    const path = join(parent, i === 1 ? "next" : `next-${i}`);
    if (!await exists(path)) return path;
  }
}

function describeTraining(
  { step, totalTokens, planned, misses, early }: {
    step: number;
    totalTokens: number;
    planned: number;
    misses: number;
    early: boolean;
  },
): string {
  const tokens = `${totalTokens.toLocaleString("en")} tokens`;
  if (!early) return `Trained ${step} steps on ${tokens}.`;
  const of = planned > 0 ? ` of ${planned}` : "";
  return `Trained ${step}${of} steps on ${tokens}: stopped early, as ${misses} validations ` +
    `brought no lower loss (--patience 0 never stops).`;
}

function describeValidation({ best, last }: Verdict): string {
  if (best === null || last === null) {
    return "No validation: the corpus has no held-out document (about a tenth are).";
  }
  const end = best.step === last.step
    ? ""
    : `, at step ${best.step}; ${last.loss.toFixed(3)} at the end`;
  return `Validation loss ${best.loss.toFixed(3)} nats per token on held-out documents ` +
    `(perplexity ${Math.exp(best.loss).toFixed(1)})${end}.`;
}

/** Joins lines, because a small model breaks them anywhere. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** Continues the first of the run's prompts with the trained model. */
async function continueHeldOut(
  { paths, settings, prompts, stop }: FinishOptions,
): Promise<{ prompt: string; continuation: string }> {
  const [prompt = ""] = prompts;
  const { engine, codec, stopIds, sampling } = await openModel({ run: paths.root, engine: "wasm" });
  await using _engine = engine;
  const continuation = await continueWhole(prompt, {
    writer: { scheduler: new Scheduler(engine), codec, stopIds },
    maxTokens: SAMPLE_TOKENS,
    ...sampling,
    seed: settings.seed,
    signal: stop,
  });
  return { prompt, continuation };
}
