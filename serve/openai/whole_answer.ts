/**
 * Answers that are given whole: their choices put together, ranked and counted.
 *
 * @module
 */
import type { ChoicePiece, FinishReason, PlacedToken, PromptToken } from "../../engine/mod.ts";
import { jsonEntries } from "../json_stream.ts";

/** Tokens read and written. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** The fields that every chunk has in common. */
export interface Head {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
}

/** All choices, and what the answer says beside them. */
export async function whole(
  pieces: AsyncIterable<ChoicePiece>,
  { head, prompts, promptTokens, n, bestOf }: {
    head: Head;
    prompts: number;
    promptTokens: number;
    n: number;
    bestOf: number;
  },
) {
  const made = Array.from({ length: prompts * bestOf }, () => ({
    text: "",
    scored: new Array<PlacedToken>(),
    prompt: undefined as readonly PromptToken[] | undefined,
    tokens: 0,
    finishReason: "length" as FinishReason,
  }));
  let fingerprint: string | undefined;
  for await (const piece of pieces) {
    const choice = made[piece.choice];
    if (!choice) throw new Error(`Cannot answer: there is no choice ${piece.choice}`);
    choice.text += piece.text;
    choice.scored.push(...piece.scored);
    choice.tokens = piece.tokens;
    choice.prompt ??= piece.prompt;
    choice.finishReason = piece.finishReason ?? choice.finishReason;
    ({ fingerprint } = piece);
  }
  const tokens = made.reduce((sum, choice) => sum + choice.tokens, 0);
  const given = bestOf === n ? made : Array.from(
    { length: prompts },
    (_, i) => likeliestFirst(made.slice(i * bestOf, (i + 1) * bestOf)).slice(0, n),
  ).flat();
  return {
    fields: { ...head, system_fingerprint: fingerprint, usage: usage(promptTokens, tokens) },
    choices: given.map(({ prompt, ...choice }) => ({ ...choice, ...(prompt && { prompt }) })),
  };
}

/** An answer's JSON, choice by choice. */
export function* wholeJson(fields: object, choices: Iterable<unknown>): Generator<string> {
  yield `${JSON.stringify(fields).slice(0, -1)},"choices":[`;
  yield* jsonEntries(choices, JSON.stringify);
  yield "]}";
}

/** By mean log-probability of a token, as OpenAI ranks `best_of`. */
function likeliestFirst<Choice extends { scored: readonly PlacedToken[] }>(
  choices: readonly Choice[],
): Choice[] {
  const mean = ({ scored }: Choice) =>
    scored.length === 0 ? 0 : scored.reduce((sum, { logprob }) => sum + logprob, 0) / scored.length;
  return choices.toSorted((a, b) => mean(b) - mean(a));
}

/** What an answer has read and written. */
export function usage(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
