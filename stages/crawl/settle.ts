/**
 * Books the end of one fetch: counted, stored in the frontier, its links enqueued.
 *
 * @module
 */
import type { StageMeter } from "../meter.ts";
import type { Page } from "../types.ts";
import { FetchFailure } from "./failure.ts";
import type { FetchedPage } from "./fetch_page.ts";
import type { Frontier } from "./frontier.ts";
import type { FrontierEntry } from "./frontier_entry.ts";
import type { Outcome } from "./look_ahead.ts";
import type { Scope, SkipReason } from "./scope.ts";

/** Where an outcome is booked. */
export interface Books {
  readonly frontier: Frontier;
  /** Grows when a seed redirects elsewhere. */
  readonly scope: Scope;
  readonly maxDepth: number;
  /** Language codes wanted; a link declared to lead to another language is not followed. Empty: all. */
  readonly languages: readonly string[];
  readonly meter: StageMeter;
  /** Told why links were not followed, and how many. */
  readonly onSkip: (reason: SkipReason, links: number) => void;
}

/** Why a page that was fetched is not handed on, if so. */
function refusal(
  { page, noindex, isFeed, links }: FetchedPage,
  { entry, canonical, books: { frontier, scope } }: {
    entry: FrontierEntry;
    canonical: string | undefined;
    books: Books;
  },
): FetchFailure | undefined {
  if (frontier.isDuplicate(page.url, entry.sequence)) {
    return new FetchFailure("duplicate", `redirects to ${page.url}, which is known already`);
  }
  if (page.url !== entry.url && scope.refuses(page.url) !== undefined) {
    return new FetchFailure("out-of-scope", `redirects out of the crawl's scope, to ${page.url}`);
  }
  if (isFeed) return new FetchFailure("feed", `is a feed: ${links.length} links are taken from it`);
  if (noindex) return new FetchFailure("robots-disallowed", "the page asks for noindex");
  return canonical !== undefined && frontier.isDuplicate(canonical, entry.sequence)
    ? new FetchFailure("duplicate", `is a copy of ${canonical}, which is known already`)
    : undefined;
}

/**
 * The canonical address that a page may stand for. Sites that by mistake name their home page on
 * every page are common, so that one is not believed.
 */
function believed({ page, canonical }: FetchedPage): string | undefined {
  if (canonical === undefined) return undefined;
  const [own, other] = [new URL(page.url), new URL(canonical)];
  const home = other.pathname === "/" && other.search === "" && own.pathname !== "/";
  return own.host === other.host && !home ? canonical : undefined;
}

/** Parts links into those to follow and those refused for a setting; all refused are told about. */
function parted(
  { links, feeds, languages }: FetchedPage,
  { depth, books }: { depth: number; books: Books },
): { links: string[]; refused: string[] } {
  const { scope, maxDepth, onSkip } = books;
  const skipped = new Map<SkipReason, number>();
  const parts = { links: [] as string[], refused: [] as string[] };
  const isForeign = (link: string) => {
    const declared = languages.get(link);
    return declared !== undefined && books.languages.length > 0 &&
      !books.languages.some((wanted) => declared.has(wanted));
  };
  // Feeds as sitemaps: those of the seeds. A blog has one for the comments on each post.
  for (const link of depth === 0 ? [...links, ...feeds] : links) {
    const outside = scope.refuses(link);
    const isWanted = outside === "file-type" && feeds.includes(link);
    const reason = isWanted || outside === undefined
      ? depth >= maxDepth ? "too-deep" : isForeign(link) ? "other-language" : undefined
      : outside;
    if (reason === undefined) parts.links.push(link);
    else {
      skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
      // A page's word about another page is not kept with its address.
      if (reason !== "other-language") parts.refused.push(link);
    }
  }
  for (const [reason, count] of skipped) onSkip(reason, count);
  return parts;
}

/** Books one outcome; returns the page when there is one to hand on. */
export function settleOutcome(
  { entry, outcome }: { entry: FrontierEntry; outcome: Outcome },
  books: Books,
): Page | undefined {
  const { frontier, scope, meter, onSkip } = books;
  if (outcome instanceof FetchFailure) {
    meter.drop({ item: entry.url, reason: outcome.reason, detail: outcome.message });
    const unchanged = outcome.reason === "unchanged";
    frontier.settle(
      entry,
      unchanged
        ? { outcome: "unchanged", links: [] }
        : { outcome: "dropped", reason: outcome.reason, links: [] },
    );
    return undefined;
  }
  const { page, validators } = outcome;
  // A site may live at www. of what the user typed: where its seed leads belongs to the crawl.
  if (entry.depth === 0) scope.addRoot(page.url);
  const canonical = believed(outcome);
  const refused = refusal(outcome, { entry, canonical, books });
  const found = refused?.reason === "out-of-scope" ? { ...outcome, links: [], feeds: [] } : outcome;
  const traps = frontier.settle(entry, {
    ...(refused === undefined
      ? { outcome: "page" }
      : { outcome: "dropped", reason: refused.reason }),
    aliases: canonical === undefined ? [page.url] : [page.url, canonical],
    ...parted(found, { depth: entry.depth, books }),
    validators,
  });
  if (traps > 0) onSkip("trap", traps);
  if (refused === undefined) return page;
  meter.drop({ item: entry.url, reason: refused.reason, detail: refused.message });
  return undefined;
}
