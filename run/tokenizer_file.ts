/**
 * The tokenizer of a run: read where there is one, learned from the journal where not.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { replaceFile } from "../model/durable.ts";
import type { Journal } from "../stages/journal/mod.ts";
import type { Status } from "../stages/report/mod.ts";
import {
  formatTokenizer,
  readTokenizer,
  type Tokenizer,
  trainTokenizer,
} from "../tokenizer/mod.ts";
import type { RunPaths } from "./folder.ts";

/** Characters of text that the tokenizer is trained on at most. */
export const SAMPLE_CHARS = 64 * 2 ** 20;
/** Hexadecimal digits of a document's id that decide whether it is sampled: ids are digests. */
const ID_DIGITS = 12;

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

/** What {@linkcode learnTokenizer} needs. */
export interface LearnOptions {
  readonly journal: Journal;
  readonly vocab: number;
  /**
   * Code units of text after which no more documents are waited for. Of more than
   * {@linkcode SAMPLE_CHARS} a uniform sample is learned from; the first so many where undefined.
   */
  readonly chars: number | undefined;
  readonly status: Pick<Status, "note" | "phase">;
  readonly signal: AbortSignal;
}

/** Learns a tokenizer from the journal and writes it to the run folder. */
export async function learnTokenizer(
  paths: RunPaths,
  { journal, vocab, chars, status, signal }: LearnOptions,
): Promise<TokenizerFile> {
  const texts = chars === undefined
    ? firstTexts(journal, { follow: true, signal, chars: SAMPLE_CHARS })
    : sampledTexts(journal, { chars, sampleChars: SAMPLE_CHARS, signal });
  let isMerging = false;
  const size = { documents: 0, chars: 0 };
  const tokenizer = await trainTokenizer(counted(texts, size), {
    vocabSize: vocab,
    onProgress({ phase }) {
      signal.throwIfAborted();
      if (phase === "merge" && !isMerging) status.phase("training the tokenizer");
      isMerging = phase === "merge";
    },
  });
  const lines = describeLearned({
    ...size,
    vocab: tokenizer.vocabSize,
    wanted: vocab,
    goesOn: !journal.sealed,
    stored: journal.count,
  });
  for (const line of lines) status.note(line);
  const json = formatTokenizer(tokenizer);
  await write(paths, json);
  return withHash(tokenizer, json);
}

/** Characters of text for each token of the vocabulary below which little is known of many. */
const FEW_CHARS = 100;

/** What a person should know of a tokenizer: what it lacks, and that it comes of little text. */
export function describeLearned(
  { documents, chars, vocab, wanted, stored, goesOn }: {
    /** Of the text it was learned from. */
    documents: number;
    chars: number;
    vocab: number;
    /** Size that the vocabulary was to have. */
    wanted: number;
    /** Documents of the corpus so far, and whether more may come. */
    stored: number;
    goesOn: boolean;
  },
): string[] {
  const count = (n: number) => n.toLocaleString("en");
  const few = documents === 1 ? "1 document" : `${count(documents)} documents`;
  const isPart = goesOn || stored > documents;
  return [
    ...vocab < wanted
      ? [
        `The vocabulary has ${count(vocab)} tokens instead of ${count(wanted)}: the text that it ` +
        "is learned from has no more pairs that come twice.",
      ]
      : [],
    ...isPart && chars < FEW_CHARS * wanted
      ? [
        `warning: the tokenizer is learned from ${few} alone (${count(chars)} characters), which ` +
        "came first: begin again with a higher --warm-up-corpus, or without one",
      ]
      : [],
  ];
}

/** Counts what passes through. */
async function* counted(
  texts: AsyncIterable<string>,
  size: { documents: number; chars: number },
): AsyncGenerator<string> {
  for await (const text of texts) {
    size.documents++;
    size.chars += text.length;
    yield text;
  }
}

/** Texts of the journal's first documents, until they have `chars` code units together. */
async function* firstTexts(
  journal: Journal,
  { chars, follow, signal }: { chars: number; follow: boolean; signal: AbortSignal },
): AsyncGenerator<string> {
  let passed = 0;
  for await (const { text } of journal.documents({ follow, signal })) {
    yield text;
    passed += text.length;
    if (passed >= chars) return;
  }
}

/**
 * Waits until the journal has `chars` code units or is complete, and gives all of those texts or,
 * where they are more than `sampleChars`, about as many, which their documents' ids choose.
 */
export async function* sampledTexts(
  journal: Journal,
  { chars, sampleChars, signal }: { chars: number; sampleChars: number; signal: AbortSignal },
): AsyncGenerator<string> {
  let documents = 0, found = 0;
  for await (const text of firstTexts(journal, { chars, follow: true, signal })) {
    documents++;
    found += text.length;
  }
  const share = sampleChars / found;
  let index = 0;
  for await (const { id, text } of journal.documents({ signal })) {
    if (index++ === documents) return;
    if (Number.parseInt(id.slice(0, ID_DIGITS), 16) < share * 16 ** ID_DIGITS) yield text;
  }
}

async function write({ tokenizer }: RunPaths, json: string): Promise<void> {
  await replaceFile(tokenizer, json);
}
