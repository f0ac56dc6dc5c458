/**
 * How well a model predicts the held-out documents of a run, altogether and source by source, and
 * how it continues a few texts.
 *
 * @module
 */
import { type Engine, generate, Scheduler } from "../serve/mod.ts";
import type { Tokenizer } from "../stages/tokenize/mod.ts";
import { type ScoreOptions, type Scores, scoreTexts } from "./score_texts.ts";
import type { Scored } from "./scored.ts";

/** Beginnings that any corpus may go on from; the likeliest continuation of each is told. */
const PROMPTS = ["The", "It is", "In the year"] as const;
/** Tokens of a continuation. */
const SAMPLE_TOKENS = 24;

/** All that is said of one model. */
export interface Evaluation extends Scores {
  readonly samples: readonly { readonly prompt: string; readonly continuation: string }[];
}

/** Scores a model and lets it write. */
export async function evaluateModel(
  scored: Pick<Scored, "evaluate" | "engine">,
  options: ScoreOptions,
): Promise<Evaluation> {
  const scores = await scoreTexts(scored, options);
  return { ...scores, samples: await continuePrompts(scored.engine, options.tokenizer) };
}

/** The likeliest continuation of each prompt. */
async function continuePrompts(
  engine: Engine,
  tokenizer: Tokenizer,
): Promise<Evaluation["samples"]> {
  const scheduler = new Scheduler(engine);
  const samples: Evaluation["samples"][number][] = [];
  for (const prompt of PROMPTS) {
    let continuation = "";
    const pieces = generate({
      ...{ scheduler, codec: tokenizer, promptIds: tokenizer.encode(prompt) },
      ...{ maxTokens: SAMPLE_TOKENS, temperature: 0, seed: 0 },
    });
    for await (const { text } of pieces) continuation += text;
    samples.push({ prompt, continuation });
  }
  return samples;
}
