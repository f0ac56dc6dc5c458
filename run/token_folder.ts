/**
 * A folder of tokens without a corpus: `tokenizer.json` and `tokens/`, as in a run.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { exists, replaceFile } from "../model/durable.ts";
import { openStore, readStore, type Store, type StoreReader } from "../stages/store/mod.ts";
import { readTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import { UsageError } from "../cli/flags.ts";
import { makeFolder } from "./make_folder.ts";
import { lockForReading } from "./lock.ts";

/** Tokens and their tokenizer. */
export interface TokenFolder<S extends StoreReader = StoreReader> extends AsyncDisposable {
  readonly store: S;
  readonly tokenizer: Tokenizer;
  /** The text of tokenizer.json. */
  readonly json: string;
}

/** Opens the tokens in `root`, a run or a folder of {@linkcode createTokenFolder}, to read them. */
export async function openTokenFolder(root: string): Promise<TokenFolder> {
  const [tokenizerPath, dir] = [join(root, "tokenizer.json"), join(root, "tokens")];
  if (!await exists(tokenizerPath) || !await exists(dir)) {
    throw new UsageError(
      `Cannot read the tokens of ${root}: it needs tokenizer.json and tokens/, as a run has them`,
    );
  }
  await using resources = new AsyncDisposableStack();
  // The contents of a running run change all the time.
  if (await exists(join(root, "run.json"))) resources.use(await lockForReading(root));
  const tokenizer = await readTokenizer(tokenizerPath);
  const store = resources.use(await readStore({ dir, ...identify(tokenizer) }));
  const held = resources.move();
  return { store, ...tokenizer, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Makes the folder `root` for the tokens of a tokenizer; it must not hold any yet. */
export async function createTokenFolder(root: string, json: string): Promise<TokenFolder<Store>> {
  const [tokenizerPath, dir] = [join(root, "tokenizer.json"), join(root, "tokens")];
  if (await exists(dir)) {
    throw new UsageError(`Cannot write tokens to ${root}: it holds some; name another --output`);
  }
  await makeFolder(root, { flag: "output" });
  await replaceFile(tokenizerPath, json);
  const tokenizer = await readTokenizer(tokenizerPath);
  const store = await openStore({ dir, ...identify(tokenizer) });
  return { store, ...tokenizer, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

function identify({ tokenizer, json }: { tokenizer: Tokenizer; json: string }) {
  const tokenizerHash = createHash("sha256").update(json).digest("hex");
  return { vocabSize: tokenizer.vocabSize, tokenizerHash };
}
