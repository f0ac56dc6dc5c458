/**
 * Opens the tokens of a run for a command.
 *
 * @module
 */
import { join } from "node:path";
import { exists } from "../model/durable.ts";
import type { StoreReader } from "../stages/store/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { UsageError } from "../cli/flags.ts";
import { noRun, openRun } from "./open.ts";
import { openTokenFolder } from "./token_folder.ts";

/** The tokens of a run and their tokenizer. */
export interface OpenTokens extends AsyncDisposable {
  readonly store: StoreReader;
  readonly tokenizer: Tokenizer;
}

/**
 * Opens the run in folder `root`, locked against writers until it is disposed, or a folder with tokens
 * alone.
 *
 * @throws {UsageError} when it is not a run or has no tokenizer yet
 */
export async function openTokens(root: string): Promise<OpenTokens> {
  if (!await exists(root)) throw await noRun(root);
  if (!await exists(join(root, "run.json"))) return await openTokenFolder(root);
  const run = await openRun(root);
  const { store, tokenizer } = run;
  if (!store || !tokenizer) {
    await run[Symbol.asyncDispose]();
    throw new UsageError(`Cannot read the tokens of ${root}: it has no tokenizer yet`);
  }
  return {
    store,
    tokenizer: tokenizer.tokenizer,
    [Symbol.asyncDispose]: () => run[Symbol.asyncDispose](),
  };
}
