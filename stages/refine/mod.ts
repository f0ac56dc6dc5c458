/**
 * Document → Document: clean text, nothing too short, nothing twice; on request also nothing of low
 * quality, in other languages or nearly twice.
 *
 * @module
 */

import { among, isBarrier, stamp } from "../barrier.ts";
import type { StageMeter } from "../meter.ts";
import { metered } from "../metered.ts";
import { bounded } from "../queue.ts";
import type { Barrier, Document, Stage } from "../types.ts";
import { type RefineParts, refiner, type RefineSteps } from "./refine_text.ts";
import { NO_REFINING, type RefineSettings } from "./settings.ts";

export { cleanText } from "./clean_text.ts";
export { type EvaluationGrams, openEvaluationGrams } from "./contamination.ts";
export { type LanguageDetector, LANGUAGES, loadLanguageDetector } from "./language.ts";
export { type JournalView, type NearIndex, type NearMatch, openNearIndex } from "./near_index.ts";
export { learnQuality, type QualityModel, type Texts } from "./quality.ts";
export type { RefineParts, RefineSteps } from "./refine_text.ts";
export { openSeenTexts, type SeenTexts } from "./seen_texts.ts";
export {
  type FilterLimits,
  type FilterName,
  FILTERS,
  NO_REFINING,
  parseLimits,
  type RefineSettings,
} from "./settings.ts";
export { openSiteLines, type SiteLines } from "./site_lines.ts";

/** Characters of documents that may wait. */
const QUEUE_CHARS = 2 ** 20;

/** Choices for {@linkcode refine}; databases are borrowed. */
export interface RefineOptions extends RefineParts {
  /** What the stage does beside cleaning; nothing by default. */
  readonly settings?: RefineSettings;
  /** Shorter texts, in UTF-16 code units after cleaning, are dropped. */
  readonly minChars?: number;
  /** Only a part of the steps, where the others are taken elsewhere; all by default. */
  readonly only?: RefineSteps | undefined;
  /**
   * Counts what comes in and goes out, and where the time goes; off by default.
   */
  readonly meter?: StageMeter;
}

/**
 * Cleans documents and drops those that are empty, too short, refused by one of the filters, or
 * duplicates of an earlier one with another id. Those that pass carry the hash of their text and
 * what was measured on the way.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openSeenTexts, refine } from "./mod.ts";
 * using seen = openSeenTexts(":memory:");
 * const page = { url: "http://a/", title: "", text: "Fellow  citizens \r\n", lang: "en", fetchedAt: "" };
 * const documents = ReadableStream.from([{ ...page, id: "1" }, { ...page, id: "2" }]);
 * const kept = await Array.fromAsync(documents.pipeThrough(refine({ seen, minChars: 10 })));
 * assertEquals(kept.map(({ text }) => text), ["Fellow  citizens"]);
 * ```
 */
export function refine<In extends Document | Barrier = Document>(
  { settings = NO_REFINING, minChars = 200, only, meter, ...parts }: RefineOptions,
): Stage<In, Document> {
  const refineOne = refiner(parts, { settings, minChars, only });
  const stage = new TransformStream<Document | Barrier, Document | Barrier>({
    transform(document, controller) {
      if (isBarrier(document)) {
        parts.lines?.flush();
        return controller.enqueue(stamp(document, { refine: { texts: parts.seen.flush() } }));
      }
      meter?.phase("busy");
      meter?.in(document.text.length);
      const outcome = refineOne(document);
      if ("reason" in outcome) meter?.drop({ item: document.url, ...outcome });
      else {
        controller.enqueue(outcome);
        meter?.out(outcome.text.length);
      }
      meter?.phase("waiting");
    },
  }, bounded(QUEUE_CHARS, ({ text }: Document) => text.length));
  return among<In, Document>(metered(stage, meter));
}
