/**
 * The documents of a run by split: train and held out.
 *
 * @module
 */
import { randomStream } from "../model/random.ts";
import type { Ids } from "../stages/batch/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { Document } from "../stages/types.ts";
import { sourceOf } from "./document_source.ts";
import type { Origin } from "./draw_rows.ts";
import { HOLD_OUT, type HoldOutRule, splitter } from "./hold_out.ts";

/** Documents, readable in order. */
export interface Documents {
  /** Their number. */
  readonly count: number;
  /** UTF-8 bytes of their texts. */
  readonly bytes: number;
  documents(): ReadableStream<Document>;
}

/** Documents of the train split with their places in it, in the order of the journal. */
export async function* trainDocuments(
  { journal, rule }: { journal: Documents; rule: HoldOutRule },
): AsyncGenerator<{ place: number; document: Document }, void> {
  const splitOf = splitter(rule);
  let index = 0, place = 0;
  for await (const document of journal.documents()) {
    if (splitOf(index++, document) === "train") yield { place: place++, document };
  }
}

/** Options for reading held-out documents. */
export interface HeldOutOptions {
  readonly journal: Documents;
  readonly rule: HoldOutRule;
  readonly tokenizer: Tokenizer;
  /** The operands of the run. */
  readonly sources: readonly string[];
  /** Number of first documents of the journal to read, and their bytes; all by default. */
  readonly count?: number;
  readonly bytes?: number;
  /** Approximate bytes of text to encode, of documents chosen by their ids; all by default. */
  readonly sample?: { readonly seed: number; readonly bytes: number };
}

/** The tokens of held-out documents, document by document. */
export async function* heldOutRuns(
  options: HeldOutOptions,
): AsyncGenerator<Origin & { readonly ids: Ids }, void> {
  const { journal, rule, tokenizer, sources, sample } = options;
  const { count = journal.count, bytes = journal.bytes } = options;
  const splitOf = splitter(rule);
  const isWanted = sample ? chooser(sample, { of: bytes / HOLD_OUT }) : () => true;
  let place = 0;
  if (count === 0) return;
  for await (const document of journal.documents()) {
    if (splitOf(place, document) === "validation" && isWanted(document)) {
      const { id: docId, url, text } = document;
      const source = sourceOf(document, sources);
      yield { docId, url, source, place, ids: tokenizer.encodeDocument(text) };
    }
    if (++place >= count) return;
  }
}

/** Chooses documents by a hash of their ids, about `bytes` bytes of them. */
function chooser(
  { seed, bytes }: { seed: number; bytes: number },
  { of }: { of: number },
): (document: Pick<Document, "id">) => boolean {
  const random = randomStream(seed, { name: "validation-sample" });
  return ({ id }) => random.uniform(Number.parseInt(id.slice(0, 13), 16)) * of < bytes;
}
