/**
 * Flags about crawling, for every command that crawls.
 *
 * @module
 */
import { privateRangeOf } from "../../stages/crawl/mod.ts";
import { type Flags, group, list, number, text, toggle, UsageError } from "../../cli/flags.ts";
import { parseFiles } from "../file_setting.ts";
import { exists } from "../../model/durable.ts";
import { isAddress } from "../sources.ts";
import { filesOf } from "./refine.ts";
import { corpus } from "./table.ts";

/** Which links are followed; of the sample site, all are. */
export const LINKS = group("Links to follow", {
  "max-pages": corpus(
    number({ help: "maximum pages to crawl", min: 1, defaultValue: 10_000, about: "site" }),
  ),
  include: corpus(list({
    help: "follow only links that match, * for anything; repeatable",
    value: "PATTERN",
    about: "address",
  })),
  exclude: corpus(list({
    help: "do not follow links that match; repeatable",
    value: "PATTERN",
    about: "address",
  })),
  "block-list": corpus(
    text({
      help: "hosts files or lists of domains that nothing is asked of, separated by commas",
      value: "A,B",
      about: "address",
    }),
    { from: (text) => filesOf(text, { flag: "block-list" }), parse: parseFiles },
  ),
});

/** How the crawler behaves towards sites. */
export const MANNERS = group("Politeness", {
  delay: corpus(
    number({
      help: "minimum milliseconds between two requests to one host",
      value: "MS",
      defaultValue: 500,
      about: "address",
    }),
    { key: "delayMs" },
  ),
  // Decides what robots.txt lets it see.
  "user-agent": corpus(
    text({ help: "how the crawler names itself", defaultValue: "cllm/0.1", about: "site" }),
  ),
  contact: text({
    help: "address where a site's owner can reach you",
    value: "URL|MAIL",
    about: "site",
  }),
  "allow-private": corpus(toggle({
    help: "let the crawler connect to private and loopback addresses",
    about: "site",
  })),
});

/** Pages that are empty without JavaScript. */
export const RENDERING = group("Reading", {
  render: corpus(
    toggle({
      help: "run the scripts of pages that are empty without them, in a local Chromium",
      about: "address",
    }),
    // Left out of run.json where it is off, as in runs of versions that knew none.
    { from: (isOn) => isOn ? true as const : undefined },
  ),
  chromium: text({
    help: "the program that --render runs",
    value: "PATH",
    defaultValue: "/usr/bin/chromium",
    needs: "render",
    about: "address",
  }),
});

/**
 * Refuses a Chromium that is not there or may not be run.
 *
 * @throws {UsageError} saying what to do
 */
export async function checkChromium(
  { render, chromium }: { render: boolean; chromium: string },
): Promise<void> {
  if (!render) return;
  if (!await exists(chromium)) {
    throw new UsageError(
      `Cannot use --render: ${chromium} is not there; install Chromium, or name it by --chromium`,
    );
  }
  const { state } = await Deno.permissions.query({ name: "run", command: chromium });
  if (state === "granted") return;
  throw new UsageError(
    `Cannot use --chromium ${chromium}: tasks may run /usr/bin/chromium alone; ` +
      `use deno run --allow-all main.ts in place of deno task`,
  );
}

/** For commands in which nothing else is random. */
export const RETRY_SEED = group("Politeness", {
  seed: number({ help: "seed of the jitter of retries", defaultValue: 0, about: "address" }),
});

/**
 * Refuses addresses that are private as they are written, before anything is made.
 *
 * @throws {UsageError} naming the first
 */
export function checkPrivate(
  sources: readonly string[],
  { allowPrivate }: { allowPrivate: boolean },
): void {
  if (allowPrivate) return;
  for (const source of sources.filter(isAddress)) {
    const range = privateRangeOf(source);
    if (range === undefined) continue;
    throw new UsageError(
      `Cannot crawl ${source}: it is a ${range} address; --allow-private connects to it`,
    );
  }
}

/**
 * Refuses flags that are about a kind of source that is not there. The sample site, which is crawled
 * where no source is named, takes no delay and has nothing to leave out.
 *
 * @throws {UsageError} naming the flag
 */
export function checkSourceFlags(
  sources: readonly string[],
  { flags, given }: { flags: Flags; given: ReadonlySet<string> },
): void {
  const isThere = {
    address: sources.some(isAddress),
    site: sources.length === 0 || sources.some(isAddress),
    file: !sources.every(isAddress),
  };
  for (const name of given) {
    const about = flags[name]?.about;
    if (about === undefined || isThere[about]) continue;
    const what = about === "file" ? "a file or folder" : "an address to crawl";
    throw new UsageError(`Cannot use --${name}: no source is ${what}; name one, or leave it out`);
  }
}
