/**
 * Evaluates a model: its loss on the held-out documents of a run, in total and by source, and its
 * continuations of a few prompts.
 *
 * @module
 */
import { Scheduler } from "../engine/mod.ts";
import { continueWhole } from "../run/continue_text.ts";
import { type ScoreOptions, type Scores, scoreTexts } from "./score_texts.ts";
import type { Evaluable } from "./evaluable.ts";

/** Tokens per continuation. */
const SAMPLE_TOKENS = 24;

/** Results for one model. */
export interface Evaluation extends Scores {
  readonly samples: readonly { readonly prompt: string; readonly continuation: string }[];
}

/** Generation options of {@linkcode evaluateModel}. */
export interface EvaluationOptions extends ScoreOptions {
  /** Texts to continue greedily; without any, one text is generated from scratch. */
  readonly prompts: readonly string[];
  /** Stop ids besides the tokenizer's end-of-text id. */
  readonly stopIds: ReadonlySet<number>;
}

/** Scores a model and generates its samples. */
export async function evaluateModel(
  scored: Pick<Evaluable, "evaluate" | "engine">,
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
