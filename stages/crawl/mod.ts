/**
 * The crawl stage: from seed addresses to pages, over real HTTP, politely and safely.
 *
 * @module
 */
import { randomStream } from "../../model/random.ts";
import { BARRIER_BYTES, stamp } from "../barrier.ts";
import { StageMeter } from "../meter.ts";
import type { Barrier, Page } from "../types.ts";
import { type Resolve, resolveBySystem } from "./address_guard.ts";
import { type Connection, openAgents } from "./exchange.ts";
import { fetchPage, TEXT_TYPES } from "./fetch_page.ts";
import type { Frontier } from "./frontier.ts";
import { openLookAhead } from "./look_ahead.ts";
import { startPace } from "./pace.ts";
import { MAX_RETRY_AFTER_MS } from "./retry.ts";
import { openRobots } from "./robots.ts";
import { productToken } from "./robots_rules.ts";
import { openScope, type Scope, type SkipReason } from "./scope.ts";
import { settleOutcome } from "./settle.ts";
import { seedSitemaps } from "./seed_sitemaps.ts";
import type { Timeouts } from "./deadlines.ts";

export { canonicalSeed } from "./canonical_url.ts";
export { type Frontier, type FrontierEntry, openFrontier, type Settlement } from "./frontier.ts";
export { type SampleSite, startSampleSite } from "./sample_site.ts";
export type { Resolve, ResolvedAddress } from "./address_guard.ts";
export type { Timeouts } from "./deadlines.ts";
export { productToken } from "./robots_rules.ts";
export {
  openScope,
  type Scope,
  type ScopeName,
  type ScopeOptions,
  SCOPES,
  SKIPPED_TYPES,
  type SkipReason,
} from "./scope.ts";
export { warcInfo, warcResponse } from "./warc.ts";
export { parseUrlRules, type UrlRules } from "./url_rules.ts";
export { parseUrlRecord, type UrlRecord } from "./url_records.ts";

/** Options of {@linkcode crawl}. */
export interface CrawlOptions<B extends Barrier = never> {
  /** Seeded and borrowed; the caller closes it after the stream has ended. */
  readonly frontier: Frontier;
  /** Product token and version, e.g. `cllm/0.1`; the token is what robots.txt lines are matched with. */
  readonly userAgent?: string;
  /** URL or mail address by which a site's owner can reach who runs the crawl. */
  readonly contact?: string;
  /** Pages handed downstream, counted over restarts. */
  readonly maxPages?: number;
  /** Pages asked of one host, counted over restarts. */
  readonly maxPagesPerHost?: number;
  /** Links away from a seed. */
  readonly maxDepth?: number;
  /** Requests in flight. */
  readonly concurrency?: number;
  /** Requests in flight to one host, unless `delayMs` is 0 for it. */
  readonly perHost?: number;
  /** Which links belong to the crawl; by default those on the host of a seed. */
  readonly scope?: Scope;
  /** Told why links were not followed, and how many. */
  readonly onSkip?: (reason: SkipReason, links: number) => void;
  /** Media types that are read. */
  readonly mediaTypes?: readonly string[];
  /** Allows connections to loopback, private and other special addresses. */
  readonly allowPrivate?: boolean;
  /** Origins exempt from the address policy and from `delayMs`. */
  readonly allowOrigins?: readonly string[];
  /** Cap on one body, as received and as decoded. */
  readonly maxBytes?: number;
  /** Cap on what is fetched ahead of the reader. */
  readonly maxAheadBytes?: number;
  readonly timeouts?: Partial<Timeouts>;
  readonly maxRedirects?: number;
  /**
   * Least milliseconds between two requests to one host; a longer Crawl-delay wins, and a host that
   * is slow or says it is busy is given more.
   */
  readonly delayMs?: number;
  /** First back-off before a retry, and first extra gap of a busy host, in milliseconds. */
  readonly backoffMs?: number;
  /** Seed of the back-off's jitter. */
  readonly seed?: number;
  /** Replaces the system's name resolution. */
  readonly resolve?: Resolve;
  /** Handed on after each so many bytes of pages, and at the end; none otherwise. */
  readonly barrier?: B;
  readonly barrierBytes?: number;
  readonly meter?: StageMeter;
  readonly signal?: AbortSignal;
}

function exactOrigin(origin: string): string {
  const parsed = URL.parse(origin)?.origin;
  if (parsed === origin) return origin;
  throw new TypeError(
    `Cannot crawl: allowOrigins must hold origins like http://127.0.0.1:8080, got "${origin}"`,
  );
}

function positive(name: string, value: number): number {
  if (value > 0) return value;
  throw new RangeError(`Cannot crawl: ${name} must be positive, got ${value}`);
}

/**
 * Crawls from the frontier's seeds: hosts that are new first, then breadth first. The order of pages
 * depends on the site and the options alone, never on timing or restarts; requests are made only while the stream is being read.
 * Each page must be acknowledged to the frontier once it is stored, or it is fetched again by the
 * next crawl over the same frontier. A page that cannot be had is dropped with its reason.
 *
 * @throws {TypeError | RangeError} for unusable options
 * @example
 * ```ts
 * import { crawl, openFrontier, startSampleSite } from "./mod.ts";
 * await using site = await startSampleSite();
 * using frontier = openFrontier(":memory:");
 * frontier.seed([`${site.origin}/`]);
 * for await (const page of crawl({ frontier, maxPages: 3, allowOrigins: [site.origin] })) {
 *   console.assert(page.contentType.startsWith("text/html"));
 *   frontier.acknowledge(page.url);
 * }
 * ```
 */
