/**
 * What a crawl may be told, and what it refuses.
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
  /** URL or mail address by which a site's owner can reach who runs the crawl. */
  readonly contact?: string;
  /** Pages handed downstream, counted over restarts. */
  readonly maxPages?: number;
  /** Pages asked of one host, counted over restarts. */
  readonly maxPagesPerHost?: number;
  /** Links away from a seed. */
  readonly maxDepth?: number;
  /**
   * Milliseconds for which a host that does not answer may hold up the others. By default it holds
   * them up until it has answered or failed, so that the order of pages never depends on timing.
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
  /** Told why links were not followed, and how many. */
  readonly onSkip?: (reason: SkipReason, links: number) => void;
  /** Told what came of settings that are not those of the sitting before. */
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

/** An origin as the address policy compares it. @throws {TypeError} for anything else */
export function exactOrigin(origin: string): string {
  const parsed = URL.parse(origin)?.origin;
  if (parsed === origin) return origin;
  throw new TypeError(
    `Cannot crawl: allowOrigins must hold origins like http://127.0.0.1:8080, got "${origin}"`,
  );
}

/** A limit that lets something through. @throws {RangeError} for one that does not */
export function positive(name: string, value: number): number {
  if (value > 0) return value;
  throw new RangeError(`Cannot crawl: ${name} must be positive, got ${value}`);
}
