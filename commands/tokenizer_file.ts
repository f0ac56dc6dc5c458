/**
 * The tokenizer of a run: read where there is one, learned from the journal where not.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { replaceFile } from "../stages/durable.ts";
import type { Journal } from "../stages/journal/mod.ts";
import type { Status } from "../stages/report/mod.ts";
import {
  formatTokenizer,
  readTokenizer,
  type Tokenizer,
  trainTokenizer,
} from "../stages/tokenize/mod.ts";
import type { RunPaths } from "./run_folder.ts";

/** Characters of text that the tokenizer is trained on at most. */
export const SAMPLE_CHARS = 64 * 2 ** 20;

/** A tokenizer and what it is kept as. */
export interface TokenizerFile {
  readonly tokenizer: Tokenizer;
  readonly json: string;
  /** SHA-256 of `json`, hexadecimal. */
  readonly hash: string;
}

function withHash(tokenizer: Tokenizer, json: string): TokenizerFile {
  return { tokenizer, json, hash: createHash("sha256").update(json).digest("hex") };
}

/** The run's tokenizer or, for a new run that starts from another model, that model's. */
export async function loadTokenizer(
  paths: RunPaths,
  { init }: { init: string },
): Promise<TokenizerFile | undefined> {
  const candidates = [paths.tokenizer, ...(init === "" ? [] : [join(init, "tokenizer.json")])];
  for (const source of candidates) {
    try {
      const { tokenizer, json } = await readTokenizer(source);
      const loaded = withHash(tokenizer, json);
      if (source !== paths.tokenizer) await write(paths, json);
      return loaded;
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    }
  }
  if (init !== "") throw new TypeError(`Cannot use --init ${init}: it has no tokenizer.json`);
  return undefined;
}

/** Learns a tokenizer from the first documents of the journal and writes it to the run folder. */
export async function learnTokenizer(
  paths: RunPaths,
  { journal, vocab, status, signal }: {
    journal: Journal;
    vocab: number;
    status: Status;
    signal: AbortSignal;
  },
): Promise<TokenizerFile> {
  async function* sample(): AsyncGenerator<string> {
    let chars = 0;
    for await (const { text } of journal.documents({ follow: true, signal })) {
      yield text;
      chars += text.length;
      if (chars >= SAMPLE_CHARS) return;
    }
  }
  let isMerging = false;
  const tokenizer = await trainTokenizer(sample(), {
    vocabSize: vocab,
    onProgress({ phase }) {
      signal.throwIfAborted();
      if (phase === "merge" && !isMerging) status.phase("training the tokenizer");
      isMerging = phase === "merge";
    },
  });
  const json = formatTokenizer(tokenizer);
  await write(paths, json);
  return withHash(tokenizer, json);
}

async function write({ tokenizer }: RunPaths, json: string): Promise<void> {
  await replaceFile(tokenizer, json);
}
