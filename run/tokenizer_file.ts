/**
 * The tokenizer of a run: read from its file, or learned from the journal.
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

/** Most characters of text to train the tokenizer on. */
export const SAMPLE_CHARS = 64 * 2 ** 20;
/** Hexadecimal digits of a document's id, a digest, that decide whether it is sampled. */
const ID_DIGITS = 12;

/** A tokenizer and its file. */
export interface TokenizerFile {
  readonly tokenizer: Tokenizer;
  readonly json: string;
  /** SHA-256 of `json`, hexadecimal. */
  readonly hash: string;
}

function withHash(tokenizer: Tokenizer, json: string): TokenizerFile {
  return { tokenizer, json, hash: createHash("sha256").update(json).digest("hex") };
}

/** The run's tokenizer, or that of the model from which a new run starts. */
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

/** Options of {@linkcode learnTokenizer}. */
export interface LearnOptions {
  readonly journal: Journal;
  readonly vocab: number;
  /**
   * Code units of text to wait for. Beyond {@linkcode SAMPLE_CHARS}, the tokenizer is learned from a
   * uniform sample; from the first {@linkcode SAMPLE_CHARS} where undefined.
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

/** Characters of text per vocabulary entry below which many entries are poorly learned. */
const FEW_CHARS = 100;

/** Warnings about a tokenizer: a small vocabulary, or too little text. */
export function describeLearned(
  { documents, chars, vocab, wanted, stored, goesOn }: {
    /** Characters of the text it was learned from. */
    documents: number;
    chars: number;
    vocab: number;
    /** Requested size of the vocabulary. */
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
        "is learned from has no more repeated pairs.",
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

/** Counts the texts that pass through. */
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

/** Texts of the journal's first documents, up to `chars` code units in total. */
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
 * Waits until the journal has `chars` code units or is complete, and yields those texts or, where they
 * exceed `sampleChars`, a sample of about that size, chosen by the documents' ids.
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