export function crawl<B extends Barrier = never>({
  frontier,
  userAgent = "cllm/0.1",
  contact,
  maxPages = Infinity,
  maxPagesPerHost = Infinity,
  maxDepth = 20,
  concurrency = 8,
  perHost = 4,
  scope = openScope(),
  onSkip = () => {},
  mediaTypes = TEXT_TYPES,
  allowPrivate = false,
  allowOrigins = [],
  maxBytes = 8 * 2 ** 20,
  maxAheadBytes = 64 * 2 ** 20,
  timeouts = {},
  maxRedirects = 10,
  delayMs = 500,
  backoffMs = 1000,
  seed = 0,
  resolve = resolveBySystem,
  barrier,
  barrierBytes = BARRIER_BYTES,
  meter = new StageMeter("crawl"),
  signal,
}: CrawlOptions<B>): ReadableStream<Page | B> {
  positive("concurrency", concurrency);
  positive("perHost", perHost);
  positive("maxPages", maxPages);
  positive("maxPagesPerHost", maxPagesPerHost);
  positive("maxBytes", maxBytes);
  const agent = productToken(userAgent);
  if (agent === "") {
    throw new TypeError(
      `Cannot crawl as "${userAgent}": it must begin with a name of letters, like cllm/0.1`,
    );
  }
  const exempt = new Set(allowOrigins.map(exactOrigin));
  const stop = new AbortController();
  const agents = openAgents(concurrency);
  const connection: Connection = {
    agents,
    rules: { allowPrivate, allowOrigins: exempt },
    resolve,
    userAgent: contact === undefined ? userAgent : `${userAgent} (+${contact})`,
    maxBytes,
    timeouts: { headersMs: 10_000, idleMs: 10_000, totalMs: 60_000, ...timeouts },
    signal: stop.signal,
  };
  const retry = {
    backoffMs,
    jitter: randomStream(seed, { name: "crawl-retry" }),
    signal: stop.signal,
  };
  const robots = openRobots(connection, { agent, retry });
  const context = {
    connection,
    agent,
    robots,
    retry,
    pace: startPace({ signal: stop.signal, perHost, backoffMs, maxWaitMs: MAX_RETRY_AFTER_MS }),
    mediaTypes: new Set(mediaTypes),
    maxRedirects,
    delayMs: (url: URL) => exempt.has(url.origin) ? 0 : delayMs,
  };
  const window = openLookAhead({
    frontier,
    fetch: async ({ url, sequence, validators }) => {
      const fetched = await fetchPage(url, { ...context, index: sequence, validators });
      meter.in(fetched.page.body.byteLength);
      return fetched;
    },
    concurrency,
    maxPages,
    maxPerHost: maxPagesPerHost,
    maxBytes,
    maxAheadBytes,
  });
  for (const root of frontier.roots()) scope.addRoot(root);
  let prepared = false;

  async function nextPage(): Promise<Page | undefined> {
    if (!prepared) {
      if (maxDepth > 0) {
        await seedSitemaps({ frontier, robots, connection, concurrency, meter, scope });
      }
      prepared = true;
    }
    for (let ended = await window.next(); ended !== undefined; ended = await window.next()) {
      meter.phase("busy");
      const page = settleOutcome(ended, { frontier, scope, maxDepth, meter, onSkip });
      if (page !== undefined) return page;
      meter.phase("waiting");
    }
    return undefined;
  }

  async function release(reason: unknown): Promise<void> {
    signal?.removeEventListener("abort", abort);
    stop.abort(reason);
    await window.settled();
    agents[Symbol.dispose]();
  }

  let fail: (reason: unknown) => void = () => {};
  function abort(): void {
    fail(signal?.reason);
    release(signal?.reason);
  }

  let sinceBarrier = 0;
  const passing = (): B | undefined => {
    sinceBarrier = 0;
    return barrier && stamp(barrier, { crawl: { pages: frontier.pages, urls: frontier.size } });
  };

  return new ReadableStream<Page | B>({
    start(controller) {
      fail = (reason) => controller.error(reason);
      if (signal?.aborted) return abort();
      signal?.addEventListener("abort", abort);
    },
    async pull(controller) {
      meter.phase("waiting");
      const due = sinceBarrier >= barrierBytes ? passing() : undefined;
      if (due) return controller.enqueue(due);
      try {
        const page = await nextPage();
        meter.phase("blocked");
        if (page === undefined) {
          await release(new Error("the crawl has ended"));
          const last = passing();
          if (last) controller.enqueue(last);
          controller.close();
        } else {
          meter.out(page.body.byteLength);
          sinceBarrier += page.body.byteLength;
          controller.enqueue(page);
        }
      } catch (error) {
        await release(error);
        throw error;
      }
    },
    cancel: release,
  }, { highWaterMark: 0 });
}
