/**
 * The extract stage: from pages to the documents in them.
 *
 * @module
 */
import { among, isBarrier } from "../barrier.ts";
import { StageMeter } from "../meter.ts";
import { metered } from "../metered.ts";
import { bounded } from "../queue.ts";
import type { Barrier, Document, Page, Stage } from "../types.ts";
import { extractDocument, type ExtractDocumentOptions } from "./document.ts";
import type { ExtractAnswer } from "./extract_worker.ts";
import type { Extractors } from "./extractors.ts";

export {
  createDocument,
  DEFAULT_ENGINE,
  ENGINES,
  extractDocument,
  type ExtractDocumentOptions,
  type ExtractEngine,
  type Refusal,
} from "./document.ts";
export { type Extractors, type ExtractorsOptions, openExtractors } from "./extractors.ts";
export type { TextFormat } from "./render.ts";

/** Bytes of pages, and of text, that may wait on either side. */
const QUEUE_BYTES = 2 ** 20;
/** Bytes of pages that workers may hold besides the one that is waited for. */
const BYTES_AHEAD = 2 ** 21;

/** Options of {@linkcode extract}. */
export interface ExtractOptions extends Omit<ExtractDocumentOptions, "format"> {
  /** Workers with the same options, borrowed; without them this thread extracts. */
  readonly extractors?: Extractors;
  /** Counts bytes of pages and UTF-16 code units of texts; hears why a page was dropped. */
  readonly meter?: StageMeter;
  /** Errors the stream with its reason. */
  readonly signal?: AbortSignal;
}

/** A page that is being extracted. */
interface Started {
  readonly bytes: number;
  readonly result: ExtractAnswer | Promise<ExtractAnswer>;
}

/**
 * Takes the main text out of each page, in their order. HTML goes through a DOM parser after a scan
 * for nesting and attribute bombs, or in one pass over its tokens; plain text and Markdown pass
 * through decoded. Pages without text are dropped. The documents are the same for any number of
 * workers.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { extract } from "./mod.ts";
 * const page = {
 *   url: "https://example.org/",
 *   contentType: "text/plain",
 *   body: new TextEncoder().encode("Plain text."),
 *   fetchedAt: "2024-01-01T00:00:00.000Z",
 * };
 * const documents = await Array.fromAsync(ReadableStream.from([page]).pipeThrough(extract()));
 * assertEquals(documents[0]?.text, "Plain text.");
 * ```
 */
export function extract<In extends Page | Barrier = Page>(
  { extractors, meter = new StageMeter("extract"), signal, ...options }: ExtractOptions = {},
): Stage<In, Document> {
  const start = new TransformStream<Page | Barrier, Started | Barrier>(
    {
      transform(page, controller) {
        if (isBarrier(page)) return controller.enqueue(page);
        const bytes = page.body.byteLength;
        if (extractors) {
          const result = extractors.extract(page);
          // Heard of where the page's turn comes, if it ever does.
          result.catch(() => {});
          return controller.enqueue({ bytes, result });
        }
        meter.phase("busy");
        controller.enqueue({ bytes, result: extractDocument(page, options) });
        meter.phase("waiting");
      },
    },
    bounded(QUEUE_BYTES, ({ body }: Page) => body.byteLength),
    extractors && bounded(BYTES_AHEAD, ({ bytes }: Started) => bytes),
  );
  let abort: () => void = () => {};
  const release = () => signal?.removeEventListener("abort", abort);
  const finish = new TransformStream<Started | Barrier, Document | Barrier>(
    {
      start(controller) {
        signal?.throwIfAborted();
        abort = () => controller.error(signal?.reason);
        signal?.addEventListener("abort", abort, { once: true });
      },
      async transform(value, controller) {
        if (isBarrier(value)) return controller.enqueue(value);
        meter.in(value.bytes);
        meter.phase("busy");
        const result = await value.result;
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
    undefined,
    bounded(QUEUE_BYTES, ({ text }: Document) => text.length),
  );
  const { writable, readable } = start;
  return among<In, Document>(
    metered({ writable, readable: readable.pipeThrough(finish) }, meter),
  );
}
