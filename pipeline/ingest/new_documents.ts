/**
 * Document → Document: those that the corpus does not hold yet, of which there must be one.
 *
 * @module
 */
import { isBarrier } from "../../stages/barrier.ts";
import { bounded } from "../../stages/queue.ts";
import type { Barrier, Document } from "../../stages/types.ts";

/** Characters of documents that may wait. */
const QUEUE_CHARS = 2 ** 20;

/** Choices for {@linkcode newDocuments}. */
export interface NewDocumentsOptions {
  /** Whether a document has come for the first time. */
  readonly isNew: (id: string) => boolean;
  /** Whether the corpus holds documents already. */
  readonly hasDocuments: boolean;
  /** What is thrown where the corpus would end without a document. */
  readonly refuseEmpty: () => Error;
}

/**
 * Leaves out documents that came before, in this session or an earlier one, and fails at the end of a
 * corpus without any: nothing could be trained, and a corpus declared complete could not be filled by
 * a second try.
 */
export function newDocuments(
  { isNew, hasDocuments, refuseEmpty }: NewDocumentsOptions,
): ReadableWritablePair<Document | Barrier, Document | Barrier> {
  let isEmpty = !hasDocuments;
  return new TransformStream<Document | Barrier, Document | Barrier>({
    transform(document, controller) {
      // Sources that brought nothing are read from the start again, once they are mended.
      if (isBarrier(document) ? isEmpty : !isNew(document.id)) return;
      isEmpty = false;
      controller.enqueue(document);
    },
    flush() {
      if (isEmpty) throw refuseEmpty();
    },
  }, bounded(QUEUE_CHARS, ({ text }: Document) => text.length));
}
