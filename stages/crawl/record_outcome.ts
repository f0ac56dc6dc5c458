/**
 * Records the outcome of one fetch: counts it, stores it in the frontier, enqueues its links.
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

/** What recording an outcome needs. */
export interface OutcomeContext {
  readonly frontier: Frontier;
  /** Grows when a seed redirects elsewhere. */
  readonly scope: Scope;
  readonly maxDepth: number;
  /** Language codes wanted; a link declared to lead to another language is not followed. Empty: all. */
  readonly languages: readonly string[];
  readonly meter: StageMeter;
  /** Called with the number of links that were not followed, and why. */
  readonly onSkip: (reason: SkipReason, links: number) => void;
}

/** Why a fetched page is not handed on; `undefined` when it is. */
function refusal(
  { page, noindex, isFeed, links }: FetchedPage,
  { entry, canonical, context: { frontier, scope } }: {
    entry: FrontierEntry;
    canonical: string | undefined;
    context: OutcomeContext;
  },
): FetchFailure | undefined {
  if (frontier.isDuplicate(page.url, entry.sequence)) {
    return new FetchFailure("duplicate", `redirects to ${page.url}, which is known already`);
  }
  if (page.url !== entry.url && scope.refuses(page.url) !== undefined) {
    return new FetchFailure("out-of-scope", `redirects out of the crawl's scope, to ${page.url}`);
  }
  if (isFeed) return new FetchFailure("feed", `is a feed: links taken from it: ${links.length}`);
  if (noindex) return new FetchFailure("robots-disallowed", "the page asks for noindex");
  return canonical !== undefined && frontier.isDuplicate(canonical, entry.sequence)
    ? new FetchFailure("duplicate", `is a copy of ${canonical}, which is known already`)
    : undefined;
}

/**
 * The canonical address of a page, where it can be trusted. Sites that name their home page on every
 * page by mistake are common, so a home page does not count.
 */
function trustedCanonical({ page, canonical }: FetchedPage): string | undefined {
  if (canonical === undefined) return undefined;
  const [own, other] = [new URL(page.url), new URL(canonical)];
  const home = other.pathname === "/" && other.search === "" && own.pathname !== "/";
  return own.host === other.host && !home ? canonical : undefined;
}

/** Splits links into those to follow and those refused for a setting; reports the refused ones. */
function splitLinks(
  { links, feeds, languages }: FetchedPage,
  { depth, context }: { depth: number; context: OutcomeContext },
): { links: string[]; refused: string[] } {
  const { scope, maxDepth, onSkip } = context;
  const skipped = new Map<SkipReason, number>();
  const parts = { links: [] as string[], refused: [] as string[] };
  const isForeign = (link: string) => {
    const declared = languages.get(link);
    return declared !== undefined && context.languages.length > 0 &&
      !context.languages.some((wanted) => declared.has(wanted));
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

/** Records one outcome; returns the page when there is one to hand on. */
export function recordOutcome(
  { entry, outcome }: { entry: FrontierEntry; outcome: Outcome },
  context: OutcomeContext,
): Page | undefined {
  const { frontier, scope, meter, onSkip } = context;
  if (outcome instanceof FetchFailure) {
    meter.drop({ item: entry.url, reason: outcome.reason, detail: outcome.message });
    const unchanged = outcome.reason === "unchanged";
    frontier.complete(
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
  const canonical = trustedCanonical(outcome);
  const refused = refusal(outcome, { entry, canonical, context });
  const found = refused?.reason === "out-of-scope" ? { ...outcome, links: [], feeds: [] } : outcome;
  const traps = frontier.complete(entry, {
    ...(refused === undefined
      ? { outcome: "page" }
      : { outcome: "dropped", reason: refused.reason }),
    aliases: canonical === undefined ? [page.url] : [page.url, canonical],
    ...splitLinks(found, { depth: entry.depth, context }),
    validators,
  });
  if (traps > 0) onSkip("trap", traps);
  if (refused === undefined) return page;
  meter.drop({ item: entry.url, reason: refused.reason, detail: refused.message });
  return undefined;
}
