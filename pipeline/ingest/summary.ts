/**
 * Summarises the pages of one session in one line.
 *
 * @module
 */
import type { StageMeter } from "../../stages/meter.ts";
import { UsageError } from "../../cli/flags.ts";
import { countsText, type DropLog } from "./drop_log.ts";

/** Counts of one session. */
export interface IngestCounts {
  /** Pages, files or records that a source yielded or gave up. */
  readonly pages: number;
  /** Documents that the session stored. */
  readonly documents: number;
  readonly dropped: DropLog["counts"];
}

/** Counts the sources' items and their outcomes. */
export function countIngest(
  { sources, documents, drops }: {
    sources: readonly StageMeter[];
    documents: number;
    drops: DropLog;
  },
): IngestCounts {
  const pages = sources.map((meter) => meter.counts()).reduce(
    (sum, { itemsOut, dropped }) =>
      Object.values(dropped).reduce((all, count) => all + count, sum + itemsOut),
    0,
  );
  return { pages, documents, dropped: drops.counts };
}

/** Options of {@linkcode describeIngest} besides the counts. */
export interface IngestText {
  /** Where the drops are listed. */
  readonly list: string | undefined;
  /** Whether the session was stopped before its end, with pages in flight. */
  readonly stopped?: boolean;
  /** Documents of all sessions. */
  readonly total?: number;
}

/**
 * `Pages: 104 seen, 30 documents kept, 74 dropped (no-text 74), listed in …/dropped.jsonl`, then the
 * pages in flight of a stopped session, and the total of documents where there were other sessions.
 */
export function describeIngest(
  { pages, documents, dropped }: IngestCounts,
  { list, stopped = false, total = documents }: IngestText,
): string {
  const count = Object.values(dropped).reduce((sum, each) => sum + each, 0);
  const losses = count === 0
    ? "none dropped"
    : `${count} dropped (${countsText(dropped)})${list === undefined ? "" : `, listed in ${list}`}`;
  const left = pages - documents - count;
  const inFlight = stopped && left > 0 ? `, ${left} in flight` : "";
  const all = total > documents ? `; ${plural(total, "document")} in all` : "";
  return `Pages: ${pages} seen, ${plural(documents, "document")} kept${inFlight}, ${losses}${all}`;
}

/** A crawl that stopped at its limit of pages. */
export interface CutShort {
  readonly maxPages: number;
  readonly queued: number;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Why nothing came from one kind of source: all addresses, or all files, that were named failed. */
export function failureOf(
  source: StageMeter,
  { drops, list }: {
    drops: DropLog;
    /** Where the drops are listed. */
    list: string | undefined;
  },
): Error | undefined {
  const { name, itemsOut, dropped: { empty: _, ...dropped } } = source.counts();
  const last = drops.last.get(name);
  const failed = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  if (itemsOut > 0 || failed === 0 || last === undefined) return undefined;
  const { item, reason, detail } = last;
  const all = name === "crawl" ? "addresses was fetched" : "files and records was read";
  const others = failed > 1 ? `; none of ${failed} ${all}` : "";
  const see = list === undefined ? "" : `; see ${list}`;
  return new Error(`Cannot ${name} ${item}: ${reason} (${detail})${others}${see}`);
}

/** Why there is no document, though pages came, and what to change. */
export function noDocuments(
  { pages, dropped }: IngestCounts,
  { doing, list, cutShort }: {
    /** What it is that fails: `train`. */
    doing: string;
    /** Where the drops are listed. */
    list: string | undefined;
    /** What remained when the crawl stopped at its limit, if it did. */
    cutShort: CutShort | undefined;
  },
): UsageError {
  const why = Object.keys(dropped).length === 0
    ? "the sources hold nothing that was not dropped before"
    : `dropped ${countsText(dropped)}`;
  const short = "too-short" in dropped ? "a lower --min-chars, " : "";
  const advice = cutShort === undefined
    ? `and start again with ${short}other sources or settings`
    : `the crawl ended at --max-pages ${cutShort.maxPages} with ${cutShort.queued} addresses to ` +
      `go, and what came first has links and no text: start again with a higher --max-pages`;
  const seen = plural(pages, "page");
  return new UsageError(
    `Cannot ${doing}: no document came out of ${seen} (${why}); ` +
      `${list === undefined ? "name --dropped FILE to see them" : `see ${list}`}, ${advice}`,
  );
}
