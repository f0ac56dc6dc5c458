/**
 * The architecture of a run's model: its preset's, or that of the folder it starts from.
 *
 * @module
 */
import { latestCheckpoint, readModelConfig } from "../model/checkpoint/mod.ts";
import { type ModelConfig, presetConfig, PRESETS } from "../model/config.ts";
import type { Tokenizer } from "../stages/tokenize/mod.ts";
import { checkModelTokenizer } from "./model_tokenizer.ts";
import type { RunPaths, RunSettings } from "./run_folder.ts";

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
 * only until its first checkpoint; rows are the preset's, cut to the model's context.
 *
 * @throws {UsageError} when model and tokenizer of the folder do not go together
 */
export async function runConfig(
  settings: RunSettings,
  { paths, tokenizer }: { paths: RunPaths; tokenizer: Tokenizer },
): Promise<RunConfig> {
  const { rows, cols } = PRESETS[settings.preset];
  const { vocabSize, endOfTextId } = tokenizer;
  if (settings.init === "") {
    return { config: presetConfig(settings.preset, { vocabSize, endOfTextId }), rows, cols };
  }
  const newest = await latestCheckpoint(paths.checkpoints);
  const config = await readModelConfig(newest ?? settings.init);
  await checkModelTokenizer(tokenizer, {
    ...{ config, source: paths.tokenizer },
    // What a checkpoint was trained with is in its state, and looked at when that is read.
    ...(newest === undefined && { folder: settings.init }),
    refusal: newest === undefined
      ? `Cannot start from --init ${settings.init}`
      : `Cannot go on from ${newest}`,
    remedy: "a run needs the tokenizer.json that its model was trained with",
  });
  return { config, rows, cols: Math.min(cols, config.max_position_embeddings) };
}
