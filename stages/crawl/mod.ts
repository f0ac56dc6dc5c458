/**
 * The crawl stage: from seed addresses to pages over HTTP, politely and safely.
 *
 * @module
 */
import { randomStream } from "../../model/random.ts";
import { BARRIER_BYTES, stamp } from "../barrier.ts";
import { StageMeter } from "../meter.ts";
import type { Barrier, Page } from "../types.ts";
import { resolveBySystem } from "./address_guard.ts";
import { type Connection, openAgents } from "./exchange.ts";
import { type FetchContext, fetchPage, TEXT_TYPES } from "./fetch_page.ts";
import { openLookAhead } from "./look_ahead.ts";
import { type CrawlOptions, exactOrigin, positive } from "./options.ts";
import { startPace } from "./pace.ts";
import { MAX_RETRY_AFTER_MS } from "./retry.ts";
import { openRenderer } from "./renderer.ts";
import { openRobots } from "./robots.ts";
import { productToken } from "./robots_rules.ts";
import { openScope } from "./scope.ts";
import { recordOutcome } from "./record_outcome.ts";
import { seedSitemaps } from "./seed_sitemaps.ts";

export { type BlockList, type BlockListFile, parseBlockList } from "./block_list.ts";
export type { CrawlOptions } from "./options.ts";
export type { RendererOptions } from "./renderer.ts";
export { canonicalSeed } from "./canonical_url.ts";
export { type Frontier, openFrontier } from "./frontier.ts";
export type { EntryResult, FrontierEntry } from "./frontier_entry.ts";
export type { Reconsidered } from "./frontier_rules.ts";
export { privateRangeOf, type Resolve, type ResolvedAddress } from "./address_guard.ts";
export type { Timeouts } from "./deadlines.ts";
export {
  openScope,
  type Scope,
  type ScopeName,
  type ScopeOptions,
  SCOPES,
  type SkipReason,
} from "./scope.ts";
export { warcInfo, warcResponse } from "./warc.ts";
export { parseUrlRules, type UrlRules } from "./url_rules.ts";
export { parseUrlRecord, type UrlRecord } from "./url_records.ts";

/**
 * Crawls from the frontier's seeds: hosts that are new first, then breadth first, hosts taking turns.
 * The order of pages depends on the site and the options alone, never on timing or restarts, unless
 * `patienceMs` says otherwise. Requests are made only while the stream is being read.
 * Each page must be acknowledged to the frontier once it is stored, or it is fetched again by the
 * next crawl over the same frontier. A page that cannot be fetched is dropped with its reason.
 *
 * @throws {TypeError | RangeError} for unusable options
 * @example
 * ```ts
 * import { assertEquals, assertMatch } from "@std/assert";
 * import { startSampleSite } from "../../sample_site/site.ts";
 * import { crawl, openFrontier } from "./mod.ts";
 * await using site = await startSampleSite();
 * using frontier = openFrontier(":memory:");
 * frontier.seed([`${site.origin}/`]);
 * for await (const page of crawl({ frontier, maxPages: 3, allowOrigins: [site.origin] })) {
 *   assertMatch(page.contentType, /^text\/html/);
 *   frontier.acknowledge(page.url);
 * }
 * assertEquals(frontier.pages, 3);
 * ```
 */
export function crawl<B extends Barrier = never>({
  frontier,
  userAgent = "cllm/0.1",
  contact,
  maxPages = Infinity,
  maxPagesPerHost = Infinity,
  maxDepth = 20,
  languages = [],
  render,
  patienceMs = Infinity,
  concurrency = 8,
  perHost = 4,
  scope = openScope(),
  onSkip = () => {},
  onReconsidered = () => {},
  mediaTypes = TEXT_TYPES,
  allowPrivate = false,
  allowOrigins = [],
  maxBytes = 8 * 2 ** 20,
  maxAheadBytes = 64 * 2 ** 20,
  timeouts = {},
  maxRedirects = 10,
  mayFollow = () => true,
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
    blocks: scope.blocks,
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
  const robots = openRobots(connection, { agent, retry, store: frontier.robots });
  const context: FetchContext = {
    connection,
    agent,
    robots,
    retry,
    pace: startPace({ signal: stop.signal, perHost, backoffMs, maxWaitMs: MAX_RETRY_AFTER_MS }),
    mediaTypes: new Set(mediaTypes),
    maxRedirects,
    mayFollow,
    delayMs: (url: URL) => exempt.has(url.origin) ? 0 : delayMs,
  };
  const renderer = render && openRenderer(render, context);
  const window = openLookAhead({
    frontier,
    fetch: async ({ url, sequence, validators }) => {
      const asSent = await fetchPage(url, { ...context, index: sequence, validators });
      const fetched = renderer ? await renderer.render(asSent, validators) : asSent;
      meter.in(fetched.page.body.byteLength);
      return fetched;
    },
    concurrency,
    maxPages,
    maxPerHost: maxPagesPerHost,
    maxBytes,
    maxAheadBytes,
    patienceMs,
  });
  for (const root of frontier.roots()) scope.addRoot(root);
  onReconsidered(frontier.reconsider(
    // Every setting that decides whether a page is fetched or kept.
    JSON.stringify([
      scope.key,
      maxDepth,
      maxPagesPerHost,
      maxBytes,
      agent,
      allowPrivate,
      allowOrigins,
    ]),
    (url, depth) => depth <= maxDepth && scope.refuses(url) === undefined,
  ));
  let prepared = false;

  async function nextPage(): Promise<Page | undefined> {
    if (!prepared) {
      if (maxDepth > 0) {
        await seedSitemaps({ frontier, context, concurrency, meter, scope });
      }
      prepared = true;
    }
    for (let ended = await window.next(); ended !== undefined; ended = await window.next()) {
      meter.phase("busy");
      const page = recordOutcome(ended, { frontier, scope, maxDepth, languages, meter, onSkip });
      if (page !== undefined) return page;
      meter.phase("waiting");
    }
    return undefined;
  }

  async function release(reason: unknown): Promise<void> {
    signal?.removeEventListener("abort", abort);
    stop.abort(reason);
    await window.idle();
    await renderer?.[Symbol.asyncDispose]();
    agents[Symbol.dispose]();
  }

  let fail: (reason: unknown) => void = () => {};
  /** Who hears of the end may end the program: all is released before. */
  async function abort(): Promise<void> {
    await release(signal?.reason);
    fail(signal?.reason);
  }

  let sinceBarrier = 0;
  const passing = (): B | undefined => {
    sinceBarrier = 0;
    return barrier && stamp(barrier, { crawl: { pages: frontier.pages, urls: frontier.size } });
  };

  return new ReadableStream<Page | B>({
    async start(controller) {
      fail = (reason) => controller.error(reason);
      if (signal?.aborted) await abort();
      else signal?.addEventListener("abort", abort);
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
