/**
 * One sitting of a crawl: pages → WARC → extract → documents.jsonl, acknowledged in batches.
 *
 * @module
 */
import { crawl, type Frontier, openScope, parseUrlRules } from "../stages/crawl/mod.ts";
import { extract } from "../stages/extract/mod.ts";
import { StageMeter } from "../stages/meter.ts";
import type { Page, WarcPlace } from "../stages/types.ts";
import { openOutput, openWarcFiles, type WarcFiles } from "./crawl_files.ts";
import type { CrawlPaths, CrawlSettings } from "./crawl_flags.ts";
import { countsText, openDropLog } from "./drop_log.ts";
import { reasonOf } from "./failure.ts";
import { UsageError } from "./flags.ts";
import { isAnswerTo } from "./interrupt.ts";

/** Bytes of documents after which what is written is made sure and acknowledged. */
const BATCH_BYTES = 2 ** 20;
const PROGRESS_MS = 5000;

/** What {@linkcode runCrawl} needs. */
export interface RunCrawlOptions {
  readonly frontier: Frontier;
  readonly settings: CrawlSettings;
  readonly paths: CrawlPaths;
  readonly stop: AbortSignal;
}

/** How far the WARC files reached when a page had been put there. */
interface Mark {
  readonly url: string;
  readonly positions: Record<string, number>;
  readonly warc?: WarcPlace;
}

/** Crawls until there is nothing left, a limit is reached, or `stop`; tells what came of it. */
export async function runCrawl(
  { frontier, settings, paths, stop }: RunCrawlOptions,
): Promise<void> {
  const scope = await scopeOf(settings);
  await using resources = new AsyncDisposableStack();
  const output = resources.use(await openOutput(paths.documents, frontier));
  const drops = resources.use(
    openDropLog(paths.drops, { note: (line) => console.error(line), keepText: false }),
  );
  const warc = settings.warc === undefined
    ? undefined
    : resources.use(await openWarcFiles(settings.warc, { frontier, fields: about(settings) }));
  const [ofCrawl, ofExtract] = ["crawl", "extract"].map((name) =>
    new StageMeter(name, (drop) => drops.add(drop))
  ) as [StageMeter, StageMeter];
  const skips: Record<string, number> = {};
  const limit = settings["max-pages-per-host"];
  const pages = crawl({
    frontier,
    scope,
    maxPages: settings["max-pages"],
    ...(limit === undefined ? {} : { maxPagesPerHost: limit }),
    maxDepth: settings["max-depth"],
    maxBytes: settings["max-bytes"],
    delayMs: settings.delay,
    concurrency: settings.concurrency,
    perHost: settings["per-host"],
    userAgent: settings["user-agent"],
    ...(settings.contact === undefined ? {} : { contact: settings.contact }),
    allowPrivate: settings["allow-private"],
    seed: settings.seed,
    onSkip: (reason, links) => skips[reason] = (skips[reason] ?? 0) + links,
    meter: ofCrawl,
    signal: stop,
  });

  /** Pages on their way, the oldest first. */
  const marks: Mark[] = [];
  let documents = 0;
  let written: string | undefined;
  let sureBytes = output.length;
  /** Makes sure of everything up to the page `url`, and tells the frontier. */
  async function acknowledge(url: string): Promise<void> {
    const at = marks.findIndex((mark) => mark.url === url);
    const { positions = {} } = marks.splice(0, at + 1).at(-1) ?? {};
    await Promise.all([output.sync(), warc?.sync()]);
    frontier.acknowledge(url, { ...positions, [paths.documents]: output.length });
    sureBytes = output.length;
    written = undefined;
  }

  const progress = setInterval(
    () =>
      console.error(`${frontier.pages} pages, ${documents} documents, ${frontier.queued} to go`),
    PROGRESS_MS,
  );
  const encoder = new TextEncoder();
  try {
    const found = pages.pipeThrough(archive(warc, marks))
      .pipeThrough(extract({ meter: ofExtract, signal: stop }));
    for await (const document of found) {
      const place = marks.find(({ url }) => url === document.url)?.warc;
      const line = JSON.stringify(place === undefined ? document : { ...document, warc: place });
      await output.append(encoder.encode(line + "\n"));
      documents++;
      written = document.url;
      if (output.length - sureBytes >= BATCH_BYTES) await acknowledge(document.url);
    }
    // Pages without text leave no document behind, and are done all the same.
    const last = marks.at(-1);
    if (last !== undefined) await acknowledge(last.url);
  } catch (error) {
    if (written !== undefined) await acknowledge(written);
    if (!isAnswerTo(stop, error)) throw error;
  } finally {
    clearInterval(progress);
  }
  summarise({ frontier, documents, paths, stopped: stop.aborted, dropped: drops.counts, skips });
}

async function scopeOf(settings: CrawlSettings) {
  const { scope: name, include, exclude, rules: path } = settings;
  if (path === undefined) return openScope({ name, include, exclude });
  try {
    const rules = parseUrlRules(await Deno.readTextFile(path), { source: path });
    return openScope({ name, include, exclude, rules });
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new UsageError(cause.message, { cause });
    throw new UsageError(`Cannot read --rules ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** What a WARC file says about who made it, in the terms of Dublin Core that WARC names. */
function about(settings: CrawlSettings): Record<string, string> {
  return {
    software: settings["user-agent"],
    format: "WARC File Format 1.1",
    robots: "classic",
    "http-header-user-agent": settings["user-agent"],
    ...(settings.contact === undefined ? {} : { operator: settings.contact }),
  };
}

/** Puts each page into the archive, if there is one, and notes how far that reached. */
function archive(warc: WarcFiles | undefined, marks: Mark[]): TransformStream<Page, Page> {
  return new TransformStream(
    {
      async transform(page, controller) {
        const place = await warc?.append(page);
        marks.push({
          url: page.url,
          positions: warc?.positions() ?? {},
          ...(place === undefined ? {} : { warc: place }),
        });
        controller.enqueue(place === undefined ? page : { ...page, warc: place });
      },
    },
  );
}

function summarise(
  { frontier, documents, paths, stopped, dropped, skips }: {
    frontier: Frontier;
    documents: number;
    paths: CrawlPaths;
    stopped: boolean;
    dropped: Readonly<Record<string, number>>;
    skips: Readonly<Record<string, number>>;
  },
): void {
  const lost = Object.keys(dropped).length === 0
    ? "none dropped"
    : `dropped ${countsText(dropped)}, listed in ${paths.drops}`;
  console.log(`Pages: ${frontier.pages} kept, ${documents} new documents, ${lost}`);
  if (Object.keys(skips).length > 0) console.log(`Links not followed: ${countsText(skips)}`);
  const { queued } = frontier;
  if (stopped) console.log("Stopped before the end");
  if (queued > 0) console.log(`${queued} addresses to go: deno task crawl --output ${paths.root}`);
  console.log(`Documents  ${paths.documents}`);
}
