/**
 * Document → TokenRun: byte-level BPE, its training, and the tokenizer.json it is kept in.
 *
 * @module
 */

import { isBarrier, stamp } from "../barrier.ts";
import type { StageMeter } from "../meter.ts";
import type { Barrier, Document, Split, TokenRun } from "../types.ts";
import type { Tokenizer } from "./tokenizer.ts";

export type { SplitName } from "./pretokenize.ts";
export { parseTiktoken, type TiktokenOptions } from "./tiktoken.ts";
export {
  type DecodeStream,
  type EncodeOptions,
  type EncodeStream,
  type SpecialToken,
  Tokenizer,
  type TokenizerParts,
} from "./tokenizer.ts";
export { formatTokenizer, parseTokenizer } from "./tokenizer_json.ts";
export {
  type TrainingText,
  type TrainProgress,
  trainTokenizer,
  type TrainTokenizerOptions,
} from "./train.ts";

/** Choices for {@linkcode tokenize}. */
export interface TokenizeOptions {
  readonly tokenizer: Tokenizer;
  /** Which part of the corpus a document belongs to; `index` counts documents of the journal. */
  readonly split: (index: number, document: Document) => Split;
  /** Index of the first document that will arrive. */
  readonly startIndex?: number;
  readonly meter?: StageMeter;
}

/**
 * Encodes documents: one run for each, in order, ending with the end-of-text id. Text that looks
 * like a special token is ordinary text.
 *
 * @example
 * ```ts
 * import { tokenize, trainTokenizer } from "./mod.ts";
 * const tokenizer = await trainTokenizer(["ab ab"], { vocabSize: 259 });
 * const documents = ReadableStream.from([{
 *   id: "00f1e2d3c4b5a697", url: "file:///a.txt", title: "", text: "abab", lang: "en", fetchedAt: "",
 * }]);
 * for await (const run of documents.pipeThrough(tokenize({ tokenizer, split: () => "train" }))) {
 *   console.assert(run.ids.length === 3 && run.ids[2] === tokenizer.endOfTextId);
 * }
 * ```
 */
export function tokenize(options: TokenizeOptions): TransformStream<Document, TokenRun>;
/** The same among barriers. */
export function tokenize<B extends Barrier>(
  options: TokenizeOptions,
): TransformStream<Document | B, TokenRun | B>;
export function tokenize<B extends Barrier>(
  { tokenizer, split, startIndex = 0, meter }: TokenizeOptions,
): TransformStream<Document | B, TokenRun | B> {
  const Ids = tokenizer.vocabSize <= 65536 ? Uint16Array : Uint32Array;
  let index = startIndex;
  return new TransformStream({
    transform(document, controller) {
      if (isBarrier(document)) {
        return controller.enqueue(stamp(document, { tokenize: { documents: index } }));
      }
      meter?.phase("busy");
      meter?.in(document.text.length);
      const encoded = tokenizer.encode(document.text);
      const ids = new Ids(encoded.length + 1);
      ids.set(encoded);
      ids[encoded.length] = tokenizer.endOfTextId;
      controller.enqueue({ docId: document.id, split: split(index++, document), ids });
      meter?.out(ids.length);
      meter?.phase("waiting");
    },
  });
}
