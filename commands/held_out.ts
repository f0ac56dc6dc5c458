/**
 * The held-out documents: each tenth of the corpus, never trained on.
 *
 * @module
 */
import { evaluationBatches } from "../stages/batch/mod.ts";
import type { Journal } from "../stages/journal/mod.ts";
import { tokenize, type Tokenizer } from "../stages/tokenize/mod.ts";
import type { Batch, Document, Split } from "../stages/types.ts";
import { SAMPLE_CHARS } from "./tokenizer_file.ts";

/** One document in so many is held out. */
const HOLD_OUT = 10;
/** Rows of the fixed validation set, and rows that one document may take of them. */
export const MAX_ROWS = 96, ROWS_EACH = 4;

/** The part of the corpus that document `index` of the journal belongs to. */
export function splitOf(index: number): Split {
  return index % HOLD_OUT === HOLD_OUT - 1 ? "validation" : "train";
}

/** The place among the documents of the train split that document `index` of the journal has. */
export function trainIndexOf(index: number): number {
  return index - Math.floor(index / HOLD_OUT);
}

/** The inverse of {@linkcode trainIndexOf}. */
export function journalIndexOf(trainIndex: number): number {
  return trainIndex + Math.floor(trainIndex / (HOLD_OUT - 1));
}

/** What {@linkcode heldOutBatches} reads. */
export interface HeldOutOptions {
  readonly journal: Journal;
  readonly tokenizer: Tokenizer;
  /** B */
  readonly rows: number;
  /** T */
  readonly cols: number;
}

/**
 * Batches over the beginnings of held-out documents. Only documents that the tokenizer could be
 * trained on take part: they were in the journal before the first step, so that every validation of
 * a run is over the same text however far the crawl has come.
 */
export function heldOutBatches(
  { journal, tokenizer, rows, cols }: HeldOutOptions,
): ReadableStream<Batch> {
  return evaluationBatches({
    runs: ReadableStream.from(heldOutDocuments(journal)).pipeThrough(
      tokenize({ tokenizer, split: () => "validation" }),
    ),
    rows,
    cols,
    maxRows: MAX_ROWS,
    maxTokensPerDocument: ROWS_EACH * cols,
  });
}

/** The held-out documents that {@linkcode heldOutBatches} are made of. */
export async function* heldOutDocuments(journal: Journal): AsyncGenerator<Document> {
  let chars = 0;
  let index = 0;
  for await (const document of journal.documents()) {
    if (chars >= SAMPLE_CHARS) return;
    chars += document.text.length;
    if (splitOf(index++) === "validation") yield document;
  }
}
