/**
 * The held-out documents: a tenth of the corpus, never trained on.
 *
 * @module
 */
import { evaluationBatches } from "../stages/batch/mod.ts";
import type { Journal } from "../stages/journal/mod.ts";
import { tokenize, type Tokenizer } from "../stages/tokenize/mod.ts";
import type { Batch, Document } from "../stages/types.ts";
import { type HoldOutRule, splitter } from "./hold_out.ts";
import { SAMPLE_CHARS } from "./tokenizer_file.ts";

/** Rows of the fixed validation set, and rows that one document may take of them. */
export const MAX_ROWS = 96, ROWS_EACH = 4;

/** Documents of the train split with their places in it, in the order of the journal. */
export async function* trainDocuments(
  { journal, rule }: { journal: Journal; rule: HoldOutRule },
): AsyncGenerator<{ place: number; document: Document }, void> {
  const splitOf = splitter(rule);
  let index = 0, place = 0;
  for await (const document of journal.documents()) {
    if (splitOf(index++, document) === "train") yield { place: place++, document };
  }
}

/** What {@linkcode heldOutBatches} reads. */
export interface HeldOutOptions {
  readonly journal: Journal;
  readonly rule: HoldOutRule;
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
  { journal, rule, tokenizer, rows, cols }: HeldOutOptions,
): ReadableStream<Batch> {
  return evaluationBatches({
    runs: ReadableStream.from(heldOutDocuments({ journal, rule })).pipeThrough(
      tokenize({ tokenizer, split: () => "validation" }),
    ),
    rows,
    cols,
    maxRows: MAX_ROWS,
    maxTokensPerDocument: ROWS_EACH * cols,
  });
}

/** The held-out documents that {@linkcode heldOutBatches} are made of. */
export async function* heldOutDocuments(
  { journal, rule }: { journal: Journal; rule: HoldOutRule },
): AsyncGenerator<Document> {
  const splitOf = splitter(rule);
  let chars = 0;
  let index = 0;
  for await (const document of journal.documents()) {
    if (chars >= SAMPLE_CHARS) return;
    chars += document.text.length;
    if (splitOf(index++, document) === "validation") yield document;
  }
}
