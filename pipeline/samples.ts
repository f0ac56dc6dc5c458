/**
 * samples.jsonl: how the model of each checkpoint continues the same few texts, by the same seed.
 *
 * @module
 */
import { basename, join } from "node:path";
import { appendWhole, readIfThere } from "../model/durable.ts";
import { Scheduler } from "../engine/mod.ts";
import { continueWhole } from "../run/continue_text.ts";
import { openModel } from "../run/model_source.ts";

const SAMPLE_TOKENS = 40;

/** Writes samples beside training, one checkpoint at a time; skips those that come meanwhile. */
export interface SampleWriter {
  /** Samples the checkpoint in folder `path`, unless its step has a sample or one is being taken. */
  take(checkpoint: { readonly step: number; readonly path: string }): void;
  /** Resolves when no sample is being taken. */
  idle(): Promise<void>;
}

/** What {@linkcode openSampleWriter} needs. */
export interface SampleWriterOptions {
  /** Where samples.jsonl is. */
  readonly runDir: string;
  readonly seed: number;
  /** Texts to continue; without any, one text is generated from scratch. */
  readonly prompts: readonly string[];
  /** Reports a failure, in one line; the run goes on. */
  readonly note: (line: string) => void;
}

/** Opens samples.jsonl of a run. */
export function openSampleWriter(
  { runDir, seed, prompts, note }: SampleWriterOptions,
): SampleWriter {
  const path = join(runDir, "samples.jsonl");
  let isBusy = false;
  let current: Promise<void> = Promise.resolve();
  const sample = async (step: number, checkpoint: string) => {
    const lines = (await readIfThere(path) ?? "").split("\n").filter(Boolean);
    if (lines.some((line, at) => stepOf(line, `${path}, line ${at + 1}`) === step)) return;
    const samples = await continueTexts(checkpoint, {
      seed,
      prompts: prompts.length > 0 ? prompts : [""],
    });
    const line = new TextEncoder().encode(JSON.stringify({ step, samples }) + "\n");
    await appendWhole(path, line, { sync: true });
  };
  return {
    take({ step, path: checkpoint }) {
      if (isBusy) return;
      isBusy = true;
      current = sample(step, checkpoint)
        .catch((error: unknown) => note(`no sample of ${basename(checkpoint)}: ${error}`))
        .finally(() => isBusy = false);
    },
    idle: () => current,
  };
}

function stepOf(line: string, place: string): unknown {
  try {
    return JSON.parse(line).step;
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${place}: it is not JSON; move the file away`, { cause });
  }
}

async function continueTexts(
  checkpoint: string,
  { seed, prompts }: { seed: number; prompts: readonly string[] },
): Promise<{ prompt: string; continuation: string }[]> {
  // One thread, because training uses the others.
  const { engine, codec, stopIds, sampling } = await openModel({
    run: "",
    model: checkpoint,
    threads: 1,
  });
  await using _engine = engine;
  const writer = { scheduler: new Scheduler(engine), codec, stopIds };
  const samples: { prompt: string; continuation: string }[] = [];
  for (const prompt of prompts) {
    const continuation = await continueWhole(prompt, {
      writer,
      maxTokens: SAMPLE_TOKENS,
      ...sampling,
      seed,
    });
    samples.push({ prompt, continuation });
  }
  return samples;
}
