/**
 * The architecture of a run's model: that of its preset, or of the folder it starts from.
 *
 * @module
 */
import { latestCheckpoint, readModelConfig } from "../model/checkpoint/mod.ts";
import { type ModelConfig, presetConfig } from "../model/config.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { UsageError } from "../cli/flags.ts";
import { checkModelTokenizer } from "./model_tokenizer.ts";
import { rowsOf } from "./settings/model.ts";
import type { RunPaths, RunSettings } from "./folder.ts";

/**
 * Checks that the model in the folder `init` can be trained on rows of `context` tokens.
 *
 * @throws {UsageError} when it was not made for so many
 */
export async function checkContext(init: string, context: number): Promise<void> {
  const { max_position_embeddings: most } = await readModelConfig(init);
  if (context <= most) return;
  throw new UsageError(
    `Cannot use --context ${context} with --init ${init}: its max_position_embeddings is ${most}`,
  );
}

/** A model's configuration and the rows it is trained on. */
export interface RunConfig {
  readonly config: ModelConfig;
  /** B of one accumulation step. */
  readonly rows: number;
  /** T */
  readonly cols: number;
}

/**
 * The configuration of a run. One that starts from a folder has that folder's, and needs the folder
 * only until its first checkpoint; rows are cut to the model's context.
 *
 * @throws {UsageError} when model and tokenizer of the folder do not go together
 */
export async function runConfig(
  settings: RunSettings,
  { paths, tokenizer }: { paths: RunPaths; tokenizer: Tokenizer },
): Promise<RunConfig> {
  const { preset, context, recipe = "plain" } = settings;
  const rows = rowsOf(preset, { context });
  const { vocabSize, endOfTextId } = tokenizer;
  if (settings.init === "") {
    const config = presetConfig(preset, { vocabSize, endOfTextId, context, recipe });
    return { config, rows, cols: context };
  }
  const newest = await latestCheckpoint(paths.checkpoints);
  const config = await readModelConfig(newest ?? settings.init);
  await checkModelTokenizer(tokenizer, {
    config,
    source: paths.tokenizer,
    // A checkpoint's own settings are in its state, and checked when that is read.
    ...(newest === undefined && { folder: settings.init }),
    refusal: newest === undefined
      ? `Cannot start from --init ${settings.init}`
      : `Cannot go on from ${newest}`,
    remedy: "a run needs the tokenizer.json that its model was trained with",
  });
  return { config, rows, cols: Math.min(context, config.max_position_embeddings) };
}
