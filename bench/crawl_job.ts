/**
 * Our crawl with extraction, in a process of its own that prints what it took as JSON.
 *
 * @module
 */
import { crawl, openFrontier } from "../stages/crawl/mod.ts";
import { extract } from "../stages/extract/mod.ts";
import { peakMiB } from "./hugging_face.ts";

/** What to crawl, and how. */
export interface CrawlJob {
  readonly start: string;
  readonly concurrency: number;
  /** The frontier's file. */
  readonly frontier: string;
}

/** What a crawl took. */
export interface CrawlReport {
  readonly pages: number;
  readonly ms: number;
  readonly peakMiB: number;
}

/** Pages after which the frontier is told that they are stored. */
const BATCH = 100;

async function work({ start, concurrency, frontier: path }: CrawlJob): Promise<CrawlReport> {
  using frontier = openFrontier(path);
  frontier.seed([start]);
  const allowOrigins = [new URL(start).origin];
  const begun = performance.now();
  let pages = 0;
  const documents = crawl({ frontier, allowOrigins, concurrency }).pipeThrough(extract());
  for await (const { url } of documents) if (++pages % BATCH === 0) frontier.acknowledge(url);
  return { pages, ms: performance.now() - begun, peakMiB: peakMiB() };
}

if (import.meta.main) console.log(JSON.stringify(await work(JSON.parse(Deno.args[0] ?? ""))));
