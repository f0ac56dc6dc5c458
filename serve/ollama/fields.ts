/**
 * Fields that Ollama's generating routes have in common.
 *
 * @module
 */
import { z } from "zod";
import type { SamplingSettings } from "../../model/checkpoint/mod.ts";
import { anyText, fields, flag, integerFrom, invalid, only } from "../openai/request_fields.ts";
import { JSON_SCHEMA } from "../openai/chat/mod.ts";
import { type AnswerRequest, readSampling, SAMPLING_FIELDS } from "../openai/sampling_fields.ts";

/** Understood, but only where it asks for nothing. */
export const UNSUPPORTED = "is not supported";

const { temperature, top_k, top_p, min_p, typical_p, seed } = SAMPLING_FIELDS;
const { repetition_penalty, presence_penalty, frequency_penalty, stop } = SAMPLING_FIELDS;
const tokensRule = {
  error: "must be an integer of at least 1, or -1 for as many as there is room for",
};

/** How the model runs is not for a request to say; it changes no answer. */
const MACHINE = {
  num_gpu: integerFrom(-1).nullish(),
  main_gpu: integerFrom(0).nullish(),
  num_thread: integerFrom(0).nullish(),
  num_batch: integerFrom(1).nullish(),
  use_mmap: flag().nullish(),
  numa: flag().nullish(),
};

/** The `options` of a request. */
export const OPTIONS = fields({
  temperature,
  top_k,
  top_p,
  min_p,
  typical_p,
  // Over the whole text, as in transformers.
  repeat_penalty: repetition_penalty,
  repeat_last_n: only([-1], `${UNSUPPORTED} but as -1: the whole text counts`),
  presence_penalty,
  frequency_penalty,
  seed,
  stop,
  num_predict: z.literal(-1, tokensRule).or(z.number(tokensRule).int(tokensRule).min(1, tokensRule))
    .nullish(),
  num_ctx: integerFrom(1).nullish().describe("at most the model's context"),
  ...MACHINE,
});

const formatRule = { error: 'must be "json" or a JSON schema' };
const seconds = z.union([z.string(), z.number()], {
  error: "must be a duration such as 5m, or a number of seconds",
});

/** Fields of both routes. */
export const GENERATING_FIELDS = {
  model: anyText(),
  stream: flag().nullish().describe("true unless given"),
  format: z.union([z.literal(["json", ""], formatRule), JSON_SCHEMA], formatRule).nullish(),
  options: OPTIONS.nullish(),
  keep_alive: seconds.nullish(),
  think: flag().nullish().describe("true for models that think, false for others"),
  logprobs: only([false], UNSUPPORTED),
};

const generating = fields(GENERATING_FIELDS);

/** What {@linkcode GENERATING_FIELDS} come to. */
export type OllamaSampling = AnswerRequest & { readonly maxTokens: number };

/**
 * Reads the fields.
 *
 * @throws {ApiError} 400 for a context that the model does not have
 */
export function readGenerating(
  raw: z.infer<typeof generating>,
  { defaults, context }: { defaults: SamplingSettings; context: number },
): OllamaSampling {
  const { options, format } = raw;
  if ((options?.num_ctx ?? 0) > context) {
    throw invalid(
      `options.num_ctx must be at most ${context}, the model's context`,
      "options.num_ctx",
    );
  }
  const { num_predict, num_ctx: _, repeat_penalty, repeat_last_n: _all, ...rest } = options ?? {};
  const jsonSchema = typeof format === "object" && format !== null
    ? format
    : format === "json"
    ? { type: "object" }
    : undefined;
  return {
    ...readSampling({
      seed: null,
      ...rest,
      repetition_penalty: repeat_penalty,
      model: withoutTag(raw.model),
      stream: raw.stream ?? true,
    }, defaults),
    ...(jsonSchema && { jsonSchema }),
    maxTokens: num_predict == null || num_predict === -1 ? Infinity : num_predict,
  };
}

/** A model's name without the tag that Ollama adds where there is none. */
export function withoutTag(name: string): string {
  return name.replace(/:latest$/, "");
}
