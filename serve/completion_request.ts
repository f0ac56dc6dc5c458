/**
 * Reads the body of `POST /v1/completions`: OpenAI's fields, plus `top_k`. A field that would
 * change the answer in a way this server cannot is refused, never ignored.
 *
 * @module
 */
import { z } from "zod";
import { ApiError } from "./api_error.ts";

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
  logprobs: z.null({ error: "not supported" }).optional(),
  suffix: z.literal("", { error: "not supported" }).nullish(),
  presence_penalty: z.literal(0, { error: "only 0 is supported" }).nullish(),
  frequency_penalty: z.literal(0, { error: "only 0 is supported" }).nullish(),
  logit_bias: z.record(z.string(), z.unknown())
    .refine((bias) => Object.keys(bias).length === 0, "not supported")
    .nullish(),
});

/** A request for a completion, defaults filled in. */
export interface CompletionRequest {
  readonly model: string | undefined;
  readonly prompt: string | readonly number[];
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly topK?: number;
  readonly seed: number;
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
  return {
    model: raw.model,
    prompt: unwrap(raw.prompt),
    maxTokens: raw.max_tokens ?? DEFAULT_MAX_TOKENS,
    temperature: raw.temperature ?? 1,
    topP: raw.top_p ?? 1,
    ...(raw.top_k != null && { topK: raw.top_k }),
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
