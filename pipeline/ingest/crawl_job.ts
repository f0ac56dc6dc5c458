/**
 * One session of a crawl: pages → WARC → extract → refine → documents.jsonl.
 *
 * @module
 */
import { isBarrier } from "../../stages/barrier.ts";
import {
  crawl,
  type Frontier,
  openScope,
  parseUrlRules,
  type Reconsidered,
} from "../../stages/crawl/mod.ts";
import { openExtractors } from "../../stages/extract/mod.ts";
import { type Drop, StageMeter } from "../../stages/meter.ts";
import type { Barrier, Page } from "../../stages/types.ts";
import { openOutput, openWarcFiles, type WarcFiles } from "./crawl_files.ts";
import { documentsOf } from "../pipeline.ts";
import type { CrawlPaths, CrawlSettings } from "../../run/settings/crawl_job.ts";
import { type InFlightPages, openInFlightPages } from "./in_flight_pages.ts";
import { countsText, openDropLog } from "./drop_log.ts";
import { reasonOf } from "../../cli/failure.ts";
import { UsageError } from "../../cli/flags.ts";
import { countIngest, describeIngest } from "./summary.ts";
import { isAnswerTo } from "../../cli/interrupt.ts";
import { readBlockList } from "../../run/block_list.ts";
import { LINKS } from "../../run/settings/crawl.ts";
import { listOf, REFINING } from "../../run/settings/refine.ts";
import { settingsFrom } from "../../run/settings/table.ts";
import { loadStages } from "./custom_stages.ts";
import { openRefinery } from "./refinery.ts";
import { say, tell } from "../../cli/print.ts";

const PROGRESS_MS = 5000;

/** Options of {@linkcode runCrawl}. */
export interface RunCrawlOptions {
  readonly frontier: Frontier;
  readonly settings: CrawlSettings;
  readonly paths: CrawlPaths;
  readonly stop: AbortSignal;
}

/** Outcome of a session. */
export interface CrawlOutcome {
  /** Pages that were fetched, or found unchanged. */
  readonly fetched: number;
  /** The last page of the session that was dropped. */
  readonly lastDrop: Drop | undefined;
}

/** Crawls until the frontier is empty, a limit is reached, or `stop` aborts; prints a summary. */
export async function runCrawl(
  { frontier, settings, paths, stop }: RunCrawlOptions,
): Promise<CrawlOutcome> {
  const scope = await scopeOf(settings);
  await using resources = new AsyncDisposableStack();
  const output = resources.use(await openOutput(paths.documents, frontier));
  const drops = resources.use(
    openDropLog(paths.drops, { note: tell, keepText: settings["keep-dropped"] }),
  );
  const warc = settings.warc === undefined
    ? undefined
    : resources.use(await openWarcFiles(settings.warc, { frontier, fields: about(settings) }));
  const syncArchive = async () => await warc?.sync();
  const inFlight = openInFlightPages({ frontier, output, path: paths.documents, syncArchive });
  const ofCrawl = new StageMeter("crawl", drops.add);
  const [ofExtract, ofRefine] = ["extract", "refine"].map((name) =>
    new StageMeter(name, (drop) => {
      drops.add(drop);
      inFlight.end(drop.item);
    })
  ) as [StageMeter, StageMeter];
  const written = new StageMeter("write");
  const refined = settingsFrom(REFINING, settings);
  const refinery = resources.use(
    await openRefinery({
      paths,
      settings: refined,
      minChars: settings["min-chars"],
      dedupAgainst: refined.dedupAgainst,
      meter: ofRefine,
    }),
  );
  const extractors = resources.use(openExtractors({
    engine: settings.extract,
    comments: settings.comments,
  }));
  const custom = await loadStages(refined.stages ?? [], { extract: ofExtract, refine: ofRefine });
  const skips: Record<string, number> = {};
  const limit = settings["max-pages-per-host"];
  const pages = crawl({
    frontier,
    scope,
    maxPages: settings["max-pages"],
    ...(limit === undefined ? {} : { maxPagesPerHost: limit }),
    maxDepth: settings["max-depth"],
    languages: refined.languages ?? [],
    ...(settings.render ? { render: { chromium: settings.chromium } } : {}),
    maxBytes: settings["max-bytes"],
    delayMs: settings.delay,
    patienceMs: settings.patience,
    concurrency: settings.concurrency,
    perHost: settings["per-host"],
    userAgent: settings["user-agent"],
    ...(settings.contact === undefined ? {} : { contact: settings.contact }),
    allowPrivate: settings["allow-private"],
    allowOrigins: settings["allow-origin"],
    seed: settings.seed,
    onSkip: (reason, links) => skips[reason] = (skips[reason] ?? 0) + links,
    onReconsidered: tellReconsidered,
    meter: ofCrawl,
    signal: stop,
  });

  const progress = setInterval(() => {
    const { itemsIn } = written.counts();
    tell(`${frontier.pages} pages, ${itemsIn} documents, ${frontier.queued} to go`);
  }, PROGRESS_MS);
  const encoder = new TextEncoder();
  try {
    const found = documentsOf({
      pages: pages.pipeThrough(archive(warc, inFlight)),
      extract: { extractors, meter: ofExtract, signal: stop },
      refine: refinery.options,
      custom,
    });
    for await (const document of found) {
      // This crawl requests no barriers.
      if (isBarrier(document)) continue;
      const place = inFlight.warcOf(document.url);
      const line = JSON.stringify(place === undefined ? document : { ...document, warc: place });
      await output.append(encoder.encode(line + "\n"));
      written.in(document.text.length);
      inFlight.end(document.url);
      await inFlight.acknowledgeIfMany();
    }
    await inFlight.finish({ all: true });
  } catch (error) {
    await inFlight.finish({ all: false });
    if (!isAnswerTo(stop, error)) throw error;
  } finally {
    clearInterval(progress);
  }
  const counts = countIngest({ sources: [ofCrawl], documents: written.counts().itemsIn, drops });
  const isOver = counts.pages === 0 && frontier.queued === 0 && !stop.aborted;
  if (isOver && frontier.pages > 0) {
    say(
      `The crawl had already ended, with ${frontier.pages} pages; --recrawl fetches them again`,
    );
  } else say(describeIngest(counts, { list: paths.drops, stopped: stop.aborted }));
  summarise({ frontier, settings, paths, stopped: stop.aborted, skips });
  const { itemsOut, dropped: { unchanged = 0 } } = ofCrawl.counts();
  return { fetched: itemsOut + unchanged, lastDrop: drops.last.get("crawl") };
}

