/**
 * From a URL to a {@linkcode Page}: robots, pace, redirects, retries, media types.
 *
 * @module
 */
import { decodePage } from "../decode_page.ts";
import type { Page } from "../types.ts";
import { type Connection, type Exchange, exchange, type WantsBody } from "./exchange.ts";
import { FetchFailure } from "./failure.ts";
import { MAYBE_FEED_TYPES, parseFeed } from "./feed.ts";
import { type PageLinks, readLinks } from "./links.ts";
import type { Pace } from "./pace.ts";
import { followRedirects, isRedirect } from "./redirects.ts";
import type { Robots } from "./robots.ts";
import { isBusy, retryAfterMs, type RetryPolicy, withRetries } from "./retry.ts";
import type { Validators } from "./frontier_entry.ts";

/** A fetched page, the links on it, and how to ask whether it has changed. */
export interface FetchedPage extends PageLinks {
  readonly page: Page;
  /** Whether it is a feed, whose links are those of its entries. */
  readonly isFeed: boolean;
  readonly validators: Validators;
}

/** What the fetches of one crawl share. */
export interface FetchContext {
  readonly connection: Connection;
  /** Product token, in lower case. */
  readonly agent: string;
  readonly robots: Robots;
  readonly pace: Pace;
  readonly retry: RetryPolicy;
  readonly maxRedirects: number;
  /** Whether a page's redirect is followed here. */
  readonly mayFollow: (from: string, to: URL) => boolean;
  readonly mediaTypes: ReadonlySet<string>;
  /** Least milliseconds between two requests to the host of `url`. */
  readonly delayMs: (url: URL) => number;
}

const HTML_TYPES = ["text/html", "application/xhtml+xml"];
/** Media types that hold text to read. */
export const TEXT_TYPES: readonly string[] = [...HTML_TYPES, "text/plain", "text/markdown"];

/** The bare media type; servers that send none usually mean HTML. */
export const mediaType = (contentType: string | undefined): string =>
  (contentType ?? "text/html").split(";")[0]?.trim().toLowerCase() ?? "";

/** Whether a page of this Content-Type is HTML. */
export const isHtmlType = (contentType: string): boolean =>
  HTML_TYPES.includes(mediaType(contentType));

/** What a page's HTML and its headers say of links. */
export function linksOf(
  { url, response }: Page,
  { html, agent }: { html: string; agent: string },
): PageLinks {
  const headersNamed = (wanted: string) =>
    (response?.headers ?? []).flatMap(([name, value]) =>
      name.toLowerCase() === wanted ? [value] : []
    );
  return readLinks(html, {
    url,
    agent,
    robotsHeaders: headersNamed("x-robots-tag"),
    linkHeaders: headersNamed("link"),
    refresh: headersNamed("refresh")[0],
  });
}

/** Whether to receive the body; throws for a response that is not a page. */
function wantsPage(
  { status, headers }: Pick<Exchange, "status" | "headers">,
  { mediaTypes }: { mediaTypes: ReadonlySet<string> },
): boolean {
  if (isRedirect(status) || isBusy(status) || status === 304) return false;
  if (status !== 200) throw new FetchFailure("http-error", `answered ${status}`);
  const type = mediaType(headers["content-type"]);
  if (mediaTypes.has(type) || MAYBE_FEED_TYPES.has(type)) return true;
  throw unsupported(type);
}

const unsupported = (type: string) =>
  new FetchFailure("unsupported-type", `the media type ${type} holds no text to read`);

/** Headers that ask for a page only if it has changed (RFC 9110 section 13). */
function conditions({ etag, modified }: Validators): Record<string, string> {
  return {
    ...(etag === undefined ? {} : { "if-none-match": etag }),
    ...(modified === undefined ? {} : { "if-modified-since": modified }),
  };
}

