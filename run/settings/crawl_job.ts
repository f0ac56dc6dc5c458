/**
 * Flags of `crawl`, and the settings that a crawl keeps for its next sitting.
 *
 * @module
 */
import { join } from "node:path";
import { SCOPES } from "../../stages/crawl/mod.ts";
import { DEFAULT_ENGINE, ENGINES } from "../../stages/extract/mod.ts";
import { readIfThere, replaceFile } from "../../model/durable.ts";
import { CRAWLER_FLAGS } from "./crawl.ts";
import {
  choice,
  type FlagValues,
  list,
  number,
  type Parsed,
  text,
  toggle,
  UsageError,
} from "../../cli/flags.ts";
import { KEEP_DROPPED, REFINE_FLAGS } from "./refine.ts";

/** Flags that hold for one sitting. */
const SITTING_FLAGS = {
  output: text({ help: "folder of the crawl", value: "DIR", defaultValue: "runs/crawl" }),
  seeds: text({
    help: "file with one address a line; - for standard input",
    value: "FILE",
    defaultValue: undefined,
  }),
  recrawl: toggle({ help: "fetch every page of a finished crawl again, if it has changed" }),
  import: text({
    help: "add the addresses of another crawl, as --export wrote them",
    value: "FILE",
    defaultValue: undefined,
  }),
  export: text({
    help: "write all known addresses with their state, and end without crawling",
    value: "FILE",
    defaultValue: undefined,
  }),
};

/** Flags that the crawl remembers. */
const KEPT_FLAGS = {
  warc: text({
    help: "folder for the pages as they came, in WARC 1.1 files",
    value: "DIR",
    defaultValue: undefined,
  }),
  scope: choice({
    help: "follow links on a seed's host, under its domain, in its folder, or any",
    of: SCOPES,
    defaultValue: "host",
  }),
  ...CRAWLER_FLAGS,
  rules: text({
    help: "file of rules: allow|block exact|domain|prefix|regex VALUE",
    value: "FILE",
    defaultValue: undefined,
  }),
  "skip-types": text({
    help: "endings of addresses not to ask for, divided by commas (default: images, programs, ...)",
    value: "A,B",
    defaultValue: undefined,
  }),
  "max-pages": number({ help: "pages to crawl at most", min: 1, defaultValue: 10_000 }),
  "max-pages-per-host": number({
    help: "pages to ask of one host at most (default: no limit)",
    min: 1,
    defaultValue: undefined,
  }),
  "max-depth": number({ help: "links away from a seed at most", defaultValue: 20 }),
  "max-bytes": number({
    help: "bytes of a page at most, as received and as decoded",
    min: 1024,
    defaultValue: 8 * 2 ** 20,
  }),
  patience: number({
    help: "milliseconds for which a host that does not answer may hold up the others",
    value: "MS",
    defaultValue: 5000,
  }),
  concurrency: number({ help: "requests at a time", min: 1, max: 256, defaultValue: 8 }),
  "per-host": number({ help: "requests to one host at a time", min: 1, defaultValue: 4 }),
  "user-agent": text({ help: "how the crawler names itself", defaultValue: "cllm/0.1" }),
  contact: text({
    help: "address by which a site's owner can reach you",
    value: "URL|MAIL",
    defaultValue: undefined,
  }),
  "allow-private": toggle({ help: "connect to private and loopback addresses too" }),
  "allow-origin": list({
    help: "connect to this origin although its address is private, without --delay; repeatable",
    value: "ORIGIN",
  }),
  extract: choice({
    help: "how main text is found: fast, in one pass, or dom, in a tree",
    of: ENGINES,
    defaultValue: DEFAULT_ENGINE,
  }),
  "min-chars": number({ help: "shorter documents are dropped", defaultValue: 200 }),
  ...REFINE_FLAGS,
  "keep-dropped": KEEP_DROPPED,
  seed: number({ help: "seed of the jitter of retries", defaultValue: 0 }),
};

/** Every flag of `crawl`. */
export const CRAWL_FLAGS = { ...SITTING_FLAGS, ...KEPT_FLAGS };

/** What a crawl goes by. */
export type CrawlSettings = FlagValues<typeof KEPT_FLAGS>;

/** Paths inside the folder of a crawl. */
export interface CrawlPaths {
  readonly root: string;
  readonly settings: string;
  readonly frontier: string;
  readonly documents: string;
  readonly drops: string;
  readonly seenTexts: string;
  readonly nearTexts: string;
  readonly siteLines: string;
}

/** Where things are in the folder `root`. */
export function crawlPaths(root: string): CrawlPaths {
  return {
    root,
    settings: join(root, "crawl.json"),
    frontier: join(root, "frontier.sqlite"),
    documents: join(root, "documents.jsonl"),
    drops: join(root, "dropped.jsonl"),
    seenTexts: join(root, "seen.sqlite"),
    nearTexts: join(root, "near.sqlite"),
    siteLines: join(root, "lines.sqlite"),
  };
}

/**
 * The settings of a sitting: those on the command line, then those of the sitting before, then the
 * defaults. They are kept for the next.
 *
 * @throws {UsageError} when what was kept is damaged
 */
export async function settleCrawl(
  { values, given }: Parsed<typeof CRAWL_FLAGS>,
  { settings: path }: CrawlPaths,
): Promise<CrawlSettings> {
  const json = await readIfThere(path);
  let kept: Partial<CrawlSettings> = {};
  if (json !== undefined) {
    try {
      // Written whole below, by a program whose flags had these names and types.
      kept = JSON.parse(json) as Partial<CrawlSettings>;
    } catch (cause) {
      throw new UsageError(`Cannot continue the crawl: ${path} is damaged`, { cause });
    }
  }
  const named = Object.keys(KEPT_FLAGS).filter((name) => given.has(name));
  const pick = (names: readonly string[]) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
  // The defaults cover every key; what is kept and what is given only replaces values.
  const settings = { ...pick(Object.keys(KEPT_FLAGS)), ...kept, ...pick(named) } as CrawlSettings;
  await replaceFile(path, JSON.stringify(settings, null, 2) + "\n");
  return settings;
}
