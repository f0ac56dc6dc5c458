/**
 * How well a model predicts the held-out documents of a run, altogether and source by source, and
 * how it continues a few texts.
 *
 * @module
 */
import { Scheduler } from "../engine/mod.ts";
import { continueWhole } from "../run/continue_text.ts";
import { type ScoreOptions, type Scores, scoreTexts } from "./score_texts.ts";
import type { Scored } from "./scored.ts";

/** Tokens of a continuation. */
const SAMPLE_TOKENS = 24;

/** All that is said of one model. */
export interface Evaluation extends Scores {
  readonly samples: readonly { readonly prompt: string; readonly continuation: string }[];
}

/** How {@linkcode evaluateModel} lets a model write. */
export interface EvaluationOptions extends ScoreOptions {
  /** Texts to continue, the likeliest token each time; without any, a new one is begun. */
  readonly prompts: readonly string[];
  /** Ids that end what the model writes beside the tokenizer's own end. */
  readonly stopIds: ReadonlySet<number>;
}

/** Scores a model and lets it write. */
export async function evaluateModel(
  scored: Pick<Scored, "evaluate" | "engine">,
  { prompts, stopIds, ...options }: EvaluationOptions,
): Promise<Evaluation> {
  const scores = await scoreTexts(scored, options);
  const writer = { scheduler: new Scheduler(scored.engine), codec: options.tokenizer, stopIds };
  const samples: Evaluation["samples"][number][] = [];
  for (const prompt of prompts.length > 0 ? prompts : [""]) {
    const continuation = await continueWhole(prompt, {
      writer,
      maxTokens: SAMPLE_TOKENS,
      temperature: 0,
      seed: 0,
    });
    samples.push({ prompt, continuation });
  }
  return { ...scores, samples };
}
