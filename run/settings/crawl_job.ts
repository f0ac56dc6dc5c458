/**
 * Flags of `crawl`, and the settings that a crawl keeps for its next sitting.
 *
 * @module
 */
import { join } from "node:path";
import { SCOPES } from "../../stages/crawl/mod.ts";
import { readIfThere } from "../../model/durable.ts";
import { checkRules } from "../../cli/flag_rules.ts";
import {
  choice,
  type FlagValues,
  group,
  list,
  number,
  type Parsed,
  text,
  toggle,
  UsageError,
} from "../../cli/flags.ts";
import type { FileSetting } from "../file_setting.ts";
import { LINKS, MANNERS, RENDERING, RETRY_SEED } from "./crawl.ts";
import { filesOf, KEEP_DROPPED, REFINING } from "./refine.ts";

/** Flags that hold for one sitting. */
const SITTING_FLAGS = group("The crawl", {
  output: text({ help: "folder of the crawl", value: "DIR", defaultValue: "runs/crawl" }),
  seeds: text({ help: "file with one address per line; - for standard input", value: "FILE" }),
  recrawl: toggle({
    help: "fetch every page of a finished crawl again if it has changed",
    excludes: ["export"],
  }),
  import: text({
    help: "add the addresses that another crawl exported with --export",
    value: "FILE",
  }),
  export: text({
    help: "write all known addresses with their state and exit without crawling",
    value: "FILE",
  }),
});

/** Flags that the crawl remembers. */
const KEPT_FLAGS = {
  ...group("The crawl", {
    warc: text({ help: "folder for WARC 1.1 files of the fetched pages", value: "DIR" }),
  }),
  ...LINKS,
  ...group("Links to follow", {
    scope: choice({
      help: "follow links on a seed's host, under its domain, in its folder, or any",
      of: SCOPES,
      defaultValue: "host",
    }),
    rules: text({
      help: "file of rules: allow|block exact|domain|prefix|regex VALUE",
      value: "FILE",
    }),
    "skip-types": text({
      help: "file extensions to skip, separated by commas (default: images, programs, ...)",
      value: "A,B",
    }),
    "max-pages-per-host": number({
      help: "maximum pages of one host (default: no limit)",
      min: 1,
    }),
    "max-depth": number({ help: "links away from a seed at most", defaultValue: 20 }),
    "max-bytes": number({
      help: "maximum bytes of a page, as received and as decoded",
      min: 1024,
      defaultValue: 8 * 2 ** 20,
    }),
  }),
  ...MANNERS,
  ...group("Politeness", {
    patience: number({
      help: "milliseconds that an unresponsive host may delay others",
      value: "MS",
      defaultValue: 5000,
    }),
    concurrency: number({ help: "concurrent requests", min: 1, max: 256, defaultValue: 8 }),
    "per-host": number({ help: "requests to one host at a time", min: 1, defaultValue: 4 }),
    "allow-origin": list({
      help: "allow this origin at a private address, without --delay; repeatable",
      value: "ORIGIN",
    }),
  }),
  ...RETRY_SEED,
  ...RENDERING,
  ...REFINING,
  ...KEEP_DROPPED,
};

/** Every flag of `crawl`. */
export const CRAWL_FLAGS = { ...SITTING_FLAGS, ...KEPT_FLAGS };

/** Flags that name files of which a crawl keeps the digests. */
const FILE_FLAGS = ["quality", "decontaminate", "block-list"] as const;

/** What a crawl goes by. */
export type CrawlSettings = FlagValues<typeof KEPT_FLAGS> & {
  /** The files that the flags name, as they were when the flag was given. */
  readonly files?: Readonly<Partial<Record<typeof FILE_FLAGS[number], readonly FileSetting[]>>>;
};

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
 * defaults. `crawl.json` keeps them for the next.
 *
 * @throws {UsageError} when what was kept is damaged, and for flags that do not apply beside it
 */
export async function settleCrawl(
  { values, given }: Parsed<typeof CRAWL_FLAGS>,
  { settings: path }: CrawlPaths,
): Promise<CrawlSettings> {
  const json = await readIfThere(path);
  let kept: Partial<CrawlSettings> = {};
  if (json !== undefined) {
    try {
      // Written whole by `crawl`, when its flags had these names and types.
      kept = JSON.parse(json);
    } catch (cause) {
      throw new UsageError(`Cannot continue the crawl: ${path} is damaged`, { cause });
    }
  }
  const own = Object.entries(values).filter(([name]) => name in KEPT_FLAGS);
  const named = own.filter(([name]) => given.has(name));
  // The defaults cover every key; what is kept and what is given only replaces values.
  const all = { ...Object.fromEntries(own), ...kept, ...Object.fromEntries(named) };
  const settings = all as CrawlSettings;
  checkRules(CRAWL_FLAGS, { given, values: { ...values, ...settings } });
  const files: Partial<Record<typeof FILE_FLAGS[number], readonly FileSetting[]>> = {};
  for (const flag of FILE_FLAGS) {
    const found = filesOf(settings[flag], { flag });
    if (found === undefined) continue;
    const before = given.has(flag) ? undefined : kept.files?.[flag];
    const changed = found.find(({ sha256 }, i) => before && before[i]?.sha256 !== sha256);
    if (changed) {
      throw new UsageError(
        `Cannot use --${flag} ${changed.path}: its text is not what the crawl began with; put that ` +
          `back, or give --${flag} again`,
      );
    }
    files[flag] = found;
  }
  return Object.keys(files).length === 0 ? settings : { ...settings, files };
}
