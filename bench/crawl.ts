/**
 * How fast does a crawl read pages, beside Crawlee, and does its memory grow with the site? Both
 * crawl the same generated site on loopback, with the same concurrency and no delay, one after the
 * other. Needs Node with npm.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { DEFAULT_ENGINE, ENGINES } from "../stages/extract/mod.ts";
import type { CrawlJob, CrawlReport, FillJob } from "./crawl_job.ts";
import { serveGenerated } from "./crawl_site.ts";
import { runCrawlee } from "./crawlee.ts";
import { SWITCH, TEXT } from "./flags.ts";
import { runJob } from "./job.ts";

/** What a crawl is made with. */
type How = Pick<CrawlJob, "concurrency" | "engine">;

interface SpeedOptions {
  readonly pages: number;
  readonly concurrency: number;
}

/**
 * Runs `bench crawl [--pages N] [--memory] [--extract fast|dom] [--urls N] [--json]`. `--memory`
 * compares sites of 1,000, 10,000 and 100,000 pages with one engine, which takes minutes; `--urls`
 * fills a frontier alone.
 */
export async function run(args: string[]): Promise<void> {
  const flags = parseArgs({
    args,
    options: { pages: TEXT, urls: TEXT, extract: TEXT, json: SWITCH, memory: SWITCH },
  }).values;
  const engine = ENGINES.find((name) => name === (flags.extract ?? DEFAULT_ENGINE));
  if (engine === undefined) throw new TypeError(`Cannot crawl with --extract ${flags.extract}`);
  const how = { concurrency: 8, engine };
  await Deno.mkdir("runs", { recursive: true });
  const folder = await Deno.realPath(
    await Deno.makeTempDir({ dir: "runs", prefix: "bench-crawl-" }),
  );
  try {
    const result = flags.urls !== undefined
      ? await runCrawl({ urls: Number(flags.urls), frontier: `${folder}/full.sqlite` })
      : flags.memory
      ? await memory(folder, how)
      : await besideCrawlee(folder, { pages: Number(flags.pages ?? 2000), ...how });
    console.log(flags.json ? JSON.stringify(result) : result);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Both engines and Crawlee, one after another. */
async function besideCrawlee(folder: string, { pages, concurrency }: SpeedOptions) {
  await using site = serveGenerated(pages);
  const job = { folder, concurrency, pages };
  const fast = await ourCrawl(site.start, { ...job, engine: "fast" });
  const dom = await ourCrawl(site.start, { ...job, engine: "dom" });
  const theirs = await runCrawlee({ start: site.start, concurrency, folder });
  if (theirs.pages !== pages) throw new Error(`Crawlee read ${theirs.pages} of ${pages} pages`);
  const pagesPerSecond = ({ ms }: { ms: number }) => 1000 * pages / ms;
  return {
    pages,
    concurrency,
    pagesPerSecond: {
      fast: pagesPerSecond(fast),
      dom: pagesPerSecond(dom),
      crawlee: pagesPerSecond(theirs),
    },
    timesAsFast: { fast: theirs.ms / fast.ms, dom: theirs.ms / dom.ms },
  };
}

async function memory(folder: string, how: How) {
  const peaks: Record<string, number> = {};
  for (const pages of [1000, 10_000, 100_000]) {
    await using site = serveGenerated(pages);
    peaks[`peakMiBAt${pages}`] = (await ourCrawl(site.start, { folder, ...how, pages })).peakMiB;
  }
  return { ...how, ...peaks };
}

async function ourCrawl(
  start: string,
  { folder, pages, ...how }: { folder: string; pages: number } & How,
): Promise<CrawlReport> {
  const report = await runCrawl({
    start,
    ...how,
    frontier: `${folder}/${how.engine}-${pages}.sqlite`,
  });
  if (report.pages !== pages) throw new Error(`our crawl read ${report.pages} of ${pages} pages`);
  return report;
}

function runCrawl(job: CrawlJob | FillJob): Promise<CrawlReport> {
  return runJob("crawl_job.ts", job);
}
