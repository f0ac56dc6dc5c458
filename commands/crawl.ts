/**
 * `crawl`: from addresses to clean documents and an archive, without any training.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import {
  canonicalSeed,
  type Frontier,
  openFrontier,
  parseUrlRecord,
  type UrlRecord,
} from "../stages/crawl/mod.ts";
import { exists, replaceFile, writeWhole } from "../model/durable.ts";
import { type Command, command } from "../cli/command.ts";
import { checkRules } from "../cli/flag_rules.ts";
import {
  CRAWL_FLAGS,
  type CrawlPaths,
  crawlPaths,
  settleCrawl,
} from "../run/settings/crawl_job.ts";
import { checkChromium, LINKS } from "../run/settings/crawl.ts";
import { reasonOf } from "../cli/failure.ts";
import { UsageError } from "../cli/flags.ts";
import { stopOnInterrupt, tellStop } from "../cli/interrupt.ts";
import { type CrawlOutcome, runCrawl } from "../pipeline/ingest/crawl_job.ts";
import { makeFolder } from "../run/make_folder.ts";
import { checkBlocked } from "../run/block_list.ts";
import { settingsFrom } from "../run/settings/table.ts";
import { lockRun } from "../run/lock.ts";
import { addressOf } from "../run/sources.ts";
import { say } from "../cli/print.ts";

/** The `crawl` command. */
export const crawlCommand: Command = command({
  name: "crawl",
  summary: "Crawls web sites and writes their documents as JSON lines, the pages as WARC.\n" +
    "With the same --output folder, with or without addresses, it resumes where it stopped.",
  operands: "[URL]...",
  flags: CRAWL_FLAGS,
  rulesLater: true,
  examples: [
    "deno task crawl --output runs/site --contact you@example.org https://example.org/docs/",
    "deno task crawl --output runs/site --warc runs/site/warc --delay 1000 https://example.org/",
    "deno task crawl --output runs/site",
  ],
  async run(parsed) {
    const { values, operands } = parsed;
    const seeds = [...operands, ...await readSeeds(values.seeds)];
    checkSeeds(seeds);
    await checkChromium(values);
    const paths = crawlPaths(values.output);
    // Before the folder is made: what is refused leaves nothing behind.
    const isNew = seeds.length === 0 && values.import === undefined &&
      !await exists(paths.frontier);
    if (isNew) throw nothingToCrawl(paths);
    if (!await exists(paths.root)) {
      checkRules(CRAWL_FLAGS, parsed);
      checkBlocked(seeds, settingsFrom(LINKS, values));
    }
    await makeFolder(paths.root, { flag: "output" });
    using _lock = await lockRun(paths.root);
    const settings = await settleCrawl(parsed, paths);
    checkBlocked(seeds, settingsFrom(LINKS, settings));
    await replaceFile(paths.settings, JSON.stringify(settings, null, 2) + "\n");
    using frontier = openFrontier(paths.frontier);
    frontier.seed(seeds);
    if (values.import !== undefined) await importFrom(values.import, frontier);
    if (values.export !== undefined) {
      await exportTo(values.export, frontier);
      return 0;
    }
    if (frontier.size === 0) {
      throw nothingToCrawl(paths);
    }
    if (values.recrawl) {
      if (frontier.queued > 0) {
        throw new UsageError(
          `Cannot use --recrawl: the crawl in ${paths.root} has ${frontier.queued} addresses to ` +
            `go; finish it first, without --recrawl`,
        );
      }
      frontier.recrawl();
    }
    using interrupt = stopOnInterrupt(tellStop);
    const outcome = await runCrawl({ frontier, settings, paths, stop: interrupt.signal });
    if (!interrupt.signal.aborted) checkOutcome(outcome, { frontier, seeds, paths });
    return interrupt.exitCode;
  },
});

function nothingToCrawl({ root }: CrawlPaths): UsageError {
  return new UsageError(`Cannot crawl into --output ${root}: name at least one address`);
}

/** Fails where nothing was fetched, ever or from the addresses that were named. */
function checkOutcome(
  { fetched, lastDrop }: CrawlOutcome,
  { frontier, seeds, paths }: { frontier: Frontier; seeds: readonly string[]; paths: CrawlPaths },
): void {
  const failed = seeds.filter((seed) => frontier.wasDropped(canonicalSeed(seed)));
  if (fetched > 0 || (frontier.pages > 0 && (seeds.length === 0 || failed.length < seeds.length))) {
    return;
  }
  if (lastDrop === undefined) {
    throw new Error(
      `Cannot crawl into --output ${paths.root}: every address was dropped before, see ` +
        `${paths.drops}; name an address again to have it asked for again`,
    );
  }
  const { item, reason, detail } = lastDrop;
  const others = failed.length > 1 ? `; none of ${failed.length} addresses was fetched` : "";
  throw new Error(`Cannot crawl ${item}: ${reason} (${detail})${others}; see ${paths.drops}`);
}

function checkSeeds(seeds: readonly string[]): void {
  for (const seed of seeds) {
    try {
      canonicalSeed(seed);
    } catch (cause) {
      if (!(cause instanceof Error)) throw cause;
      const address = addressOf(seed);
      const reason = address === undefined
        ? cause.message
        : `Cannot crawl ${seed}: an address is written ${address}`;
      throw new UsageError(reason, { cause });
    }
  }
}

/** The lines of a file, without empty ones. */
async function* linesOf(path: string, flag: string): AsyncGenerator<string> {
  let bytes: ReadableStream<Uint8Array<ArrayBuffer>>;
  try {
    bytes = path === "-" ? Deno.stdin.readable : (await Deno.open(path)).readable;
  } catch (cause) {
    throw new UsageError(`Cannot read --${flag} ${path}: ${reasonOf(cause)}`, { cause });
  }
  const lines = bytes.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) if (line.trim() !== "") yield line.trim();
}

async function readSeeds(path: string | undefined): Promise<string[]> {
  return path === undefined ? [] : await Array.fromAsync(linesOf(path, "seeds"));
}

/** Adds another crawl's addresses, some thousands at a time. */
async function importFrom(path: string, frontier: Frontier): Promise<void> {
  let records: UrlRecord[] = [];
  let at = 0;
  for await (const line of linesOf(path, "import")) {
    at++;
    try {
      records.push(parseUrlRecord(line));
    } catch (cause) {
      throw new UsageError(`Cannot import ${path}, record ${at}: ${reasonOf(cause)}`, { cause });
    }
    if (records.length < 10_000) continue;
    frontier.import(records);
    records = [];
  }
  frontier.import(records);
}

async function exportTo(path: string, frontier: Frontier): Promise<void> {
  await writeWhole(path, async (put) => {
    const encoder = new TextEncoder();
    let lines: string[] = [];
    for (const record of frontier.export()) {
      lines.push(JSON.stringify(record) + "\n");
      if (lines.length < 10_000) continue;
      await put(encoder.encode(lines.join("")));
      lines = [];
    }
    await put(encoder.encode(lines.join("")));
  });
  say(`${path}: ${frontier.size} addresses`);
}
