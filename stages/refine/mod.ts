/**
 * Document → Document: clean text, nothing too short, nothing twice.
 *
 * @module
 */

import type { StageMeter } from "../meter.ts";
import type { Document } from "../types.ts";
import { cleanText } from "./clean_text.ts";
import type { SeenTexts } from "./seen_texts.ts";

export { cleanText } from "./clean_text.ts";
export { openSeenTexts, type SeenTexts } from "./seen_texts.ts";

/** Choices for {@linkcode refine}. */
export interface RefineOptions {
  /** Borrowed; shared by all runs over one corpus. */
  readonly seen: SeenTexts;
  /** Shorter texts, in UTF-16 code units after cleaning, are dropped. */
  readonly minChars?: number;
  readonly meter?: StageMeter;
}

/**
 * Cleans documents and drops those that are empty, too short, or exact duplicates of an earlier
 * one with another id.
 *
 * @example
 * ```ts
 * import { openSeenTexts, refine } from "./mod.ts";
 * using seen = openSeenTexts(":memory:");
 * const page = { url: "http://a/", title: "", text: "Fellow  citizens \r\n", lang: "en", fetchedAt: "" };
 * const documents = ReadableStream.from([{ ...page, id: "1" }, { ...page, id: "2" }]);
 * const kept = await Array.fromAsync(documents.pipeThrough(refine({ seen, minChars: 10 })));
 * console.assert(kept.length === 1 && kept[0]?.text === "Fellow  citizens");
 * ```
 */
export function refine(
  { seen, minChars = 200, meter }: RefineOptions,
): TransformStream<Document, Document> {
  return new TransformStream({
    transform(document, controller) {
      meter?.phase("busy");
      meter?.in(document.text.length);
      const text = cleanText(document.text);
      const first = text.length < Math.max(1, minChars) ? "" : seen.firstId(text, document.id);
      if (text === "") {
        meter?.drop({ item: document.url, reason: "empty", detail: "no text after cleaning" });
      } else if (text.length < minChars) {
        const detail = `${text.length} characters, --min-chars is ${minChars}`;
        meter?.drop({ item: document.url, reason: "too-short", detail });
      } else if (first !== document.id) {
        const detail = `same text as document ${first}`;
        meter?.drop({ item: document.url, reason: "duplicate", detail });
      } else {
        controller.enqueue({ ...document, text });
        meter?.out(text.length);
      }
      meter?.phase("waiting");
    },
  });
}
