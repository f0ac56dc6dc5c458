/**
 * generation_config.json: the default sampling of a model. Hugging Face's `generate` and vLLM read
 * the same fields.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import type { ModelConfig } from "../config.ts";
import { readJson } from "./small_files.ts";
import { formatStopIds } from "./stop_ids.ts";

/** Sampling parameters; absent ones have no effect. */
export interface SamplingSettings {
  /** Divides the logits; 0 always takes the argmax. */
  readonly temperature?: number;
  /** Samples only from this many of the likeliest tokens. */
  readonly topK?: number;
  /** Samples only from the likeliest tokens up to this cumulative probability (Holtzman et al., 2020). */
  readonly topP?: number;
  /** Samples only tokens with at least this share of the likeliest one's probability. */
  readonly minP?: number;
  /** Samples only from the most typical tokens up to this cumulative probability. */
  readonly typicalP?: number;
  /** Above 1, tokens of the prompt and the answer become less likely. */
  readonly repetitionPenalty?: number;
}

/**
 * Default sampling of every model trained here, written into its generation_config.json, which
 * `generate`, `serve`, the playground and the samples of a run read. docs/serving.md gives the
 * reasons.
 */
export const SAMPLING_DEFAULTS = { temperature: 0.8, topK: 40, topP: 0.95 } as const;

const number = z.number().nullish();
const schema = z.object({
  temperature: number.refine((value) => value == null || (value >= 0 && value <= 2)),
  // Hugging Face writes 0 for no limit.
  top_k: z.int().min(-1).nullish(),
  top_p: number.refine((value) => value == null || (value >= 0 && value <= 1)),
  min_p: number.refine((value) => value == null || (value >= 0 && value <= 1)),
  typical_p: number.refine((value) => value == null || (value >= 0 && value <= 1)),
  repetition_penalty: number.refine((value) => value == null || (value >= 0.01 && value <= 10)),
});

/** Text of generation_config.json, with {@linkcode SAMPLING_DEFAULTS}. */
export function formatGenerationConfig(
  { bos_token_id, eos_token_id: first }: ModelConfig,
  { padId, stopIds = [] }: {
    padId: number | null;
    /** Stop ids besides the configuration's own. */
    stopIds?: readonly number[] | undefined;
  },
): string {
  const { temperature, topK: top_k, topP: top_p } = SAMPLING_DEFAULTS;
  const eos_token_id = formatStopIds(first, stopIds);
  const ids = { bos_token_id, eos_token_id, pad_token_id: padId };
  return JSON.stringify({ ...ids, do_sample: true, temperature, top_k, top_p }, null, 2) + "\n";
}

/**
 * The sampling parameters in the generation_config.json of the model in `folder`, as vLLM reads them:
 * each field by itself, regardless of `do_sample`; empty without the file.
 *
 * @throws {SyntaxError} when the file is not JSON, or a field is not what it should be
 */
export async function readSamplingSettings(folder: string): Promise<SamplingSettings> {
  const path = join(folder, "generation_config.json");
  const json = await readJson(path);
  if (json === undefined) return {};
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join(".") || "what it holds";
    throw new SyntaxError(`Cannot read ${path}: ${field} is not what it should be`);
  }
  const { temperature, top_k, top_p, min_p, typical_p, repetition_penalty } = parsed.data;
  return {
    ...(temperature != null && { temperature }),
    ...(top_k != null && top_k > 0 && { topK: top_k }),
    ...(top_p != null && { topP: top_p }),
    ...(min_p != null && { minP: min_p }),
    ...(typical_p != null && { typicalP: typical_p }),
    ...(repetition_penalty != null && { repetitionPenalty: repetition_penalty }),
  };
}
