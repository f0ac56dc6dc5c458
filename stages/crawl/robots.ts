/**
 * The Robots Exclusion Protocol, RFC 9309: rules are fetched once per origin and crawl.
 *
 * @module
 */
// @ts-types="./robots_parser.d.ts"
import robotsParser from "robots-parser";
import { type Connection, exchange } from "./exchange.ts";
import { FetchFailure } from "./failure.ts";
import { followRedirects } from "./redirects.ts";
import { type RetryPolicy, withRetries } from "./retry.ts";

/** RFC 9309 section 2.5: parse at least 500 KiB; the rest is ignored. */
const MAX_ROBOTS_BYTES = 500 * 1024;
/** RFC 9309 section 2.3.1.2: follow at least five redirects. */
const MAX_ROBOTS_REDIRECTS = 5;
const MAX_CRAWL_DELAY_MS = 60_000;

/** What one origin asks of this crawler. */
export interface RobotsRules {
  /** Throws a {@linkcode FetchFailure} when the address is off limits. */
  check(url: URL): void;
  readonly crawlDelayMs: number;
  /** Addresses of the sitemaps it names, in file order. */
  readonly sitemaps: readonly string[];
}

/** Answers for any address which rules its origin sets. */
export type Robots = (url: URL) => Promise<RobotsRules>;

const ALLOW_ALL: RobotsRules = { check() {}, crawlDelayMs: 0, sitemaps: [] };

const refuseAll = (failure: FetchFailure): RobotsRules => ({
  ...ALLOW_ALL,
  check() {
    throw failure;
  },
});

/** Rules as a robots.txt states them for the product token `agent`. */
export function parseRobots(
  robotsUrl: string,
  { text, agent }: { text: string; agent: string },
): RobotsRules {
  const robots = robotsParser(robotsUrl, text);
  const crawlDelaySeconds = robots.getCrawlDelay(agent) ?? 0;
  return {
    check(url) {
      if (robots.isAllowed(url.href, agent) === false) {
        throw new FetchFailure("robots-disallowed", `${robotsUrl} disallows ${url.pathname}`);
      }
    },
    crawlDelayMs: Math.min(MAX_CRAWL_DELAY_MS, crawlDelaySeconds * 1000),
    sitemaps: robots.getSitemaps(),
  };
}

/** Opens the cache of rules for one crawl. `agent` is the product token matched by User-agent lines. */
export function openRobots(
  connection: Connection,
  { agent, retry }: { agent: string; retry: RetryPolicy },
): Robots {
  const cache = new Map<string, Promise<RobotsRules>>();

  async function load(origin: string): Promise<RobotsRules> {
    const get = (url: URL) =>
      withRetries(() => exchange(url, connection, (status) => status < 300), {
        ...retry,
        index: 0,
      });
    const robotsUrl = `${origin}/robots.txt`;
    try {
      const { status, body } = await followRedirects(robotsUrl, {
        maxRedirects: MAX_ROBOTS_REDIRECTS,
        get,
      });
      if (status >= 500) {
        return refuseAll(
          new FetchFailure(
            "robots-disallowed",
            `${robotsUrl} answered ${status}, which puts the whole host off limits`,
          ),
        );
      }
      if (status >= 300) return ALLOW_ALL;
      const text = new TextDecoder().decode(body.subarray(0, MAX_ROBOTS_BYTES));
      return parseRobots(robotsUrl, { text, agent });
    } catch (error) {
      if (!(error instanceof FetchFailure)) throw error;
      if (error.reason === "too-many-redirects") return ALLOW_ALL;
      const detail = `${robotsUrl} could not be fetched: ${error.message}`;
      return refuseAll(new FetchFailure(error.reason, detail, { cause: error }));
    }
  }

  return ({ origin }) => {
    let rules = cache.get(origin);
    if (rules === undefined) {
      rules = load(origin);
      cache.set(origin, rules);
    }
    return rules;
  };
}
