/**
 * Normalises URLs to the spelling that the frontier uses, and rejects traps.
 *
 * @module
 */

/** Longest URL by the de facto standards (sitemaps.org, browsers). */
const MAX_URL_LENGTH = 2083;
/** A path segment repeated more often than this indicates a loop of relative links. */
const MAX_SEGMENT_REPEATS = 2;

/** Query parameters that track the visitor and do not select content. */
const TRACKING = /^(utm_[^=]*|[dg]clid|fbclid|msclkid|mc_[ce]id|igshid|phpsessid|jsessionid)(=|$)/i;

const isWeb = (url: URL) => url.protocol === "http:" || url.protocol === "https:";

function canonical(url: URL): string {
  url.hash = "";
  return url.href;
}

/** Removes tracking and session parameters, and leaves the others as written. */
function dropTracking(url: URL): void {
  const session = /;jsessionid=[^/;]*/i;
  if (session.test(url.pathname)) url.pathname = url.pathname.replace(session, "");
  const parameters = url.search.slice(1).split("&");
  const kept = parameters.filter((parameter) => !TRACKING.test(parameter));
  if (kept.length < parameters.length) url.search = kept.join("&");
}

/**
 * With the two slashes that lead to a host where there are more of them, backslashes and the tabs and
 * line ends between them included (URL standard, special authority ignore slashes state), which the
 * runtime's parser takes for an error.
 */
function twoSlashes(href: string): string {
  return href.replace(/^(?:[\t\n\r]*[/\\]){3,}[\t\n\r]*/, "//");
}

/**
 * The canonical form of a link found on a page, or `undefined` for links that a crawl never follows:
 * other schemes, unparsable or very long URLs, credentials, endlessly repeating paths.
 */
export function canonicalLink(href: string, base: string): string | undefined {
  const url = URL.parse(twoSlashes(href.trim()), base);
  if (url === null || !isWeb(url) || url.username !== "" || url.password !== "") return undefined;
  const counts = new Map<string, number>();
  for (const segment of url.pathname.split("/")) {
    if (segment === "") continue;
    const count = (counts.get(segment) ?? 0) + 1;
    if (count > MAX_SEGMENT_REPEATS) return undefined;
    counts.set(segment, count);
  }
  dropTracking(url);
  const link = canonical(url);
  return link.length <= MAX_URL_LENGTH ? link : undefined;
}

/**
 * The canonical form of an address the user named.
 *
 * @throws {SyntaxError} when it is no URL
 * @throws {TypeError} when its scheme is not http or https
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { canonicalSeed } from "./canonical_url.ts";
 * assertEquals(canonicalSeed("HTTP://Example.org:80/a#b"), "http://example.org/a");
 * ```
 */
export function canonicalSeed(seed: string): string {
  const url = URL.parse(seed);
  if (url === null) {
    throw new SyntaxError(`Cannot crawl "${seed}": not a URL; write it like https://example.org/`);
  }
  if (!isWeb(url)) {
    throw new TypeError(
      `Cannot crawl "${seed}": the scheme is ${url.protocol} but must be http: or https:`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(`Cannot crawl "${seed}": credentials in URLs are not supported`);
  }
  return canonical(url);
}
