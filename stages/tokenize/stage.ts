/**
 * The stage: documents in, runs of ids out, in the same order.
 *
 * @module
 */

import { among, isBarrier, stamp } from "../barrier.ts";
import type { StageMeter } from "../meter.ts";
import { metered } from "../metered.ts";
import { bounded } from "../queue.ts";
import type { Barrier, Document, Split, Stage, TokenRun } from "../types.ts";
import type { DocumentIds, Encoders } from "./encoders.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";

/** Choices for {@linkcode tokenize}. */
export interface TokenizeOptions {
  /** Encodes the documents; its `endOfTextId` ends each of them. */
  readonly tokenizer: Tokenizer;
  /** Workers with this tokenizer, borrowed; without them this thread encodes. */
  readonly encoders?: Encoders;
  /** Which part of the corpus a document belongs to; `index` counts documents of the journal. */
  readonly split: (index: number, document: Document) => Split;
  /** Index of the first document that will arrive. */
  readonly startIndex?: number;
  /**
   * Counts what comes in and goes out, and where the time goes; off by default.
   */
  readonly meter?: StageMeter;
}

/** Characters of documents that may wait to be given to a worker. */
const QUEUE_CHARS = 2 ** 18;
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
 * import { assertEquals } from "@std/assert";
 * import { tokenize } from "./mod.ts";
 * import { trainTokenizer } from "../../tokenizer/mod.ts";
 * const tokenizer = await trainTokenizer(["ab ab"], { vocabSize: 259 });
 * const documents = ReadableStream.from([{
 *   id: "00f1e2d3c4b5a697", url: "file:///a.txt", title: "", text: "abab", lang: "en", fetchedAt: "",
 * }]);
 * const runs = documents.pipeThrough(tokenize({ tokenizer, split: () => "train" }));
 * const [run] = await Array.fromAsync(runs);
 * assertEquals(run?.ids.indexOf(tokenizer.endOfTextId), 2);
 * ```
 */
export function tokenize<In extends Document | Barrier = Document>(
  { tokenizer, encoders, split, startIndex = 0, meter }: TokenizeOptions,
): Stage<In, TokenRun> {
  let index = startIndex;
  const finish = new TransformStream<Started | Barrier, TokenRun | Barrier>({
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
  const start = new TransformStream<Document | Barrier, Started | Barrier>(
    {
      transform(value, controller) {
        controller.enqueue(isBarrier(value) ? value : { document: value, ids: encode(value) });
      },
    },
    bounded(QUEUE_CHARS, ({ text }: Document) => text.length),
    encoders && bounded(CHARS_AHEAD, ({ document }: Started) => document.text.length),
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
  const { writable, readable } = start;
  return among<In, TokenRun>(
    metered({ writable, readable: readable.pipeThrough(finish) }, meter),
  );
}

function failure({ id, url }: Document, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`Cannot tokenize document ${id} (${url}): ${reason}`, { cause });
}
