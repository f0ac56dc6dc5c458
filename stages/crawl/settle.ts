/**
 * Books the end of one fetch: counted, stored in the frontier, its links enqueued.
 *
 * @module
 */
import type { StageMeter } from "../meter.ts";
import type { Page } from "../types.ts";
import { FetchFailure } from "./failure.ts";
import type { FetchedPage } from "./fetch_page.ts";
import type { Frontier, FrontierEntry } from "./frontier.ts";
import type { Outcome } from "./look_ahead.ts";

/** Whether a URL belongs to a crawl, given the hosts of its seeds. */
export type Scope = (url: URL, seedHosts: ReadonlySet<string>) => boolean;

/** Where an outcome is booked. */
export interface Books {
  readonly frontier: Frontier;
  readonly scope: Scope;
  /** Grows when a seed redirects to another host. */
  readonly seedHosts: Set<string>;
  readonly maxDepth: number;
  readonly meter: StageMeter;
}

/** Why a page that was fetched is not handed on, if so. */
function refusal(
  { page, noindex }: FetchedPage,
  { entry, books: { frontier, scope, seedHosts } }: { entry: FrontierEntry; books: Books },
): FetchFailure | undefined {
  if (frontier.isDuplicate(page.url, entry.sequence)) {
    return new FetchFailure("duplicate", `redirects to ${page.url}, which is known already`);
  }
  if (page.url !== entry.url && !scope(new URL(page.url), seedHosts)) {
    return new FetchFailure("http-error", `redirects out of the crawl's scope, to ${page.url}`);
  }
  return noindex ? new FetchFailure("robots-disallowed", "the page asks for noindex") : undefined;
}

/** Books one outcome; returns the page when there is one to hand on. */
export function settleOutcome(
  { entry, outcome }: { entry: FrontierEntry; outcome: Outcome },
  books: Books,
): Page | undefined {
  const { frontier, scope, seedHosts, maxDepth, meter } = books;
  if (outcome instanceof FetchFailure) {
    meter.drop({ item: entry.url, reason: outcome.reason, detail: outcome.message });
    frontier.settle(entry, { outcome: "dropped", links: [] });
    return undefined;
  }
  const { page } = outcome;
  // A site may live at www. of what the user typed: where its seed leads belongs to the crawl.
  if (entry.depth === 0) seedHosts.add(new URL(page.url).host);
  const refused = refusal(outcome, { entry, books });
  const leaves = entry.depth >= maxDepth || refused?.reason === "http-error";
  const links = leaves ? [] : outcome.links.filter((link) => scope(new URL(link), seedHosts));
  frontier.settle(entry, {
    outcome: refused === undefined ? "page" : "dropped",
    finalUrl: page.url,
    links,
  });
  if (refused === undefined) return page;
  meter.drop({ item: entry.url, reason: refused.reason, detail: refused.message });
  return undefined;
}
