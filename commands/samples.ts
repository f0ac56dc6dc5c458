/**
 * samples.jsonl: how the model of each checkpoint continues the same few texts, by the same seed.
 *
 * @module
 */
import { basename, join } from "node:path";
import { Scheduler } from "../serve/mod.ts";
import { generate } from "../serve/mod.ts";
import { readIfThere } from "../stages/durable.ts";
import { openModel } from "./model_source.ts";

/** Beginnings that any corpus may go on from. */
const PROMPTS = ["The", "In the year"] as const;
const SAMPLE_TOKENS = 40;
const SAMPLING = { temperature: 0.8, topK: 40, topP: 1 };

/** Takes samples beside training; one at a time, and none while one is under way. */
export interface Sampler {
  /** Samples the checkpoint in folder `path`, unless there is a sample of its step or no time. */
  take(checkpoint: { readonly step: number; readonly path: string }): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** Samples go to samples.jsonl in `runDir`; what fails is told to `note` and ends nothing. */
export function openSampler(
  { runDir, seed, note }: { runDir: string; seed: number; note: (line: string) => void },
): Sampler {
  const path = join(runDir, "samples.jsonl");
  let isBusy = false;
  let current: Promise<void> = Promise.resolve();
  const sample = async (step: number, checkpoint: string) => {
    const lines = (await readIfThere(path) ?? "").split("\n").filter(Boolean);
    if (lines.some((line) => JSON.parse(line).step === step)) return;
    const samples = await continueTexts(checkpoint, seed);
    await Deno.writeTextFile(path, JSON.stringify({ step, samples }) + "\n", { append: true });
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

async function continueTexts(
  checkpoint: string,
  seed: number,
): Promise<{ prompt: string; continuation: string }[]> {
  // One thread: training has the others.
  const { engine, codec } = await openModel({ run: "", model: checkpoint, threads: 1 });
  await using _engine = engine;
  const scheduler = new Scheduler(engine);
  const samples: { prompt: string; continuation: string }[] = [];
  for (const prompt of PROMPTS) {
    let continuation = "";
    const promptIds = codec.encode(prompt);
    const pieces = generate({
      ...{ scheduler, codec, promptIds, maxTokens: SAMPLE_TOKENS, ...SAMPLING, seed },
    });
    for await (const { text } of pieces) continuation += text;
    samples.push({ prompt, continuation });
  }
  return samples;
}