function tellReconsidered({ admitted, refused }: Reconsidered): void {
  if (admitted + refused === 0) return;
  tell(
    `The settings have changed: of the addresses known, ${admitted} more are wanted and ` +
      `${refused} fewer`,
  );
}

async function scopeOf(settings: CrawlSettings) {
  const { scope: name, include, exclude, rules: path, "skip-types": types } = settings;
  const blockList = readBlockList(settingsFrom(LINKS, settings).blockList);
  const border = {
    name,
    include,
    exclude,
    ...(blockList ? { blockList } : {}),
    ...(types === undefined ? {} : { skipTypes: listOf(types) }),
  };
  if (path === undefined) return openScope(border);
  try {
    const rules = parseUrlRules(await Deno.readTextFile(path), { source: path });
    return openScope({ ...border, rules });
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new UsageError(cause.message, { cause });
    throw new UsageError(`Cannot read --rules ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** Fields of a warcinfo record, in the Dublin Core terms that WARC names. */
function about(settings: CrawlSettings): Record<string, string> {
  return {
    software: settings["user-agent"],
    format: "WARC File Format 1.1",
    robots: "classic",
    "http-header-user-agent": settings["user-agent"],
    ...(settings.contact === undefined ? {} : { operator: settings.contact }),
  };
}

/** Appends each page to the archive, if there is one, and starts to track it. */
function archive(
  warc: WarcFiles | undefined,
  inFlight: InFlightPages,
): TransformStream<Page, Page | Barrier> {
  return new TransformStream({
    async transform(page, controller) {
      // Covers a long stretch of pages that yield no document.
      await inFlight.acknowledgeIfMany();
      const place = await warc?.append(page);
      inFlight.begin(page.url, {
        positions: warc?.positions() ?? {},
        ...(place === undefined ? {} : { warc: place }),
      });
      controller.enqueue(place === undefined ? page : { ...page, warc: place });
    },
  });
}

function summarise(
  { frontier: { pages, queued }, settings: { "max-pages": most }, paths, stopped, skips }: {
    frontier: Frontier;
    settings: CrawlSettings;
    paths: CrawlPaths;
    stopped: boolean;
    skips: Readonly<Record<string, number>>;
  },
): void {
  if (Object.keys(skips).length > 0) say(`Links not followed: ${countsText(skips)}`);
  if (stopped) say("Stopped before the end");
  const more = pages < most ? "" : " --max-pages N";
  const where = pages < most ? "" : ` beyond --max-pages ${most}`;
  if (queued > 0) {
    say(`${queued} addresses to go${where}: deno task crawl --output ${paths.root}${more}`);
  }
  say(`Documents  ${paths.documents}`);
}
