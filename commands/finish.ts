/**
 * The end of a run: export, a sample, and the command that serves it.
 *
 * @module
 */
import { join } from "node:path";
import { checkOnnx } from "../model/onnx/mod.ts";
import { validate } from "../stages/train/mod.ts";
import type { StepReport } from "../stages/types.ts";
import { generate, Scheduler } from "../serve/mod.ts";
import { ONNX_FILE, writeFolder } from "./export_run.ts";
import { openModel } from "./model_source.ts";
import type { RunPaths, RunSettings } from "./run_folder.ts";
import { quoted } from "./stopped.ts";
import type { Trainer } from "./trainer.ts";
import type { ValidationSet } from "./validation_set.ts";

/** Tokens that the sample adds. */
const SAMPLE_TOKENS = 80;

/** What {@linkcode finish} reports on. */
export interface FinishOptions {
  readonly paths: RunPaths;
  readonly settings: RunSettings;
  readonly trainer: Trainer;
  /** Last report of this sitting; none when there was nothing left to train. */
  readonly last: StepReport | undefined;
  readonly validation: ValidationSet;
  /** Beginnings of documents; the sample goes on from the first. */
  readonly prompts: readonly string[];
  readonly stop: AbortSignal;
  readonly json: boolean;
}

/**
 * Exports the newest checkpoint and tells what came of the run.
 *
 * @returns text for a person, or one JSON object in a line
 * @throws the reason of `stop`, as soon as the step under way is done
 */
export async function finish(options: FinishOptions): Promise<string> {
  const { paths, trainer, last, validation, stop, json } = options;
  const checkpoint = await trainer.save();
  if (checkpoint === undefined) throw new Error("Cannot export: nothing has been trained yet");
  const { step, totalTokens } = trainer.state;
  // Running the file is left to `export`: onnxruntime is larger than all that a run needs.
  const { path } = await writeFolder({ from: checkpoint, to: paths.export });
  checkOnnx(await Deno.readFile(path), { source: path });
  stop.throwIfAborted();
  const loss = last?.validationLoss ?? await validate(trainer.spheres, validation.batches());
  const validationLoss = Number.isNaN(loss) ? null : loss;
  const sample = await continueHeldOut(options);
  if (json) {
    return JSON.stringify({
      summary: { step, totalTokens, validationLoss, checkpoint, ...sample },
    });
  }
  return [
    "",
    `Trained ${step} steps on ${totalTokens.toLocaleString("en")} tokens.`,
    validationLoss === null
      ? "No validation: the corpus has no held-out document (about a tenth are)."
      : `Validation loss ${validationLoss.toFixed(3)} nats a token on held-out documents ` +
        `(perplexity ${Math.exp(validationLoss).toFixed(1)}).`,
    "",
    `Sample: ${oneLine(`${sample.prompt} ▸${sample.continuation}`)}`,
    "",
    `Checkpoint  ${checkpoint}`,
    `ONNX model  ${join(paths.export, ONNX_FILE)}`,
    `Report      ${paths.report}`,
    `Continue it deno task generate ${quoted(paths.root)} --prompt ${quoted(sample.prompt)}`,
    `Serve it    deno task serve ${quoted(paths.root)}`,
  ].join("\n");
}

/** A beginner's model breaks lines anywhere. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** Lets the trained model continue the first of the run's prompts. */
async function continueHeldOut(
  { paths, settings, prompts, stop }: FinishOptions,
): Promise<{ prompt: string; continuation: string }> {
  const [prompt = ""] = prompts;
  const { engine, codec, sampling } = await openModel({ run: paths.root, engine: "wasm" });
  await using _engine = engine;
  let continuation = "";
  const pieces = generate({
    scheduler: new Scheduler(engine),
    codec,
    promptIds: codec.encode(prompt),
    maxTokens: SAMPLE_TOKENS,
    ...sampling,
    seed: settings.seed,
    signal: stop,
  });
  for await (const { text } of pieces) continuation += text;
  return { prompt, continuation };
}
