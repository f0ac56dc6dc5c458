/**
 * What every command that crawls lets its user say about the links to follow and the pace.
 *
 * @module
 */
import { privateRangeOf } from "../../stages/crawl/mod.ts";
import { type Flags, list, number, UsageError } from "../../cli/flags.ts";
import { isAddress } from "../sources.ts";

/** Flags of `crawl`, `pipeline` and `text`. */
export const CRAWLER_FLAGS = {
  include: list({
    help: "follow only links that match, * for anything; repeatable",
    value: "PATTERN",
  }),
  exclude: list({ help: "do not follow links that match; repeatable", value: "PATTERN" }),
  delay: number({
    help: "milliseconds between two requests to one host at least",
    value: "MS",
    defaultValue: 500,
  }),
};

/** Flags about what only a crawl does. */
const FOR_ADDRESSES = Object.keys(CRAWLER_FLAGS);
/** Flags about a crawl that the sample site takes too. */
const FOR_ANY_SITE = ["max-pages", "user-agent", "contact", "allow-private"];
/** Flags about what only a walk through folders does. */
const FOR_FOLDERS = ["all-files"];

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
  given: ReadonlySet<keyof Flags>,
): void {
  const refuse = (flags: readonly string[], what: string) => {
    const flag = flags.find((name) => given.has(name));
    if (flag === undefined) return;
    throw new UsageError(`Cannot use --${flag}: no source is ${what}; name one, or leave it out`);
  };
  if (!sources.some(isAddress)) {
    const others = sources.length === 0 ? [] : FOR_ANY_SITE;
    refuse([...FOR_ADDRESSES, ...others], "an address to crawl");
  }
  if (sources.every(isAddress)) refuse(FOR_FOLDERS, "a file or folder");
}
