/**
 * Reads the body of `POST /v1/completions`. A field that would change the answer in a way this
 * server cannot is refused, never ignored.
 *
 * @module
 */
import { z } from "zod";
import { fields, flag, integerFrom, invalid, only, parseBody } from "./request_fields.ts";
import {
  type AnswerRequest,
  MAX_CHOICES,
  readSampling,
  SAMPLING_FIELDS,
} from "./sampling_fields.ts";

// A union may pass on what one of its members says, so that all say the same.
const rule = { error: "must be a string, an array of token ids, or an array of one of these" };
const text = z.string(rule);
const tokenIds = z.array(z.number(rule).int(rule).min(0, rule), rule);

const schema = fields({
  ...SAMPLING_FIELDS,
  prompt: z.union([
    text,
    tokenIds,
    z.array(text, rule).length(1, rule),
    z.array(tokenIds, rule).length(1, rule),
  ], rule),
  max_tokens: integerFrom(1).nullish(),
  logprobs: integerFrom(0, 5).nullish(),
  echo: flag().nullish(),
  best_of: integerFrom(1, MAX_CHOICES).nullish(),
  // Understood, but only where it asks for nothing.
  suffix: only([""], "is not supported"),
});

/** Takes what a body may say, for the API's description. */
export const COMPLETION_BODY: z.ZodType = schema;

/** A request for a completion, defaults filled in. */
export interface CompletionRequest extends AnswerRequest {
  readonly prompt: string | readonly number[];
  readonly maxTokens: number;
  /** Choices to make, of which the `n` likeliest are given. */
  readonly bestOf: number;
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
  const raw = parseBody(body, schema);
  if (raw.echo && raw.logprobs != null) {
    throw invalid("logprobs of an echoed prompt are not supported", "logprobs");
  }
  const sampling = readSampling(raw);
  const bestOf = raw.best_of ?? sampling.n;
  if (bestOf < sampling.n) {
    throw invalid(`best_of must be at least n, which is ${sampling.n}, not ${bestOf}`, "best_of");
  }
  if (bestOf > sampling.n && sampling.stream) {
    throw invalid("best_of must be n with stream: true: what is sent cannot be unsaid", "best_of");
  }
  return {
    ...sampling,
    prompt: unwrap(raw.prompt),
    maxTokens: raw.max_tokens ?? DEFAULT_MAX_TOKENS,
    ...(raw.logprobs != null && { topLogprobs: raw.logprobs }),
    bestOf,
    echo: raw.echo ?? false,
  };
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
