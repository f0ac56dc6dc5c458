/**
 * Checks that a tokenizer is the one that a model was trained with.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ModelConfig } from "../model/config.ts";
import { exists } from "../model/durable.ts";
import { formatTokenizer, readTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import { UsageError } from "../cli/flags.ts";

/** Most rows past the tokenizer's ids, by which models round their vocabulary up. */
const MAX_PADDING = 1024;

/** Whether a model of `config` can have the tokenizer: as many ids, or some more that no text has. */
export function fitsVocabulary(
  { vocab_size }: Pick<ModelConfig, "vocab_size">,
  { vocabSize }: Pick<Tokenizer, "vocabSize">,
): boolean {
  return vocab_size >= vocabSize && vocab_size <= vocabSize + MAX_PADDING;
}

/** Options of {@linkcode checkModelTokenizer}, and the words of its error. */
export interface ModelTokenizerCheck {
  /** Configuration of the model. */
  readonly config: ModelConfig;
  /** Folder whose tokenizer.json, if it has one, is compared too. */
  readonly folder?: string;
  /** Where the tokenizer comes from, for messages. */
  readonly source: string;
  /** `Cannot <do> <item>`, for messages. */
  readonly refusal: string;
  /** What to change, for messages. */
  readonly remedy: string;
}

/**
 * Checks that `tokenizer` has as many ids as the model, padding aside, and, where the model's folder has a
 * tokenizer.json, that both give every text the same ids.
 *
 * @throws {UsageError} naming both sizes or digests, and what to change
 */
export async function checkModelTokenizer(
  tokenizer: Tokenizer,
  { config, folder, source, refusal, remedy }: ModelTokenizerCheck,
): Promise<void> {
  if (!fitsVocabulary(config, tokenizer)) {
    throw new UsageError(
      `${refusal}: its vocabulary has ${config.vocab_size} entries and ${source} ` +
        `${tokenizer.vocabSize}; ${remedy}`,
    );
  }
  if (folder === undefined) return;
  const path = join(folder, "tokenizer.json");
  if (!await exists(path)) return;
  const [its, ours] = [(await readTokenizer(path)).tokenizer, tokenizer].map(digestOf);
  if (its !== ours) {
    throw new UsageError(
      `${refusal}: its tokenizer ${its} differs from ${source} ${ours}, though both have ` +
        `${tokenizer.vocabSize} entries; ${remedy}`,
    );
  }
}

/** Short digest of everything that affects ids, independent of formatting. */
function digestOf(tokenizer: Tokenizer): string {
  return createHash("sha256").update(formatTokenizer(tokenizer)).digest("hex").slice(0, 12);
}
