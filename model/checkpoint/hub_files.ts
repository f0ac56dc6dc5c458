/**
 * The small files that Hugging Face transformers and transformers.js look for beside the weights.
 *
 * @module
 */
import { z } from "zod";
import type { ModelConfig } from "../config.ts";
import type { Companions } from "./companions.ts";
import { formatGenerationConfig } from "./generation_config.ts";

const tokenizerSchema = z.object({
  added_tokens: z.array(z.object({ id: z.int().nonnegative(), content: z.string() })).default([]),
});

/** Name of the padding token; without it the end-of-text token pads. */
const PAD_TOKEN = "<|pad|>";

interface SpecialTokens {
  readonly bos?: string;
  readonly eos?: string;
  readonly pad?: string;
  readonly padId: number | null;
}

/** Reads the special tokens from the text of a tokenizer.json. */
function readSpecialTokens(tokenizerJson: string, config: ModelConfig): SpecialTokens {
  let json: unknown;
  try {
    json = JSON.parse(tokenizerJson);
  } catch (cause) {
    throw new SyntaxError("Cannot use tokenizer.json: it is not JSON", { cause });
  }
  const parsed = tokenizerSchema.safeParse(json);
  if (!parsed.success) {
    throw new SyntaxError(
      "Cannot use tokenizer.json: added_tokens is not a list of id and content",
    );
  }
  const tokens = parsed.data.added_tokens;
  const bos = tokens.find(({ id }) => id === config.bos_token_id);
  const eos = tokens.find(({ id }) => id === config.eos_token_id);
  const pad = tokens.find(({ content }) => content === PAD_TOKEN) ?? eos;
  return {
    ...(bos && { bos: bos.content }),
    ...(eos && { eos: eos.content }),
    ...(pad && { pad: pad.content }),
    padId: pad?.id ?? null,
  };
}

/**
 * Texts of tokenizer_config.json and generation_config.json.
 *
 * @throws {SyntaxError} when the tokenizer.json is invalid
 */
export function formatHubFiles(
  config: ModelConfig,
  { tokenizerJson, companions }: { tokenizerJson: string; companions: Companions },
): { tokenizerConfig: string; generationConfig: string } {
  const { bos, eos, pad, padId } = readSpecialTokens(tokenizerJson, config);
  return {
    tokenizerConfig: format({
      tokenizer_class: "PreTrainedTokenizerFast",
      bos_token: bos,
      eos_token: eos,
      pad_token: pad,
      clean_up_tokenization_spaces: false,
      model_max_length: config.max_position_embeddings,
      chat_template: companions.chatTemplate,
    }),
    generationConfig: formatGenerationConfig(config, { padId, stopIds: companions.stopIds }),
  };
}

function format(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}
