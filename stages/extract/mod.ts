/**
 * The extract stage: from pages to the documents in them.
 *
 * @module
 */
import { isBarrier, sizeOf } from "../barrier.ts";
import { StageMeter } from "../meter.ts";
import type { Barrier, Document, Page } from "../types.ts";
import { type Engine, extractDocument } from "./document.ts";

export {
  type Engine,
  ENGINES,
  extractDocument,
  type ExtractDocumentOptions,
  type Refusal,
} from "./document.ts";
export type { TextFormat } from "./render.ts";

/** Bytes of pages, and of text, that may wait on either side. */
const QUEUE_BYTES = 2 ** 20;

/** Options of {@linkcode extract}. */
export interface ExtractOptions {
  /** How main text is found; in a tree unless stated. */
  readonly engine?: Engine;
  /** Elements inside one another; deeper pages are dropped as malformed. */
  readonly maxDepth?: number;
  /** Attributes of one element; pages with more are dropped as malformed. */
  readonly maxAttributes?: number;
  readonly meter?: StageMeter;
  readonly signal?: AbortSignal;
}

/**
 * Takes the main text out of each page. HTML goes through a DOM parser after a scan for nesting and
 * attribute bombs, or in one pass over its tokens; plain text and Markdown pass through decoded. Pages without text are dropped.
 *
 * @example
 * ```ts
 * import { extract } from "./mod.ts";
 * const page = {
 *   url: "https://example.org/",
 *   contentType: "text/plain",
 *   body: new TextEncoder().encode("Plain text."),
 *   fetchedAt: "2024-01-01T00:00:00.000Z",
 * };
 * const documents = await Array.fromAsync(ReadableStream.from([page]).pipeThrough(extract()));
 * console.assert(documents[0]?.text === "Plain text.");
 * ```
 */
export function extract(options?: ExtractOptions): TransformStream<Page, Document>;
/** The same among barriers. */
export function extract<B extends Barrier>(
  options?: ExtractOptions,
): TransformStream<Page | B, Document | B>;
export function extract<B extends Barrier>({
  engine = "dom",
  maxDepth = 512,
  maxAttributes = 256,
  meter = new StageMeter("extract"),
  signal,
}: ExtractOptions = {}): TransformStream<Page | B, Document | B> {
  let abort: () => void = () => {};
  const release = () => signal?.removeEventListener("abort", abort);
  return new TransformStream<Page | B, Document | B>(
    {
      start(controller) {
        signal?.throwIfAborted();
        abort = () => controller.error(signal?.reason);
        signal?.addEventListener("abort", abort, { once: true });
      },
      transform(page, controller) {
        if (isBarrier(page)) return controller.enqueue(page);
        meter.phase("busy");
        meter.in(page.body.byteLength);
        const result = extractDocument(page, { engine, maxDepth, maxAttributes });
        if ("reason" in result) meter.drop(result);
        else {
          meter.out(result.text.length);
          controller.enqueue(result);
        }
        meter.phase("waiting");
      },
      flush: release,
      cancel: release,
    },
    { highWaterMark: QUEUE_BYTES, size: sizeOf((page: Page) => page.body.byteLength) },
    { highWaterMark: QUEUE_BYTES, size: sizeOf((document: Document) => document.text.length) },
  );
}
