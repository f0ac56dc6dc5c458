/**
 * Our crawl with extraction, in a process of its own that prints what it took as JSON.
 *
 * @module
 */
import { crawl, openFrontier } from "../stages/crawl/mod.ts";
import { extract, type ExtractEngine, openExtractors } from "../stages/extract/mod.ts";
import { peakMiB } from "./hugging_face.ts";

/** What to crawl, and how. */
export interface CrawlJob {
  readonly start: string;
  readonly concurrency: number;
  readonly engine: ExtractEngine;
  /** The frontier's file. */
  readonly frontier: string;
}

/** What a crawl took. */
export interface CrawlReport {
  readonly pages: number;
  readonly ms: number;
  readonly peakMiB: number;
}

/** How many addresses to fill a frontier with. */
export interface FillJob {
  readonly urls: number;
  /** The frontier's file. */
  readonly frontier: string;
}

/** Pages after which the frontier is told that they are stored. */
const BATCH = 100;
/** Links of a page; a tenth of them are known. */
const LINKS = 100;

async function crawlSite(
  { start, concurrency, engine, frontier: path }: CrawlJob,
): Promise<CrawlReport> {
  using extractors = openExtractors({ engine });
  using frontier = openFrontier(path);
  frontier.seed([start]);
  const allowOrigins = [new URL(start).origin];
  const begun = performance.now();
  let pages = 0;
  const documents = crawl({ frontier, allowOrigins, concurrency }).pipeThrough(
    extract({ extractors }),
  );
  for await (const { url } of documents) if (++pages % BATCH === 0) frontier.acknowledge(url);
  return { pages, ms: performance.now() - begun, peakMiB: peakMiB() };
}

/** Completes pages, without fetching any, until the frontier knows that many addresses. */
function fill({ urls, frontier: path }: FillJob): CrawlReport {
  using frontier = openFrontier(path);
  frontier.seed(["https://example.org/0"]);
  const begun = performance.now();
  let pages = 0;
  for (let next = 1; frontier.size < urls; next += 0.9 * LINKS) {
    const entry = frontier.pick();
    if (entry === undefined) throw new Error(`nothing is queued after ${pages} pages`);
    const links = Array.from({ length: LINKS }, (_, i) => {
      const at = Math.max(0, next + i - 0.1 * LINKS);
      return `https://host${at % 1000}.example.org/section-${at % 97}/a-page-of-some-name-${at}`;
    });
    frontier.complete(entry, { outcome: "page", links });
    if (++pages % BATCH === 0) frontier.acknowledge(entry.url);
  }
  return { pages, ms: performance.now() - begun, peakMiB: peakMiB() };
}

if (import.meta.main) {
  const job: CrawlJob | FillJob = JSON.parse(Deno.args[0] ?? "");
  console.log(JSON.stringify("urls" in job ? fill(job) : await crawlSite(job)));
}
