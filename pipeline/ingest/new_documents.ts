/**
 * Document → Document: passes on new documents, and fails if the corpus would end up empty.
 *
 * @module
 */
import { isBarrier } from "../../stages/barrier.ts";
import { bounded } from "../../stages/queue.ts";
import type { Barrier, Document } from "../../stages/types.ts";

/** Bound of the input queue, in characters of documents. */
const QUEUE_CHARS = 2 ** 20;

/** Choices for {@linkcode newDocuments}. */
export interface NewDocumentsOptions {
  /** Whether a document is new. */
  readonly isNew: (id: string) => boolean;
  /** Whether the corpus already has documents. */
  readonly hasDocuments: boolean;
  /** Error for a corpus without a document. */
  readonly refuseEmpty: () => Error;
}

/**
 * Drops documents seen before, in this session or an earlier one, and fails at the end of a corpus
 * without any: there is nothing to train on, and sealing the corpus would prevent a second try.
 */
export function newDocuments(
  { isNew, hasDocuments, refuseEmpty }: NewDocumentsOptions,
): ReadableWritablePair<Document | Barrier, Document | Barrier> {
  let isEmpty = !hasDocuments;
  return new TransformStream<Document | Barrier, Document | Barrier>({
    transform(document, controller) {
      // Sources that yielded nothing are read from the start again next time.
      if (isBarrier(document) ? isEmpty : !isNew(document.id)) return;
      isEmpty = false;
      controller.enqueue(document);
    },
    flush() {
      if (isEmpty) throw refuseEmpty();
    },
  }, bounded(QUEUE_CHARS, ({ text }: Document) => text.length));
}
