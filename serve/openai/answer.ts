/**
 * Puts an answer together, whole or as a stream of events, in whichever form the endpoint has.
 *
 * @module
 */
import { ApiError, errorBody } from "../api_error.ts";
import type { ChoicePiece, FinishReason, PlacedToken, PromptToken } from "../../engine/mod.ts";
import { eventResponse } from "../event_stream.ts";
import { jsonEntries, jsonStream } from "../json_stream.ts";
import { type AnswerContext, type AnswerTask, begin, begun, randomId } from "./generation.ts";
import type { FieldNames } from "./answer_checks.ts";

export type { AnswerContext, AnswerTask } from "./generation.ts";

/** Scored tokens that take some time to write down. */
const LONG_SCORES = 256;

/** A finished choice. */
export interface WholeChoice {
  readonly index: number;
  readonly text: string;
  readonly scored: readonly PlacedToken[];
  /** The prompt's own tokens, where they were to be scored. */
  readonly prompt?: readonly PromptToken[];
  readonly finishReason: FinishReason;
}

/** How an endpoint's answers look. */
export interface AnswerForm {
  /** Begins the answer's id. */
  readonly idPrefix: string;
  /** The `object` of a whole answer. */
  readonly object: string;
  /** The `object` of a chunk. */
  readonly chunkObject: string;
  /** An entry of `choices` in a whole answer. */
  whole(choice: WholeChoice): unknown;
  /** The entry of `choices` that precedes a choice's text in a stream, if there is one. */
  opening?(index: number): unknown;
  /** The entries of `choices` for a piece, one a chunk. */
  chunks(piece: ChoicePiece): unknown[];
}

/** Tokens read and written. */
interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
}

/** The fields that every chunk has in common. */
interface Head {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
}

/**
 * Answers `task`. Returns once the first text is there, so that refusals have their status.
 *
 * @throws {ApiError} 400 for a prompt that does not fit the model, 404 for another model, 429 when
 * the queue is full, 503 when the server is about to stop, 504 when it took too long
 */
export async function answer(
  task: AnswerTask,
  { form, context, named }: { form: AnswerForm; context: AnswerContext; named: FieldNames },
): Promise<Response> {
  const { pieces, promptTokens, leave, hasLeft } = await begin(task, { context, named });
  const head = {
    id: `${form.idPrefix}${randomId()}`,
    object: task.stream ? form.chunkObject : form.object,
    created: Math.floor(Date.now() / 1000),
    model: task.model ?? context.modelName,
  };
  const { n, bestOf = n } = task;
  if (!task.stream) {
    const prompts = task.prompts.length;
    const { fields, choices } = await whole(pieces, { head, promptTokens, n, bestOf, prompts });
    const made = choices.values().map((choice, index) => form.whole({ ...choice, index }));
    const scores = choices.reduce((sum, { scored }) => sum + scored.length, 0);
    return scores > LONG_SCORES
      ? jsonStream(wholeJson(fields, made), context)
      : Response.json({ ...fields, choices: made.toArray() });
  }
  const events = chunks((await begun(pieces)).pieces, {
    form,
    head,
    promptTokens,
    n,
    includeUsage: task.includeUsage,
    onFailure: (error) => {
      // Once the client has left, its generation ends with the reason of that.
      if (!hasLeft() && !(error instanceof ApiError)) context.onFailure(error);
    },
  });
  return eventResponse(events, { stallMs: context.stallMs, onLeave: leave });
}

/** All choices, and what the answer says beside them. */
async function whole(
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
    reused: 0,
    finishReason: "length" as FinishReason,
  }));
  let fingerprint: string | undefined;
  for await (const piece of pieces) {
    const choice = made[piece.choice];
    if (!choice) throw new Error(`Cannot answer: there is no choice ${piece.choice}`);
    choice.text += piece.text;
    choice.scored.push(...piece.scored);
    choice.tokens = piece.tokens;
    choice.reused = piece.reused;
    choice.prompt ??= piece.prompt;
    choice.finishReason = piece.finishReason ?? choice.finishReason;
    ({ fingerprint } = piece);
  }
  const tokens = made.reduce((sum, choice) => sum + choice.tokens, 0);
  const cached = made.filter((_, index) => index % bestOf === 0)
    .reduce((sum, choice) => sum + choice.reused, 0);
  const given = bestOf === n ? made : Array.from(
    { length: prompts },
    (_, i) => likeliestFirst(made.slice(i * bestOf, (i + 1) * bestOf)).slice(0, n),
  ).flat();
  return {
    fields: {
      ...head,
      system_fingerprint: fingerprint,
      usage: usage({ prompt: promptTokens, cached, completion: tokens }),
    },
    choices: given.map(({ prompt, ...choice }) => ({ ...choice, ...(prompt && { prompt }) })),
  };
}

/** An answer's JSON, choice by choice. */
function* wholeJson(fields: object, choices: Iterable<unknown>): Generator<string> {
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

/** JSON for each event, `[DONE]` last. A failure midway is an event too: the status is long sent. */
async function* chunks(
  pieces: AsyncIterable<ChoicePiece>,
  { form, head, promptTokens, n, includeUsage, onFailure }: {
    form: AnswerForm;
    head: Head;
    promptTokens: number;
    n: number;
    includeUsage: boolean;
    onFailure: (error: unknown) => void;
  },
): AsyncGenerator<string, void> {
  /** The last piece of each choice so far. */
  const last = new Map<number, ChoicePiece>();
  let fingerprint: string | undefined;
  const event = (choices: unknown[], total: Usage | null) =>
    JSON.stringify({
      ...head,
      system_fingerprint: fingerprint,
      choices,
      ...(includeUsage && { usage: total }),
    });
  try {
    for await (const piece of pieces) {
      ({ fingerprint } = piece);
      if (form.opening && !last.has(piece.choice)) yield event([form.opening(piece.choice)], null);
      for (const entry of form.chunks(piece)) yield event([entry], null);
      last.set(piece.choice, piece);
    }
  } catch (error) {
    onFailure(error);
    yield JSON.stringify(errorBody(error));
    return;
  }
  if (includeUsage) {
    const made = [...last.values()];
    const cached = made.filter(({ choice }) => choice % n === 0)
      .reduce((sum, { reused }) => sum + reused, 0);
    const completion = made.reduce((sum, { tokens }) => sum + tokens, 0);
    yield event([], usage({ prompt: promptTokens, cached, completion }));
  }
  yield "[DONE]";
}

function usage(
  { prompt, cached, completion }: { prompt: number; cached: number; completion: number },
): Usage {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  };
}
