/**
 * The stage: documents in, runs of ids out, in the same order.
 *
 * @module
 */

import { isBarrier, sizeOf, stamp } from "../barrier.ts";
import type { StageMeter } from "../meter.ts";
import type { Barrier, Document, Split, TokenRun } from "../types.ts";
import type { DocumentIds, Encoders } from "./encoders.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";

/** Choices for {@linkcode tokenize}. */
export interface TokenizeOptions {
  readonly tokenizer: Tokenizer;
  /** Workers with this tokenizer, borrowed; without them this thread encodes. */
  readonly encoders?: Encoders;
  /** Which part of the corpus a document belongs to; `index` counts documents of the journal. */
  readonly split: (index: number, document: Document) => Split;
  /** Index of the first document that will arrive. */
  readonly startIndex?: number;
  readonly meter?: StageMeter;
}

/** Characters of documents that workers may hold besides the one that is waited for. */
const CHARS_AHEAD = 2 ** 20;

/** A document that is being encoded. */
interface Started {
  readonly document: Document;
  readonly ids: DocumentIds | Promise<DocumentIds>;
}

/**
 * Encodes documents: one run for each, in order, ending with the end-of-text id. Text that looks
 * like a special token is ordinary text. The ids are the same for any number of workers.
 *
 * @throws {Error} (through the stream) naming a document that cannot be encoded
 * @example
 * ```ts
 * import { tokenize } from "./mod.ts";
 * import { trainTokenizer } from "../../tokenizer/mod.ts";
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
  { tokenizer, encoders, split, startIndex = 0, meter }: TokenizeOptions,
): TransformStream<Document | B, TokenRun | B> {
  let index = startIndex;
  const finish = new TransformStream<Started | B, TokenRun | B>({
    async transform(value, controller) {
      if (isBarrier(value)) {
        return controller.enqueue(stamp(value, { tokenize: { documents: index } }));
      }
      const { document, ids: started } = value;
      meter?.phase("busy");
      meter?.in(document.text.length);
      let ids: DocumentIds;
      try {
        ids = await started;
      } catch (cause) {
        throw failure(document, cause);
      }
      controller.enqueue({ docId: document.id, split: split(index++, document), ids });
      meter?.out(ids.length);
      meter?.phase("waiting");
    },
  });
  const start = new TransformStream<Document | B, Started | B>(
    {
      transform(value, controller) {
        controller.enqueue(isBarrier(value) ? value : { document: value, ids: encode(value) });
      },
    },
    undefined,
    encoders && {
      highWaterMark: CHARS_AHEAD,
      size: sizeOf(({ document }: Started) => document.text.length),
    },
  );
  const encode = (document: Document): DocumentIds | Promise<DocumentIds> => {
    if (encoders) {
      const ids = encoders.encode(document.text);
      // Heard of where the document's turn comes, if it ever does.
      ids.catch(() => {});
      return ids;
    }
    try {
      return tokenizer.encodeDocument(document.text);
    } catch (cause) {
      throw failure(document, cause);
    }
  };
  return { writable: start.writable, readable: start.readable.pipeThrough(finish) };
}

function failure({ id, url }: Document, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`Cannot tokenize document ${id} (${url}): ${reason}`, { cause });
}
