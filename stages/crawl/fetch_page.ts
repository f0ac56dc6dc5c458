/**
 * From a URL to a {@linkcode Page}: robots, pace, redirects, retries, media types.
 *
 * @module
 */
import type { Page } from "../types.ts";
import { type Connection, type Exchange, exchange } from "./exchange.ts";
import { FetchFailure } from "./failure.ts";
import { type PageLinks, readLinks } from "./links.ts";
import type { Pace } from "./pace.ts";
import { followRedirects, isRedirect } from "./redirects.ts";
import type { Robots } from "./robots.ts";
import { type RetryPolicy, withRetries } from "./retry.ts";

/** A fetched page and the links on it. */
export interface FetchedPage extends PageLinks {
  readonly page: Page;
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
  /** Least milliseconds between two requests to the host of `url`. */
  readonly delayMs: (url: URL) => number;
}

const HTML_TYPES = ["text/html", "application/xhtml+xml"];
const TEXT_TYPES = [...HTML_TYPES, "text/plain", "text/markdown"];

/** The bare media type; servers that send none usually mean HTML. */
const mediaType = (contentType: string | undefined) =>
  (contentType ?? "text/html").split(";")[0]?.trim().toLowerCase() ?? "";

function wantsPage(status: number, headers: Exchange["headers"]): boolean {
  if (isRedirect(status) || status === 429 || status === 503) return false;
  if (status !== 200) throw new FetchFailure("http-error", `answered ${status}`);
  const type = mediaType(headers["content-type"]);
  if (TEXT_TYPES.includes(type)) return true;
  throw new FetchFailure("unsupported-type", `the media type ${type} holds no text to read`);
}

/**
 * Fetches one page. Robots rules, the address policy and the pace apply at every redirect.
 *
 * @param options.index the page's position in the crawl, which names its random draws
 * @throws {FetchFailure} with the reason why there is no page
 */
export async function fetchPage(
  url: string,
  { connection, agent, robots, pace, retry, maxRedirects, delayMs, index }: FetchContext & {
    index: number;
  },
): Promise<FetchedPage> {
  const get = async (hop: URL) => {
    const rules = await robots(hop);
    rules.check(hop);
    const gapMs = Math.max(delayMs(hop), rules.crawlDelayMs);
    return await withRetries(async () => {
      await pace.turn(hop.host, gapMs);
      return await exchange(hop, connection, wantsPage);
    }, { ...retry, index });
  };
  const { status, headers, rawHeaders, body, url: finalUrl } = await followRedirects(url, {
    maxRedirects,
    get,
  });
  if (status !== 200) throw new FetchFailure("http-error", `answered ${status} at every attempt`);
  const contentType = headers["content-type"] ?? "text/html";
  const page: Page = { url: finalUrl, contentType, body, fetchedAt: new Date().toISOString() };
  const headersNamed = (wanted: string) =>
    rawHeaders.flatMap(([name, value]) => name.toLowerCase() === wanted ? [value] : []);
  const isHtml = HTML_TYPES.includes(mediaType(contentType));
  // Links are ASCII in nearly every encoding; the text's own charset is the extractor's business.
  const html = isHtml ? new TextDecoder().decode(body) : "";
  return {
    page,
    ...readLinks(html, {
      url: finalUrl,
      agent,
      robotsHeaders: headersNamed("x-robots-tag"),
      linkHeaders: headersNamed("link"),
    }),
  };
}
