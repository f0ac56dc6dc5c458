/**
 * The fields of a request that say how tokens are chosen and when to stop, the same for completions
 * and chat: OpenAI's, and `top_k`, `min_p`, `typical_p` and `repetition_penalty`.
 *
 * @module
 */
import { z } from "zod";
import { CLIENT_FIELDS, STREAM_OPTIONS } from "./client_fields.ts";
import { anyText, fields, flag, integerFrom, invalid, numberFrom } from "./request_fields.ts";
import { readResponseFormat, RESPONSE_FORMAT } from "./response_format.ts";
import type { SamplingOptions } from "../../engine/mod.ts";
import type { SamplingSettings } from "../../model/checkpoint/mod.ts";
import { SEED, streamSeed } from "./seed.ts";

/** Choices that one request may ask for, best_of included. */
export const MAX_CHOICES = 16;

const biasRule = { error: "must be an object of token ids and numbers from -100 to 100" };
const stopRule = { error: "must be a string or an array of up to 4, each of 1 to 256 characters" };
const stop = z.string(stopRule).min(1, stopRule).max(256, stopRule);

/** Said of fields that generation_config.json has too. */
const BY_MODEL = "unless given as the model's generation_config.json says";

/** Those that say how tokens are drawn, the same in other dialects: zod types by field name. */
export const DRAWING_FIELDS = {
  top_p: numberFrom(0, 1).nullish().describe(BY_MODEL),
  top_k: integerFrom(0).nullish().describe(`0 for all tokens; ${BY_MODEL}`),
  min_p: numberFrom(0, 1).nullish().describe(BY_MODEL),
  typical_p: numberFrom(0, 1).nullish().describe(BY_MODEL),
  repetition_penalty: numberFrom(0.01, 10).nullish().describe(BY_MODEL),
  presence_penalty: numberFrom(-2, 2).nullish(),
  frequency_penalty: numberFrom(-2, 2).nullish(),
  logit_bias: z.record(
    z.string(biasRule).regex(/^(0|[1-9]\d{0,8})$/, biasRule),
    numberFrom(-100, 100),
    biasRule,
  ).nullish(),
  seed: SEED,
};

/** Zod types by field name. */
export const SAMPLING_FIELDS = {
  model: anyText().nullish(),
  temperature: numberFrom(0, 2).nullish().describe(BY_MODEL),
  ...DRAWING_FIELDS,
  stop: z.union([stop, z.array(stop, stopRule).max(4, stopRule)], stopRule).nullish(),
  stream: flag().nullish(),
  stream_options: STREAM_OPTIONS,
  n: integerFrom(1, MAX_CHOICES).nullish(),
  response_format: RESPONSE_FORMAT.nullish(),
  ...CLIENT_FIELDS,
};

const sampling = fields(SAMPLING_FIELDS);

/** What {@linkcode SAMPLING_FIELDS} come to, defaults filled in. */
export interface AnswerRequest extends SamplingOptions {
  readonly model: string | undefined;
  /** How many of the likeliest tokens to score beside each chosen one. */
  readonly topLogprobs?: number;
  readonly stop: readonly string[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Choices to answer with. */
  readonly n: number;
  /** What the answer must be valid by. */
  readonly jsonSchema?: Record<string, unknown>;
}

/**
 * Reads the fields; those that are not given are as `defaults` has them or, where that says nothing,
 * OpenAI's own: temperature 1 and no token ruled out.
 *
 * @throws {ApiError} 400 when they contradict one another
 */
export function readSampling(
  raw: z.infer<typeof sampling>,
  defaults: SamplingSettings,
): AnswerRequest {
  if (raw.stream_options && !raw.stream) {
    throw invalid("stream_options is only allowed with stream: true", "stream_options");
  }
  const jsonSchema = readResponseFormat(raw.response_format);
  const topK = raw.top_k ?? defaults.topK ?? 0;
  return {
    model: raw.model ?? undefined,
    temperature: raw.temperature ?? defaults.temperature ?? 1,
    topP: raw.top_p ?? defaults.topP ?? 1,
    ...(topK > 0 && { topK }),
    minP: raw.min_p ?? defaults.minP ?? 0,
    typicalP: raw.typical_p ?? defaults.typicalP ?? 1,
    repetitionPenalty: raw.repetition_penalty ?? defaults.repetitionPenalty ?? 1,
    presencePenalty: raw.presence_penalty ?? 0,
    frequencyPenalty: raw.frequency_penalty ?? 0,
    logitBias: new Map(
      Object.entries(raw.logit_bias ?? {}).map(([id, bias]) => [Number(id), bias]),
    ),
    seed: raw.seed == null ? randomSeed() : streamSeed(raw.seed),
    stop: typeof raw.stop === "string" ? [raw.stop] : raw.stop ?? [],
    stream: raw.stream ?? false,
    includeUsage: raw.stream_options?.include_usage ?? false,
    n: raw.n ?? 1,
    ...(jsonSchema && { jsonSchema }),
  };
}

function randomSeed(): number {
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
  return seed;
}
