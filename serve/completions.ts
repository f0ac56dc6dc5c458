/**
 * Answers `POST /v1/completions`, whole or as a stream of events.
 *
 * @module
 */
import { ApiError, errorBody } from "./api_error.ts";
import { type CompletionLogprobs, completionLogprobs } from "./completion_logprobs.ts";
import type { CompletionRequest } from "./completion_request.ts";
import { checkPrompt } from "./engine.ts";
import { eventStream } from "./event_stream.ts";
import { generate, type Piece } from "./generate.ts";
import { refusalOf } from "./refusals.ts";
import type { Scheduler } from "./scheduler.ts";
import { decodeIds, type TextCodec } from "./text_codec.ts";

/** What serves a completion. */
export interface CompletionContext {
  readonly scheduler: Scheduler;
  readonly codec: TextCodec;
  readonly modelName: string;
  /** Ends streams whose client reads nothing for this long. */
  readonly stallMs: number;
  /** What a client is told to wait when the queue is full. */
  readonly retryAfterSeconds: number;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  /** Told of failures that are the server's own. */
  readonly onFailure: (error: unknown) => void;
}

/** Tokens read and written. */
interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** Where an answer is put together, whole or in chunks. */
interface Completion {
  readonly pieces: AsyncIterable<Piece>;
  /** The fields that every chunk has in common. */
  readonly head: { id: string; object: "text_completion"; created: number; model: string };
  readonly promptTokens: number;
  /** Precedes the generated text. */
  readonly prefix: string;
  readonly logprobs: (scored: Piece["scored"]) => CompletionLogprobs | null;
}

/**
 * Generates the answer to `request`. Returns once the first text is there, so that refusals have
 * their status.
 *
 * @throws {ApiError} 400 for a prompt that does not fit the model, 404 for another model, 429 when
 * the queue is full, 503 when the server is about to stop, 504 when it took too long
 */
export async function complete(
  request: CompletionRequest,
  context: CompletionContext,
): Promise<Response> {
  const { scheduler, codec, modelName } = context;
  if (request.model !== undefined && request.model !== modelName) throw unknownModel(request.model);
  const promptIds = toIds(request.prompt, context);
  const left = new AbortController();
  const signal = AbortSignal.any([context.signal, left.signal]);
  checkBias(request, codec);
  const generated = refusing(
    generate({ ...request, scheduler, codec, promptIds, signal }),
    context,
  );
  const completion: Completion = {
    pieces: prepend(await firstPiece(generated), generated),
    head: {
      id: `cmpl-${crypto.randomUUID().replaceAll("-", "")}`,
      object: "text_completion",
      created: Math.floor(Date.now() / 1000),
      model: modelName,
    },
    promptTokens: promptIds.length,
    prefix: request.echo ? toText(request.prompt, codec) : "",
    logprobs: (scored) =>
      request.topLogprobs === undefined ? null : completionLogprobs(scored, codec),
  };
  if (!request.stream) return Response.json(await whole(completion));
  const events = chunks(completion, {
    includeUsage: request.includeUsage,
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

/** The refusal of a model that is not served here. */
export function unknownModel(model: string): ApiError {
  return new ApiError(`The model ${JSON.stringify(model)} does not exist`, {
    status: 404,
    param: "model",
    code: "model_not_found",
  });
}

function toIds(
  prompt: CompletionRequest["prompt"],
  { codec, scheduler }: CompletionContext,
): ArrayLike<number> {
  const ids = typeof prompt === "string" ? codec.encode(prompt) : prompt;
  const { config } = scheduler.engine;
  try {
    // An empty prompt stands for the beginning of a text.
    if (ids.length > 0) checkPrompt(ids, config);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const code = ids.length >= config.max_position_embeddings ? "context_length_exceeded" : null;
    throw new ApiError(cause.message, { status: 400, param: "prompt", code, cause });
  }
  return ids;
}

function toText(prompt: CompletionRequest["prompt"], codec: TextCodec): string {
  if (typeof prompt === "string") return prompt;
  return decodeIds(codec, prompt);
}

async function firstPiece(generated: AsyncIterator<Piece, void>): Promise<Piece> {
  const { value } = await generated.next();
  if (!value) throw new Error("Cannot complete: generation ended without a last piece");
  return value;
}

/** `pieces`, failing with what the client may be told. */
async function* refusing(
  pieces: AsyncIterable<Piece>,
  options: { retryAfterSeconds: number },
): AsyncGenerator<Piece, void> {
  try {
    yield* pieces;
  } catch (cause) {
    throw refusalOf(cause, options);
  }
}

async function* prepend(first: Piece, rest: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  yield first;
  yield* rest;
}

async function whole({ pieces, head, promptTokens, prefix, logprobs }: Completion) {
  let text = prefix, tokens = 0;
  let last: Piece | undefined;
  const scored: Piece["scored"][number][] = [];
  for await (const piece of pieces) {
    text += piece.text;
    scored.push(...piece.scored);
    tokens = piece.tokens;
    last = piece;
  }
  return {
    ...head,
    system_fingerprint: last?.fingerprint,
    choices: [choice(text, last, logprobs(scored))],
    usage: usage(promptTokens, tokens),
  };
}

/** JSON for each event, `[DONE]` last. A failure midway is an event too: the status is long sent. */
async function* chunks(
  { pieces, head, promptTokens, prefix, logprobs }: Completion,
  { includeUsage, onFailure }: { includeUsage: boolean; onFailure: (error: unknown) => void },
): AsyncGenerator<string, void> {
  let before = prefix, tokens = 0, fingerprint: string | undefined;
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
      yield event([choice(before + piece.text, piece, logprobs(piece.scored))], null);
      before = "";
      tokens = piece.tokens;
    }
  } catch (error) {
    onFailure(error);
    yield JSON.stringify(errorBody(error));
    return;
  }
  if (includeUsage) yield event([], usage(promptTokens, tokens));
  yield "[DONE]";
}

/** Refuses a bias for what is no token. */
function checkBias({ logitBias }: CompletionRequest, codec: TextCodec): void {
  for (const id of logitBias?.keys() ?? []) {
    if (id < codec.vocabSize) continue;
    const message = `Invalid logit_bias: there is no token ${id}, only 0 to ${codec.vocabSize - 1}`;
    throw new ApiError(message, { status: 400, param: "logit_bias" });
  }
}

function choice(
  text: string,
  piece: Piece | undefined,
  logprobs: CompletionLogprobs | null,
) {
  return { text, index: 0, logprobs, finish_reason: piece?.finishReason ?? null };
}

function usage(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
