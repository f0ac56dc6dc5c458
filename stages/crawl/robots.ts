/**
 * The Robots Exclusion Protocol, RFC 9309: rules are fetched once per origin and day.
 *
 * @module
 */
import { type Connection, exchange } from "./exchange.ts";
import { FetchFailure } from "./failure.ts";
import { followRedirects } from "./redirects.ts";
import { type RetryPolicy, withRetries } from "./retry.ts";
import { MAX_ROBOTS_BYTES, parseRobotsText } from "./robots_rules.ts";
import type { RobotsCopy, RobotsStore } from "./robots_store.ts";

/** RFC 9309 section 2.3.1.2: follow at least five redirects. */
const MAX_ROBOTS_REDIRECTS = 5;
/** RFC 9309 section 2.4: use a cached version for no more than 24 hours. */
const MAX_AGE_MS = 24 * 60 * 60 * 1000;
/** Most origins with rules in memory; beyond that, the oldest is evicted. */
const MAX_ORIGINS = 1000;
const MAX_CRAWL_DELAY_MS = 60_000;

/** The rules of one origin for this crawler. */
export interface RobotsRules {
  /** Throws a {@linkcode FetchFailure} when the address is disallowed. */
  check(url: URL): void;
  readonly crawlDelayMs: number;
  /** Addresses of the sitemaps it names, in file order. */
  readonly sitemaps: readonly string[];
}

/** Looks up the rules of an address's origin. */
export type Robots = (url: URL) => Promise<RobotsRules>;

const ALLOW_ALL: RobotsRules = { check() {}, crawlDelayMs: 0, sitemaps: [] };

/** Rules of an unreachable origin (section 2.3.1.4). */
interface Unreachable extends RobotsRules {
  readonly unreachable: true;
}

const refuseAll = (failure: FetchFailure): Unreachable => ({
  ...ALLOW_ALL,
  unreachable: true,
  check() {
    throw failure;
  },
});

/** Rules as a robots.txt states them for the product token `agent`. */
export function parseRobots(
  robotsUrl: string,
  { body, agent }: { body: Uint8Array; agent: string },
): RobotsRules {
  const { allows, crawlDelaySeconds, sitemaps } = parseRobotsText(body, { agent });
  return {
    check(url) {
      if (allows(url)) return;
      throw new FetchFailure("robots-disallowed", `${robotsUrl} disallows ${url.pathname}`);
    },
    crawlDelayMs: Math.min(MAX_CRAWL_DELAY_MS, crawlDelaySeconds * 1000),
    sitemaps,
  };
}

/**
 * Opens the cache of rules for one crawl.
 *
 * @param options.agent the product token matched by User-agent lines
 * @param options.store persists fetched files beyond this crawl
 * @param options.now a clock in milliseconds
 */
export function openRobots(
  connection: Connection,
  { agent, retry, store, now = Date.now }: {
    agent: string;
    retry: RetryPolicy;
    store?: RobotsStore;
    now?: () => number;
  },
): Robots {
  const cache = new Map<string, { rules: Promise<RobotsRules>; until: number }>();
  const rulesOf = (origin: string, { body }: Pick<RobotsCopy, "body">) =>
    body === undefined ? ALLOW_ALL : parseRobots(`${origin}/robots.txt`, { body, agent });

  /** Fetches from the origin; an answer is stored, a failure is not. */
  async function load(origin: string): Promise<RobotsRules | Unreachable> {
    const keep = (copy: Pick<RobotsCopy, "body">) => {
      store?.put(origin, { ...copy, fetchedAt: now() });
      return rulesOf(origin, copy);
    };
    const short = { ...connection, cutAt: MAX_ROBOTS_BYTES };
    const get = (url: URL) =>
      withRetries(() => exchange(url, short, (status) => status < 300), { ...retry, index: 0 });
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
      return keep(status >= 300 ? {} : { body });
    } catch (error) {
      if (!(error instanceof FetchFailure)) throw error;
      if (error.reason === "too-many-redirects") return keep({});
      const detail = `${robotsUrl} could not be fetched: ${error.message}`;
      return refuseAll(new FetchFailure(error.reason, detail, { cause: error }));
    }
  }

  /** Fresh rules, or expired ones when the origin is unreachable. */
  async function renew(origin: string, old: Promise<RobotsRules> | undefined) {
    const fresh = await load(origin);
    return "unreachable" in fresh && old !== undefined ? await old : fresh;
  }

  return ({ origin }) => {
    const known = cache.get(origin);
    if (known !== undefined && now() < known.until) return known.rules;
    const [first] = cache.keys();
    if (cache.size >= MAX_ORIGINS && first !== undefined) cache.delete(first);
    const stored = known === undefined ? store?.get(origin) : undefined;
    const old = stored === undefined ? known?.rules : Promise.resolve(rulesOf(origin, stored));
    const storedUntil = (stored?.fetchedAt ?? -Infinity) + MAX_AGE_MS;
    // A copy dated in the future comes from a wrong clock, so its age is unknown.
    const isDated = stored !== undefined && stored.fetchedAt <= now();
    const isFresh = old !== undefined && isDated && now() < storedUntil;
    const rules = isFresh ? old : renew(origin, old);
    cache.delete(origin);
    cache.set(origin, { rules, until: isFresh ? storedUntil : now() + MAX_AGE_MS });
    return rules;
  };
}
