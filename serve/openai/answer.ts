/**
 * Puts an answer together, whole or as a stream of events, in whichever form the endpoint has.
 *
 * @module
 */
import type { SamplingSettings } from "../../model/checkpoint/mod.ts";
import { checkBias, checkIds, grammarOf, unknownModel } from "./answer_checks.ts";
import { ApiError, errorBody } from "../api_error.ts";
import {
  type ChoicePiece,
  type FinishReason,
  generateChoices,
  type GenerationMeter,
  type Grammars,
  type PlacedToken,
  type PromptToken,
  type Scheduler,
  type Steps,
  type TextCodec,
  type Turns,
} from "../../engine/mod.ts";
import { eventStream } from "../event_stream.ts";
import { jsonStream } from "../json_stream.ts";
import { refusalOf } from "./refusals.ts";
import type { AnswerRequest } from "./sampling_fields.ts";
import { type Head, type Usage, usage, whole, wholeJson } from "./whole_answer.ts";

/** Scored tokens that take some time to write down. */
const LONG_SCORES = 256;

/** What serves an answer. */
export interface AnswerContext {
  readonly scheduler: Scheduler;
  readonly codec: TextCodec;
  readonly grammars: Grammars;
  /** Slices what takes long. */
  readonly turns: Turns;
  readonly modelName: string;
  /** How tokens are drawn where a request does not say. */
  readonly sampling: SamplingSettings;
  /** Ends streams whose client reads nothing for this long. */
  readonly stallMs: number;
  /** What a client is told to wait when the queue is full. */
  readonly retryAfterSeconds: number;
  /** Who asks: clients share the server fairly. */
  readonly client: string;
  readonly meter: GenerationMeter;
  /** Ids that end an answer beside the codec's own end of a text. */
  readonly stopIds?: ReadonlySet<number>;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  /** Told of failures that are the server's own. */
  readonly onFailure: (error: unknown) => void;
}

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
  if (task.model !== undefined && task.model !== modelName) throw unknownModel(task.model);
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
      ...(context.stopIds && { stopIds: context.stopIds }),
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
    model: modelName,
  };
  const promptTokens = task.prompts.reduce((sum, { length }) => sum + length, 0);
  if (!task.stream) {
    const prompts = task.prompts.length;
    const { fields, choices } = await whole(pieces, { head, promptTokens, n, bestOf, prompts });
    const made = choices.values().map((choice, index) => form.whole({ ...choice, index }));
    const scores = choices.reduce((sum, { scored }) => sum + scored.length, 0);
    return scores > LONG_SCORES
      ? jsonStream(wholeJson(fields, made), { turns, client })
      : Response.json({ ...fields, choices: made.toArray() });
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