/** One paced request; the host's answer sets the pace of the next. */
async function paced(
  url: URL,
  { connection, pace, robots, delayMs }: FetchContext,
  { wants, headers }: { wants: WantsBody; headers: Record<string, string> },
): Promise<Exchange> {
  const { crawlDelayMs } = await robots(url);
  const gapMs = Math.max(delayMs(url), crawlDelayMs);
  const endTurn = await pace.turn(url.host, gapMs);
  const start = performance.now();
  const answer = (busy: boolean, retryAfter?: string) => {
    const waitMs = retryAfterMs(retryAfter, Date.now());
    const elapsedMs = performance.now() - start;
    endTurn({ elapsedMs, busy, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) });
  };
  try {
    const got = await exchange(url, connection, wants, headers);
    answer(isBusy(got.status), got.headers["retry-after"]);
    return got;
  } catch (error) {
    answer(error instanceof FetchFailure && error.reason === "timeout");
    throw error;
  }
}

/**
 * Fetches a file that is not a page, such as a sitemap: paced, and retried where the host was busy.
 *
 * @throws {FetchFailure} with the reason why it cannot be fetched
 */
export function fetchFile(url: URL, context: FetchContext): Promise<Exchange> {
  const wants = (status: number) => status < 300;
  return withRetries(() => paced(url, context, { wants, headers: {} }), {
    ...context.retry,
    index: 0,
  });
}

/**
 * Fetches one page. Robots rules, the address policy and the pace apply at every redirect.
 *
 * @param options.index the page's position in the crawl, which names its random draws
 * @param options.validators of the page as it was fetched before
 * @throws {FetchFailure} with the reason why there is no page; `unchanged` is one
 */
export async function fetchPage(
  url: string,
  { index, validators, ...context }: FetchContext & { index: number; validators: Validators },
): Promise<FetchedPage> {
  const { agent, robots, retry, maxRedirects, mayFollow, mediaTypes } = context;
  const wants: WantsBody = (status, headers) => wantsPage({ status, headers }, { mediaTypes });
  const get = async (hop: URL) => {
    if (hop.href !== url && !mayFollow(url, hop)) {
      throw new FetchFailure(
        "out-of-scope",
        `redirects to ${hop.href}, which is crawled elsewhere`,
      );
    }
    const rules = await robots(hop);
    rules.check(hop);
    const headers = hop.href === url ? conditions(validators) : {};
    return await withRetries(() => paced(hop, context, { wants, headers }), { ...retry, index });
  };
  const { status, headers, rawHeaders, body, url: finalUrl } = await followRedirects(url, {
    maxRedirects,
    get,
  });
  const digest = await digestOf(body);
  if (status === 304 || (status === 200 && digest === validators.digest)) {
    throw new FetchFailure("unchanged", "the page is as it was when it was fetched before");
  }
  if (status !== 200) throw new FetchFailure("http-error", `answered ${status} at every attempt`);
  const contentType = headers["content-type"] ?? "text/html";
  const page: Page = {
    url: finalUrl,
    contentType,
    body,
    fetchedAt: new Date().toISOString(),
    response: { status, headers: rawHeaders },
  };
  const type = mediaType(contentType);
  const isHtml = isHtmlType(contentType);
  const isPage = mediaTypes.has(type);
  const text = isHtml || !isPage ? decodePage(body, { contentType, isHtml }) : "";
  const entries = isPage ? undefined : parseFeed(text, { url: finalUrl });
  if (!isPage && entries === undefined) throw unsupported(type);
  const { etag, "last-modified": modified } = finalUrl === url ? headers : {};
  const found = linksOf(page, { html: isHtml ? text : "", agent });
  return {
    page,
    isFeed: entries !== undefined,
    // A feed is asked for again each time: what it names is what it is for.
    validators: entries !== undefined ? {} : {
      digest,
      ...(etag === undefined ? {} : { etag }),
      ...(modified === undefined ? {} : { modified }),
    },
    ...found,
    ...(entries === undefined || found.nofollow ? {} : { links: entries }),
  };
}

/** The first 128 bits of SHA-256, in hexadecimal. */
export async function digestOf(body: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body.slice()));
  return hash.subarray(0, 16).toHex();
}
