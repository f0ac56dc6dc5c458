/**
 * Reads the body of `POST /v1/completions`: OpenAI's fields, plus `top_k`, `min_p`, `typical_p` and
 * `repetition_penalty`. A field that would
 * change the answer in a way this server cannot is refused, never ignored.
 *
 * @module
 */
import { z } from "zod";
import { ApiError } from "./api_error.ts";
import type { SamplingOptions } from "./sampler.ts";

const tokenIds = z.array(z.int().nonnegative());

const schema = z.strictObject({
  model: z.string().optional(),
  prompt: z.union([
    z.string(),
    tokenIds,
    z.array(z.string()).length(1),
    z.array(tokenIds).length(1),
  ], { error: "expected a string, an array of token ids, or an array of one of these" }),
  max_tokens: z.int().positive().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().positive().nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  typical_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().positive().max(10).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string().regex(/^(0|[1-9]\d{0,8})$/), z.number().min(-100).max(100))
    .nullish(),
  logprobs: z.int().min(0).max(5).nullish(),
  seed: z.int().nonnegative().nullish(),
  stop: z.union([z.string().min(1).max(256), z.array(z.string().min(1).max(256)).max(4)], {
    error: "expected a string or an array of up to 4, each of 1 to 256 characters",
  }).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().optional() }).nullish(),
  echo: z.boolean().nullish(),
  user: z.string().optional(),
  // Understood, but only where they ask for nothing.
  n: z.literal(1, { error: "only 1 is supported" }).nullish(),
  best_of: z.literal(1, { error: "only 1 is supported" }).nullish(),
  suffix: z.literal("", { error: "not supported" }).nullish(),
});

/** A request for a completion, defaults filled in. */
export interface CompletionRequest extends SamplingOptions {
  readonly model: string | undefined;
  readonly prompt: string | readonly number[];
  readonly maxTokens: number;
  /** How many of the likeliest tokens to score beside each chosen one. */
  readonly topLogprobs?: number;
  readonly stop: readonly string[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** The prompt's text precedes the answer. */
  readonly echo: boolean;
}

/** OpenAI's default is 16; a small model's sentences need more. */
const DEFAULT_MAX_TOKENS = 64;

/**
 * Parses the text of a request body.
 *
 * @throws {ApiError} 400, naming the field
 */
export function parseCompletionRequest(body: string): CompletionRequest {
  const parsed = schema.safeParse(parseJson(body));
  if (!parsed.success) throw refusal(parsed.error.issues[0]);
  const raw = parsed.data;
  if (raw.stream_options && !raw.stream) {
    throw invalid("stream_options is only allowed with stream: true", "stream_options");
  }
  if (raw.echo && raw.logprobs != null) {
    throw invalid("logprobs of an echoed prompt are not supported", "logprobs");
  }
  return {
    model: raw.model,
    prompt: unwrap(raw.prompt),
    maxTokens: raw.max_tokens ?? DEFAULT_MAX_TOKENS,
    temperature: raw.temperature ?? 1,
    topP: raw.top_p ?? 1,
    ...(raw.top_k != null && { topK: raw.top_k }),
    minP: raw.min_p ?? 0,
    typicalP: raw.typical_p ?? 1,
    repetitionPenalty: raw.repetition_penalty ?? 1,
    presencePenalty: raw.presence_penalty ?? 0,
    frequencyPenalty: raw.frequency_penalty ?? 0,
    logitBias: new Map(
      Object.entries(raw.logit_bias ?? {}).map(([id, bias]) => [Number(id), bias]),
    ),
    ...(raw.logprobs != null && { topLogprobs: raw.logprobs }),
    seed: raw.seed ?? randomSeed(),
    stop: typeof raw.stop === "string" ? [raw.stop] : raw.stop ?? [],
    stream: raw.stream ?? false,
    includeUsage: raw.stream_options?.include_usage ?? false,
    echo: raw.echo ?? false,
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ApiError(`The request body is not JSON: ${cause.message}`, { status: 400, cause });
  }
}

function refusal(issue: z.core.$ZodIssue | undefined): ApiError {
  const [unknown] = issue?.code === "unrecognized_keys" ? issue.keys : [];
  const path = [...issue?.path ?? [], ...(unknown === undefined ? [] : [unknown])];
  const param = path.length > 0 ? path.join(".") : null;
  if (unknown !== undefined) return invalid(`Unrecognized request argument: ${param}`, param);
  return invalid(`Invalid ${param ?? "request body"}: ${issue?.message}`, param);
}

function invalid(message: string, param: string | null): ApiError {
  return new ApiError(message, { status: 400, param });
}

/** Takes a list of one prompt for that prompt. */
function unwrap(prompt: string | number[] | string[] | number[][]): string | number[] {
  if (typeof prompt === "string") return prompt;
  const [first] = prompt;
  return typeof first === "string" || Array.isArray(first) ? first : prompt.filter(isNumber);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function randomSeed(): number {
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
  return seed;
}
