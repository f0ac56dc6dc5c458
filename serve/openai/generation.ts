/**
 * Begins the generation of an answer, in whichever form it is then given.
 *
 * @module
 */
import type { SamplingSettings } from "../../model/checkpoint/mod.ts";
import { checkBias, checkIds, type FieldNames, grammarOf, unknownModel } from "./answer_checks.ts";
import {
  type AnswerShape,
  type ChatTemplate,
  type ChoicePiece,
  generateChoices,
  type GenerationMeter,
  type Grammars,
  type Scheduler,
  type Steps,
  type TextCodec,
  type Turns,
} from "../../engine/mod.ts";
import { refusalOf } from "./refusals.ts";
import type { AnswerRequest } from "./sampling_fields.ts";

/** How an adapter answers. */
export interface AdapterModel {
  /** How a conversation becomes a text; as for the model itself unless given. */
  readonly chatTemplate?: ChatTemplate | undefined;
  /** Ids that end an answer beside the codec's own end of a text. */
  readonly stopIds: ReadonlySet<number>;
}

/** What serves an answer. */
export interface AnswerContext {
  readonly scheduler: Scheduler;
  readonly codec: TextCodec;
  readonly grammars: Grammars;
  /** Slices what takes long. */
  readonly turns: Turns;
  readonly modelName: string;
  /** Adapters of the scheduler's engine, by the `model` that requests name. */
  readonly adapters?: ReadonlyMap<string, AdapterModel>;
  /** How tokens are drawn where a request does not say. */
  readonly sampling: SamplingSettings;
  /** Ends streams whose client reads nothing for this long. */
  readonly stallMs: number;
  /** What a client is told to wait when the queue is full. */
  readonly retryAfterSeconds: number;
  /** Tokens of an answer at most, whatever is asked for. */
  readonly maxTokens: number;
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

/** What to answer. */
export interface AnswerTask extends AnswerRequest {
  /** Each is answered `n` times, the first one first. */
  readonly prompts: readonly ArrayLike<number>[];
  readonly maxTokens: number;
  /** Scores the tokens of the prompts as well. */
  readonly scoresPrompt?: boolean;
  /** What it must be like. */
  readonly shape?: AnswerShape;
  /** Choices to make of each, of which the `n` likeliest are given; `n` unless stated. */
  readonly bestOf?: number;
}

/** A generation that has begun. */
export interface Generation {
  readonly pieces: AsyncGenerator<ChoicePiece, void>;
  readonly promptTokens: number;
  /** Ends it. */
  readonly leave: (reason: unknown) => void;
  readonly hasLeft: () => boolean;
}

/**
 * Begins to answer `task`.
 *
 * @throws {ApiError} 400 for a prompt that does not fit the model, 404 for another model; its pieces
 * throw 429 when the queue is full, 503 when the server is about to stop, 504 when it took too long
 */
export async function begin(
  task: AnswerTask,
  { context, named }: { context: AnswerContext; named: FieldNames },
): Promise<Generation> {
  const { scheduler, codec, grammars, modelName, client, meter, turns } = context;
  const { model = modelName } = task;
  const adapter = context.adapters?.get(model);
  if (model !== modelName && !adapter) throw unknownModel(model);
  const stopIds = adapter?.stopIds ?? context.stopIds;
  for (const ids of task.prompts) checkIds(ids, { scheduler, promptField: named.prompt });
  checkBias(task.logitBias, codec);
  const run = <T>(work: Steps<T>) => turns.run(work, { client, signal: context.signal });
  const grammar = await grammarOf(task.shape, { grammars, run, named });
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
      maxTokens: Math.min(task.maxTokens, context.maxTokens),
      ...(stopIds && { stopIds }),
      ...(adapter && { adapter: model }),
      ...(grammar && { constrain: () => grammar.constrain(run) }),
      // What is ranked must be scored.
      ...(bestOf > n && { topLogprobs: task.topLogprobs ?? 0 }),
    }),
    {
      ...context,
      promptField: named.prompt,
      shapeField: task.shape?.schema ? named.format : named.tool(0),
    },
  );
  return {
    pieces,
    promptTokens: task.prompts.reduce((sum, { length }) => sum + length, 0),
    leave: (reason) => left.abort(reason),
    hasLeft: () => signal.aborted,
  };
}

/** The pieces, once the first one is there: so refusals have their status. */
export async function begun(
  pieces: AsyncGenerator<ChoicePiece, void>,
): Promise<{ first: ChoicePiece; pieces: AsyncGenerator<ChoicePiece, void> }> {
  const { value: first } = await pieces.next();
  if (!first) throw new Error("Cannot answer: generation ended without a piece");
  return { first, pieces: prepend(first, pieces) };
}

async function* prepend(
  first: ChoicePiece,
  rest: AsyncIterable<ChoicePiece>,
): AsyncGenerator<ChoicePiece, void> {
  yield first;
  yield* rest;
}

/** Part of an id that nobody can guess. */
export function randomId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

/** `pieces`, failing with what the client may be told. */
async function* refusing(
  pieces: AsyncIterable<ChoicePiece>,
  options: Parameters<typeof refusalOf>[1],
): AsyncGenerator<ChoicePiece, void> {
  try {
    yield* pieces;
  } catch (cause) {
    throw refusalOf(cause, options);
  }
}
