/**
 * Validates a run that starts from another model before its first step, as the baseline of training,
 * and warns when the validation loss rises above it.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { readIfThere, replaceFile } from "../model/durable.ts";
import { validate } from "../stages/train/mod.ts";
import type { Batch, StepReport } from "../stages/types.ts";
import type { RunSettings } from "../run/folder.ts";
import type { Trainer } from "./trainer.ts";

const schema = z.object({ validationLoss: z.number() });

/** Options of {@linkcode watchStart}. */
export interface StartOptions {
  readonly settings: Pick<RunSettings, "init" | "learningRate">;
  readonly trainer: Pick<Trainer, "spheres" | "state">;
  /** Held-out batches. */
  readonly validation: () => AsyncIterable<Batch>;
  /** Prints a line beside the run's status. */
  readonly note: (line: string) => void;
}

/** Compares a run with its initial weights; does nothing for seeded weights. */
export interface StartWatch {
  /**
   * Validates the initial weights, prints the loss and stores it in start.json for resumed runs. Does
   * nothing without held-out documents.
   */
  begin(): Promise<void>;
  /** Warns at the first of several consecutive validations above the baseline. */
  see(report: Pick<StepReport, "validationLoss">): void;
}

/** Watches the run in `runDir`. */
export function watchStart(runDir: string, options: StartOptions): StartWatch {
  const { settings: { init, learningRate }, note } = options;
  let start: number | undefined;
  let wasAbove = false;
  return {
    async begin() {
      if (init !== "") start = await startingLoss(runDir, options);
    },
    see({ validationLoss: now }) {
      if (start === undefined || now === undefined || Number.isNaN(now)) return;
      if (now > start && !wasAbove) note(describeRise({ now, start, learningRate }));
      wasAbove = now > start;
    },
  };
}

/** Nats per token on the held-out documents before the first step, where measured. */
async function readStartingLoss(runDir: string): Promise<number | undefined> {
  const path = join(runDir, "start.json");
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${path}: it is not JSON; remove it`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data.validationLoss;
  throw new SyntaxError(`Cannot read ${path}: it has no validationLoss; remove it`);
}

async function startingLoss(
  runDir: string,
  { trainer: { spheres, state }, validation, note }: StartOptions,
): Promise<number | undefined> {
  if (state.step > 0) return await readStartingLoss(runDir);
  const validationLoss = await validate(spheres, validation());
  if (Number.isNaN(validationLoss)) return undefined;
  await replaceFile(join(runDir, "start.json"), JSON.stringify({ validationLoss }) + "\n");
  const perplexity = Math.exp(validationLoss).toPrecision(4);
  note(`validation ${validationLoss.toFixed(4)} before the first step  perplexity ${perplexity}`);
  return validationLoss;
}

function describeRise(
  { now, start, learningRate }: { now: number; start: number; learningRate: number },
): string {
  return `validation ${now.toFixed(4)} is above the ${start.toFixed(4)} that it started from: ` +
    `the model is getting worse on held-out documents. If it stays above, begin another run ` +
    `with a lower --learning-rate than ${learningRate}, fewer --steps, or more documents`;
}
