/**
 * The end of a run: export, a sample, and the command that serves it.
 *
 * @module
 */
import { join } from "node:path";
import type { Journal } from "../stages/journal/mod.ts";
import type { StepReport } from "../stages/types.ts";
import type { Tokenizer } from "../stages/tokenize/mod.ts";
import { generate, Scheduler } from "../serve/mod.ts";
import { exportFolder, ONNX_FILE } from "./export_run.ts";
import { heldOutBatches } from "./held_out.ts";
import { openModel } from "./model_source.ts";
import type { RunPaths, RunSettings } from "./run_folder.ts";
import { SAMPLING_FLAGS } from "./sampling_flags.ts";
import type { Trainer } from "./trainer.ts";

/** Tokens of a held-out document that the sample goes on from, and tokens it adds. */
const PROMPT_TOKENS = 16, SAMPLE_TOKENS = 80;

/** What {@linkcode finish} reports on. */
export interface FinishOptions {
  readonly paths: RunPaths;
  readonly settings: RunSettings;
  readonly trainer: Trainer;
  /** Last report of this sitting; none when there was nothing left to train. */
  readonly last: StepReport | undefined;
  readonly journal: Journal;
  readonly tokenizer: Tokenizer;
  readonly stopped: boolean;
  readonly json: boolean;
}

/** Exports the newest checkpoint and prints what came of the run. */
export async function finish(options: FinishOptions): Promise<void> {
  const { paths, trainer, last, stopped, json } = options;
  const checkpoint = await trainer.save();
  const { step, totalTokens } = trainer.state;
  const again = `deno task pipeline --run ${paths.root}`;
  if (stopped || checkpoint === undefined) {
    const kept = checkpoint === undefined ? "nothing trained yet" : `saved ${checkpoint}`;
    if (!json) console.log(`Stopped at step ${step}, ${kept}. Go on with: ${again}`);
    return;
  }
  await exportFolder({ from: checkpoint, to: paths.export });
  const sample = await continueHeldOut(options);
  const serve = `deno task serve --run ${paths.root}`;
  if (json) {
    const validationLoss = last?.validationLoss ?? null;
    console.log(
      JSON.stringify({ summary: { step, totalTokens, validationLoss, checkpoint, ...sample } }),
    );
    return;
  }
  const validation = last?.validationLoss;
  console.log(
    [
      "",
      `Trained ${step} steps on ${totalTokens.toLocaleString("en")} tokens.`,
      ...(validation === undefined || Number.isNaN(validation) ? [] : [
        `Validation loss ${validation.toFixed(3)} nats a token on held-out documents ` +
        `(perplexity ${Math.exp(validation).toFixed(1)}).`,
      ]),
      "",
      `Sample: ${sample.prompt} ▸${sample.continuation}`,
      "",
      `Checkpoint  ${checkpoint}`,
      `ONNX model  ${join(paths.export, ONNX_FILE)}`,
      `Serve it    ${serve}`,
    ].join("\n"),
  );
}

/** Lets the exported model continue the beginning of a held-out document. */
async function continueHeldOut(
  { paths, settings, journal, tokenizer }: FinishOptions,
): Promise<{ prompt: string; continuation: string }> {
  const promptIds: number[] = [];
  for await (const batch of heldOutBatches({ journal, tokenizer, rows: 1, cols: PROMPT_TOKENS })) {
    promptIds.push(...batch.inputIds.filter((_, i) => batch.mask[i] === 1));
    break;
  }
  const { engine, codec } = await openModel({ run: paths.root, model: undefined }, { threads: 1 });
  await using _engine = engine;
  let continuation = "";
  const pieces = generate({
    scheduler: new Scheduler(engine),
    codec,
    promptIds,
    maxTokens: SAMPLE_TOKENS,
    temperature: SAMPLING_FLAGS.temperature.defaultValue,
    topK: SAMPLING_FLAGS["top-k"].defaultValue,
    topP: SAMPLING_FLAGS["top-p"].defaultValue,
    seed: settings.seed,
  });
  for await (const { text } of pieces) continuation += text;
  return { prompt: tokenizer.decode(promptIds), continuation };
}
