/**
 * Reads the body of `POST /v1/completions`. A field that would change the answer in a way this
 * server cannot is refused, never ignored.
 *
 * @module
 */
import { z } from "zod";
import type { SamplingSettings } from "../../model/checkpoint/mod.ts";
import { fields, flag, integerFrom, invalid, isIdList, only, parseBody } from "./request_fields.ts";
import {
  type AnswerRequest,
  MAX_CHOICES,
  readSampling,
  SAMPLING_FIELDS,
} from "./sampling_fields.ts";

/** Answers to all prompts of a request together. */
const MAX_ANSWERS = 128;

// A union may pass on what one of its members says, so that all say the same.
const rule = {
  error: `must be a string, an array of token ids, or an array of 1 to ${MAX_ANSWERS} of these`,
};
const text = z.string(rule);
const tokenIds = z.array(z.number(rule).int(rule).min(0, rule), rule);

const schema = fields({
  ...SAMPLING_FIELDS,
  prompt: z.union([
    text,
    tokenIds,
    z.array(text, rule).min(1, rule).max(MAX_ANSWERS, rule),
    z.array(tokenIds, rule).min(1, rule).max(MAX_ANSWERS, rule),
  ], rule),
  max_tokens: integerFrom(0).nullish(),
  logprobs: integerFrom(0, 5).nullish(),
  echo: flag().nullish(),
  best_of: integerFrom(1, MAX_CHOICES).nullish(),
  // Understood, but only where it asks for nothing.
  suffix: only([""], "is not supported"),
});

/** Takes what a body may say, for the API's description. */
export const COMPLETION_BODY: z.ZodType = schema;

/** As the above says it, quick whatever a long list holds. */
const quickSchema = schema.extend({ prompt: z.custom<RawPrompt>(isPrompt, rule) });

/** A request for a completion, defaults filled in. */
export interface CompletionRequest extends AnswerRequest {
  /** Each is answered `n` times. */
  readonly prompts: readonly Prompt[];
  readonly maxTokens: number;
  /** Choices to make of each, of which the `n` likeliest are given. */
  readonly bestOf: number;
  /** The prompt's text precedes the answer, and its log-probabilities where some are asked for. */
  readonly echo: boolean;
}

/** Text, or token ids. */
export type Prompt = string | readonly number[];

/** OpenAI's default is 16; a small model's sentences need more. */
const DEFAULT_MAX_TOKENS = 64;

/**
 * Reads a request body.
 *
 * @param defaults how tokens are drawn where the body does not say
 * @throws {ApiError} 400, naming the field
 */
export function parseCompletionRequest(
  body: unknown,
  defaults: SamplingSettings = {},
): CompletionRequest {
  const raw = parseBody(body, quickSchema);
  if (raw.max_tokens === 0 && !raw.echo) {
    throw invalid("max_tokens must be at least 1 without echo: true", "max_tokens");
  }
  const sampling = readSampling(raw, defaults);
  const bestOf = raw.best_of ?? sampling.n;
  if (bestOf < sampling.n) {
    throw invalid(`best_of must be at least n, which is ${sampling.n}, not ${bestOf}`, "best_of");
  }
  if (bestOf > sampling.n && sampling.stream) {
    throw invalid("best_of must be n with stream: true: what is sent cannot be unsaid", "best_of");
  }
  const prompts = promptsOf(raw.prompt);
  const answers = prompts.length * bestOf;
  if (answers > MAX_ANSWERS) {
    throw invalid(
      `prompt asks for ${answers} answers in all, and ${MAX_ANSWERS} is most`,
      "prompt",
    );
  }
  return {
    ...sampling,
    prompts,
    maxTokens: raw.max_tokens ?? DEFAULT_MAX_TOKENS,
    ...(raw.logprobs != null && { topLogprobs: raw.logprobs }),
    bestOf,
    echo: raw.echo ?? false,
  };
}

type RawPrompt = z.infer<typeof schema>["prompt"];

function isPrompt(value: unknown): value is RawPrompt {
  if (typeof value === "string" || isIdList(value)) return true;
  if (!Array.isArray(value) || value.length > MAX_ANSWERS) return false;
  return value.every((text) => typeof text === "string") || value.every(isIdList);
}

/** A prompt alone is a list of one. */
function promptsOf(prompt: RawPrompt): Prompt[] {
  if (typeof prompt === "string") return [prompt];
  const isList = typeof prompt[0] === "string" || Array.isArray(prompt[0]);
  return isList ? prompt as string[] | number[][] : [prompt as number[]];
}
