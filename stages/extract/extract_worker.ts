/**
 * The worker of {@linkcode "./extractors.ts"}: takes the text out of the pages it is sent, one after
 * another. It needs no permissions.
 *
 * @module
 */
import type { Document, Page } from "../types.ts";
import { workerScope } from "../worker_pool.ts";
import { extractDocument, type ExtractDocumentOptions, type Refusal } from "./document.ts";

/** What a worker is told: first how to extract, then pages. */
export type ExtractRequest =
  | {
    readonly kind: "open";
    readonly options: ExtractDocumentOptions;
    /** One word: pages that were answered, -1 until the worker is ready. */
    readonly progress: Int32Array<SharedArrayBuffer>;
  }
  | { readonly kind: "extract"; readonly page: Page };

/** What it answers to a page, in the order of the pages. */
export type ExtractAnswer = Document | Refusal;

const scope = workerScope<ExtractRequest, ExtractAnswer>();
let options: ExtractDocumentOptions = {};
let progress: Int32Array | undefined;

scope.addEventListener("message", ({ data }) => {
  if (data.kind === "open") {
    ({ options, progress } = data);
    Atomics.store(progress, 0, 0);
    return;
  }
  scope.postMessage(extractDocument(data.page, options));
  if (progress) Atomics.add(progress, 0, 1);
});
