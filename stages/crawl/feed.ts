/**
 * Feeds: RSS 0.9 to 2.0, Atom (RFC 4287) and JSON Feed 1. Only their entries' links are read.
 *
 * @module
 */
import { Parser } from "htmlparser2";
import { canonicalLink } from "./canonical_url.ts";

/** Media types by which a page declares its feeds. */
export const FEED_TYPES: ReadonlySet<string> = new Set([
  "application/rss+xml",
  "application/atom+xml",
  "application/rdf+xml",
  "application/feed+json",
]);

/** Media types that a feed may come with; the last three are mostly something else. */
export const MAYBE_FEED_TYPES: ReadonlySet<string> = new Set([
  ...FEED_TYPES,
  "application/xml",
  "text/xml",
  "application/json",
]);

/** Entries taken from one feed; most have fewer than fifty. */
const MAX_ENTRIES = 1000;
/** Entries are four elements deep at most; the parser's cost grows with nesting. */
const MAX_DEPTH = 64;
/** More of an address is not gathered. */
const MAX_CHARS = 4096;

const ROOTS: ReadonlySet<string> = new Set(["rss", "feed", "RDF"]);
const ENTRIES: ReadonlySet<string> = new Set(["item", "entry"]);

const localName = (name: string) => name.slice(name.lastIndexOf(":") + 1);

/**
 * The links of a feed's entries, canonical, each once, in feed order; `undefined` for what is no feed.
 *
 * @param options.url where it was found, the base of relative links
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseFeed } from "./feed.ts";
 * const feed = "<rss><channel><item><link>/a</link></item></channel></rss>";
 * assertEquals(parseFeed(feed, { url: "http://a.test/feed" }), ["http://a.test/a"]);
 * ```
 */
export function parseFeed(text: string, { url }: { url: string }): string[] | undefined {
  const start = text.replace(/^\ufeff/, "").trimStart();
  const addresses = start.startsWith("{") ? jsonEntries(start) : xmlEntries(start);
  return addresses && [...new Set(addresses.flatMap((href) => canonicalLink(href, url) ?? []))];
}

/** Addresses of the items of a JSON Feed (jsonfeed.org, version 1.1). */
function jsonEntries(text: string): string[] | undefined {
  let feed: unknown;
  try {
    feed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const { version, items } = feed as { version?: unknown; items?: unknown };
  if (typeof version !== "string" || !version.startsWith("https://jsonfeed.org/version/")) {
    return undefined;
  }
  const entries: unknown[] = Array.isArray(items) ? items.slice(0, MAX_ENTRIES) : [];
  return entries.flatMap((item) => {
    const url = typeof item === "object" && item !== null && "url" in item ? item.url : undefined;
    return typeof url === "string" ? [url] : [];
  });
}

/** What one entry of an XML feed says of its address. */
interface Entry {
  link?: string;
  /** An identifier that is an address too. */
  permalink?: string;
}

function xmlEntries(xml: string): string[] | undefined {
  const addresses: string[] = [];
  const path: string[] = [];
  let isFeed = false;
  let entry: Entry | undefined;
  let text: string | undefined;
  const parser = new Parser({
    onopentag(tag, attributes) {
      const name = localName(tag);
      if (path.length === 0) isFeed = ROOTS.has(name);
      if (!isFeed || path.length > MAX_DEPTH || addresses.length >= MAX_ENTRIES) {
        return parser.pause();
      }
      const parent = path.at(-1) ?? "";
      path.push(name);
      text = undefined;
      if (ENTRIES.has(name)) entry = {};
      else if (entry === undefined || !ENTRIES.has(parent)) return;
      // Of Atom links, only the one to the entry's own page; a prefix is another vocabulary's.
      if (tag === "link" || tag === "atom:link" && attributes.href !== undefined) {
        const { href, rel = "alternate" } = attributes;
        if (href === undefined) text = "";
        else if (rel === "alternate") entry.link ??= href;
      } else if (tag === "guid" && attributes.isPermaLink !== "false") text = "";
    },
    ontext(piece) {
      if (text !== undefined && text.length <= MAX_CHARS) text += piece;
    },
    onclosetag(tag) {
      const name = localName(tag);
      path.pop();
      if (entry !== undefined && text !== undefined) {
        if (name === "link") entry.link ??= text.trim();
        else if (name === "guid" && /^https?:/i.test(text.trim())) entry.permalink ??= text.trim();
      }
      text = undefined;
      if (!ENTRIES.has(name) || entry === undefined) return;
      const address = entry.link || entry.permalink;
      if (address) addresses.push(address);
      entry = undefined;
    },
  }, { xmlMode: true });
  parser.write(xml);
  if (isFeed && path.length <= MAX_DEPTH) parser.end();
  return isFeed ? addresses : undefined;
}
