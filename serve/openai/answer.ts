/**
 * Puts an answer together, whole or as a stream of events, in whichever form the endpoint has.
 *
 * @module
 */
import { checkBias, checkIds, grammarOf, unknownModel } from "./answer_checks.ts";
import { ApiError, errorBody } from "../api_error.ts";
import {
  type ChoicePiece,
  type FinishReason,
  generateChoices,
  type PlacedToken,
  type PromptToken,
  type Steps,
} from "../../engine/mod.ts";
import { eventStream } from "../event_stream.ts";
import { refusalOf } from "./refusals.ts";
import type { AnswerContext } from "./answer_context.ts";
import type { AnswerRequest } from "./sampling_fields.ts";

export type { AdapterModel, AnswerContext } from "./answer_context.ts";

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

/** What to answer. */
export interface AnswerTask extends AnswerRequest {
  /** Each is answered `n` times, the first one first. */
  readonly prompts: readonly ArrayLike<number>[];
  readonly maxTokens: number;
  /** Scores the tokens of the prompts as well. */
  readonly scoresPrompt?: boolean;
  /** Choices to make of each, of which the `n` likeliest are given; `n` unless stated. */
  readonly bestOf?: number;
}

/** Tokens read and written. */
interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
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
  { form, context, promptField }: {
    form: AnswerForm;
    context: AnswerContext;
    /** Named where the prompt does not fit. */
    promptField: string;
  },
): Promise<Response> {
  const { scheduler, codec, grammars, modelName, client, meter } = context;
  const { model = modelName } = task;
  const adapter = context.adapters?.get(model);
  if (model !== modelName && !adapter) throw unknownModel(model);
  const stopIds = adapter?.stopIds ?? context.stopIds;
  for (const promptIds of task.prompts) checkIds(promptIds, { scheduler, promptField });
  checkBias(task.logitBias, codec);
  const { turns } = context;
  const run = <T>(work: Steps<T>) => turns.run(work, { client, signal: context.signal });
  const grammar = await grammarOf(task.jsonSchema, { grammars, run });
  const { n, bestOf = n } = task;
  const left = new AbortController();
  const signal = AbortSignal.any([context.signal, left.signal]);
  const pieces = refusing(
    generateChoices({
      ...task,
      scheduler,
      codec,
      client,
      meter,
      signal,
      count: bestOf,
      ...(stopIds && { stopIds }),
      ...(adapter && { adapter: model }),
      ...(grammar && { constrain: () => grammar.constrain(run) }),
      // What is ranked must be scored.
      ...(bestOf > n && { topLogprobs: task.topLogprobs ?? 0 }),
    }),
    { ...context, promptField },
  );
  const head = {
    id: `${form.idPrefix}${crypto.randomUUID().replaceAll("-", "")}`,
    object: task.stream ? form.chunkObject : form.object,
    created: Math.floor(Date.now() / 1000),
    model,
  };
  const promptTokens = task.prompts.reduce((sum, { length }) => sum + length, 0);
  if (!task.stream) {
    return Response.json(
      await whole(pieces, { form, head, promptTokens, n, bestOf, prompts: task.prompts.length }),
    );
  }
  const { value: first } = await pieces.next();
  if (!first) throw new Error("Cannot answer: generation ended without a piece");
  const events = chunks(prepend(first, pieces), {
    form,
    head,
    promptTokens,
    includeUsage: task.includeUsage,
    onFailure: (error) => {
      // Once the client has left, its generation ends with the reason of that.
      if (!signal.aborted && !(error instanceof ApiError)) context.onFailure(error);
    },
  });
  const body = eventStream(events, {
    stallMs: context.stallMs,
    onLeave: (reason) => left.abort(reason),
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" },
  });
}

/** `pieces`, failing with what the client may be told. */
async function* refusing(
  pieces: AsyncIterable<ChoicePiece>,
  options: { retryAfterSeconds: number; promptField: string },
): AsyncGenerator<ChoicePiece, void> {
  try {
    yield* pieces;
  } catch (cause) {
    throw refusalOf(cause, options);
  }
}

async function* prepend(
  first: ChoicePiece,
  rest: AsyncIterable<ChoicePiece>,
): AsyncGenerator<ChoicePiece> {
  yield first;
  yield* rest;
}

async function whole(
  pieces: AsyncIterable<ChoicePiece>,
  { form, head, prompts, promptTokens, n, bestOf }: {
    form: AnswerForm;
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
    ...head,
    system_fingerprint: fingerprint,
    choices: given.map(({ prompt, ...choice }, index) =>
      form.whole({ ...choice, index, ...(prompt && { prompt }) })
    ),
    usage: usage(promptTokens, tokens),
  };
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
  { form, head, promptTokens, includeUsage, onFailure }: {
    form: AnswerForm;
    head: Head;
    promptTokens: number;
    includeUsage: boolean;
    onFailure: (error: unknown) => void;
  },
): AsyncGenerator<string, void> {
  const tokens = new Map<number, number>();
  const opened = new Set<number>();
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
      if (form.opening && !opened.has(piece.choice)) {
        opened.add(piece.choice);
        yield event([form.opening(piece.choice)], null);
      }
      for (const entry of form.chunks(piece)) yield event([entry], null);
      tokens.set(piece.choice, piece.tokens);
    }
  } catch (error) {
    onFailure(error);
    yield JSON.stringify(errorBody(error));
    return;
  }
  if (includeUsage) {
    yield event([], usage(promptTokens, tokens.values().reduce((sum, count) => sum + count, 0)));
  }
  yield "[DONE]";
}

function usage(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
