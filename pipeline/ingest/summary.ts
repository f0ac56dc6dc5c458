/**
 * What came of the pages of one sitting, in one line.
 *
 * @module
 */
import type { Journal } from "../../stages/journal/mod.ts";
import type { StageMeter } from "../../stages/meter.ts";
import { isBarrier } from "../../stages/barrier.ts";
import type { Barrier, Document } from "../../stages/types.ts";
import { UsageError } from "../../cli/flags.ts";
import { countsText, type DropLog } from "./drop_log.ts";

/** Counts of one sitting. */
export interface IntakeCounts {
  /** Pages, files or records that a source brought or gave up. */
  readonly pages: number;
  /** Documents that the sitting stored. */
  readonly documents: number;
  readonly dropped: DropLog["counts"];
}

/** Counts what went through the meters of the sources, and what became of it. */
export function countIntake(
  { sources, documents, drops }: {
    sources: readonly StageMeter[];
    documents: number;
    drops: DropLog;
  },
): IntakeCounts {
  const pages = sources.map((meter) => meter.counts()).reduce(
    (sum, { itemsOut, dropped }) =>
      Object.values(dropped).reduce((all, count) => all + count, sum + itemsOut),
    0,
  );
  return { pages, documents, dropped: drops.counts };
}

/** What {@linkcode describeIntake} tells beside the counts. */
export interface IntakeText {
  /** Where the drops are listed. */
  readonly list: string | undefined;
  /** Whether the sitting was stopped before its end, with pages under way. */
  readonly stopped?: boolean;
  /** Documents of all sittings. */
  readonly total?: number;
}

/**
 * `Pages: 104 seen, 30 documents kept, 74 dropped (no-text 74), listed in …/dropped.jsonl`, and what
 * a stopped sitting has not come to, and the documents of all sittings where there were others.
 */
export function describeIntake(
  { pages, documents, dropped }: IntakeCounts,
  { list, stopped = false, total = documents }: IntakeText,
): string {
  const count = Object.values(dropped).reduce((sum, each) => sum + each, 0);
  const losses = count === 0
    ? "none dropped"
    : `${count} dropped (${countsText(dropped)})${list === undefined ? "" : `, listed in ${list}`}`;
  const left = pages - documents - count;
  const underWay = stopped && left > 0 ? `, ${left} under way` : "";
  const all = total > documents ? `; ${plural(total, "document")} with those of before` : "";
  return `Pages: ${pages} seen, ${plural(documents, "document")} kept${underWay}, ${losses}${all}`;
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
