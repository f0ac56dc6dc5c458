/**
 * A folder of tokens without a corpus: `tokenizer.json` and `tokens/`, as in a run.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { exists } from "../model/durable.ts";
import { replaceFile } from "../stages/durable.ts";
import { openStore, type Store } from "../stages/store/mod.ts";
import { readTokenizer, type Tokenizer } from "../stages/tokenize/mod.ts";
import { UsageError } from "./flags.ts";
import { lockRun } from "./run_lock.ts";

/** Tokens and what made them. */
export interface TokenFolder extends AsyncDisposable {
  readonly store: Store;
  readonly tokenizer: Tokenizer;
  /** The text of tokenizer.json. */
  readonly json: string;
}

/** Opens the tokens in `root`, a run or a folder of {@linkcode createTokenFolder}. */
export async function openTokenFolder(root: string): Promise<TokenFolder> {
  const [tokenizerPath, dir] = [join(root, "tokenizer.json"), join(root, "tokens")];
  if (!await exists(tokenizerPath) || !await exists(dir)) {
    throw new UsageError(
      `Cannot read the tokens of ${root}: it needs tokenizer.json and tokens/, as a run has them`,
    );
  }
  await using resources = new AsyncDisposableStack();
  // What a run has not flushed yet is cut off here, so nobody may be writing.
  if (await exists(join(root, "run.json"))) resources.use(await lockRun(root));
  const folder = resources.use(await open(await readTokenizer(tokenizerPath), dir));
  const held = resources.move();
  return { ...folder, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Makes the folder `root` for the tokens of a tokenizer; it must not hold any yet. */
export async function createTokenFolder(root: string, json: string): Promise<TokenFolder> {
  const [tokenizerPath, dir] = [join(root, "tokenizer.json"), join(root, "tokens")];
  if (await exists(dir)) {
    throw new UsageError(`Cannot write tokens to ${root}: it holds some; name another --output`);
  }
  await Deno.mkdir(root, { recursive: true });
  await replaceFile(tokenizerPath, json);
  return await open(await readTokenizer(tokenizerPath), dir);
}

async function open(
  { tokenizer, json }: { tokenizer: Tokenizer; json: string },
  dir: string,
): Promise<TokenFolder> {
  const store = await openStore({
    dir,
    vocabSize: tokenizer.vocabSize,
    tokenizerHash: createHash("sha256").update(json).digest("hex"),
  });
  return { store, tokenizer, json, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}
