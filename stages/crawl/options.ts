/**
 * Options of a crawl, and their validation.
 *
 * @module
 */
import type { StageMeter } from "../meter.ts";
import type { Barrier } from "../types.ts";
import type { Resolve } from "./address_guard.ts";
import type { Timeouts } from "./deadlines.ts";
import type { Frontier } from "./frontier.ts";
import type { RendererOptions } from "./renderer.ts";
import type { Reconsidered } from "./frontier_rules.ts";
import type { Scope, SkipReason } from "./scope.ts";

/** Options of {@linkcode crawl}. */
export interface CrawlOptions<B extends Barrier = never> {
  /** Seeded and borrowed; the caller closes it after the stream has ended. */
  readonly frontier: Frontier;
  /** Product token and version, e.g. `cllm/0.1`; the token is what robots.txt lines are matched with. */
  readonly userAgent?: string;
  /** URL or mail address where site owners can reach the crawl's operator. */
  readonly contact?: string;
  /** Pages handed downstream, counted over restarts. */
  readonly maxPages?: number;
  /** Pages asked of one host, counted over restarts. */
  readonly maxPagesPerHost?: number;
  /** Links away from a seed. */
  readonly maxDepth?: number;
  /**
   * Milliseconds that a slow host may hold up the others. By default it holds them up until it answers
   * or fails, so that the order of pages never depends on timing.
   */
  readonly patienceMs?: number;
  /** Requests in flight. */
  readonly concurrency?: number;
  /** Requests in flight to one host, unless `delayMs` is 0 for it. */
  readonly perHost?: number;
  /** ISO 639-1 codes: links that a page declares to be in other languages are not followed. */
  readonly languages?: readonly string[];
  /** Fills pages that are empty without JavaScript. */
  readonly render?: RendererOptions;
  /** Which links belong to the crawl; by default those on the host of a seed. */
  readonly scope?: Scope;
  /** Called with the reason and number of links that were not followed. */
  readonly onSkip?: (reason: SkipReason, links: number) => void;
  /** Called with the effect of settings that differ from those of the previous session. */
  readonly onReconsidered?: (changes: Reconsidered) => void;
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
  /**
   * Timeouts of one exchange; by default 10 s for the header, 10 s between pieces of the body, 60 s in
   * all.
   */
  readonly timeouts?: Partial<Timeouts>;
  /** Whether the redirect of a page is followed; always by default. */
  readonly mayFollow?: (from: string, to: URL) => boolean;
  /** Redirects followed from one URL; 10 by default. */
  readonly maxRedirects?: number;
  /**
   * Minimum milliseconds between two requests to one host; a longer Crawl-delay wins, and the delay
   * grows for a host that is slow or reports that it is busy.
   */
  readonly delayMs?: number;
  /** First back-off before a retry, and first extra gap of a busy host, in milliseconds. */
  readonly backoffMs?: number;
  /** Seed of the back-off's jitter. */
  readonly seed?: number;
  /** Replaces the system's name resolution. */
  readonly resolve?: Resolve;
  /** Sent after every `barrierBytes` bytes of pages and at the end; none by default. */
  readonly barrier?: B;
  /** Bytes between two barriers; 4 MiB by default. */
  readonly barrierBytes?: number;
  /**
   * Counts what comes in and goes out, and where the time goes; off by default.
   */
  readonly meter?: StageMeter;
  /** Errors the stream with its reason, and ends what is being fetched. */
  readonly signal?: AbortSignal;
}

/** An origin as the address policy compares it. @throws {TypeError} for anything else */
export function exactOrigin(origin: string): string {
  const parsed = URL.parse(origin)?.origin;
  if (parsed === origin) return origin;
  throw new TypeError(
    `Cannot crawl: allowOrigins must hold origins like http://127.0.0.1:8080, got "${origin}"`,
  );
}

/** Checks that a limit is positive. @throws {RangeError} when it is not */
export function positive(name: string, value: number): number {
  if (value > 0) return value;
  throw new RangeError(`Cannot crawl: ${name} must be positive, got ${value}`);
}
