/**
 * What came of the pages of one sitting, in one line.
 *
 * @module
 */
import type { Journal } from "../stages/journal/mod.ts";
import type { StageMeter } from "../stages/meter.ts";
import { isBarrier } from "../stages/barrier.ts";
import type { Barrier, Document } from "../stages/types.ts";
import { UsageError } from "./flags.ts";
import { countsText, type DropLog } from "./drop_log.ts";

/** Counts of one sitting. */
export interface IntakeCounts {
  /** Pages, files or records that a source brought or gave up. */
  readonly pages: number;
  /** Documents new in the corpus. */
  readonly documents: number;
  readonly dropped: DropLog["counts"];
}

/** Counts what went through the meters of the sources and of the journal. */
export function countIntake(
  { sources, journal, drops }: {
    sources: readonly StageMeter[];
    journal: StageMeter;
    drops: DropLog;
  },
): IntakeCounts {
  const pages = sources.map((meter) => meter.counts()).reduce(
    (sum, { itemsOut, dropped }) =>
      Object.values(dropped).reduce((all, count) => all + count, sum + itemsOut),
    0,
  );
  return { pages, documents: journal.counts().itemsIn, dropped: drops.counts };
}

/** `Pages: 104 seen, 30 documents kept, 74 dropped (no-text 74), listed in …/dropped.jsonl`. */
export function describeIntake(
  { pages, documents, dropped }: IntakeCounts,
  { list }: { list: string | undefined },
): string {
  const count = Object.values(dropped).reduce((sum, each) => sum + each, 0);
  const losses = count === 0
    ? "none dropped"
    : `${count} dropped (${countsText(dropped)})${list === undefined ? "" : `, listed in ${list}`}`;
  return `Pages: ${pages} seen, ${plural(documents, "document")} kept, ${losses}`;
}

/** A crawl that stopped at its limit of pages. */
export interface CutShort {
  readonly maxPages: number;
  readonly queued: number;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Passes documents on, and fails at their end when the corpus has none: nothing could be trained,
 * and a corpus declared complete could not be filled by a second try.
 */
export function refuseEmpty(
  { journal, counts, list, cutShort }: {
    journal: Journal;
    counts: () => IntakeCounts;
    list: string;
    /** What the crawl left when it stopped at a limit, if it did. */
    cutShort: () => CutShort | undefined;
  },
): TransformStream<Document | Barrier, Document | Barrier> {
  let empty = journal.count === 0;
  return new TransformStream({
    transform(document, controller) {
      // Sources that brought nothing are read from the start again, once they are mended.
      if (isBarrier(document) && empty) return;
      empty = false;
      controller.enqueue(document);
    },
    flush() {
      if (!empty) return;
      const { pages, dropped } = counts();
      const why = Object.keys(dropped).length === 0
        ? "the sources hold nothing that was not dropped before"
        : `dropped ${countsText(dropped)}`;
      const short = "too-short" in dropped ? "a lower --min-chars, " : "";
      const limit = cutShort();
      const cure = limit === undefined
        ? `and start again with ${short}other sources or settings`
        : `the crawl ended at --max-pages ${limit.maxPages} with ${limit.queued} addresses to go, ` +
          `and what came first has links and no text: start again with a higher --max-pages`;
      throw new UsageError(
        `Cannot train: no document came out of ${
          plural(pages, "page")
        } (${why}); see ${list}, ${cure}`,
      );
    },
  });
}
