/**
 * Extracts what a crawler needs from a page's HTML: links, robots directives, canonical address.
 *
 * @module
 */
import { Parser } from "htmlparser2";
import { canonicalLink } from "./canonical_url.ts";
import { type Directives, headerDirectives, joined, metaDirectives } from "./directives.ts";

/** Links of a page, canonical, each once, in document order, with its robots directives. */
export interface PageLinks extends Directives {
  /** Empty when the author asks that no link be followed. */
  readonly links: readonly string[];
  /** The canonical address, where it differs from the page's own. */
  readonly canonical?: string;
}

/** Where a page was found, and who reads it. */
export interface LinkContext {
  /** The base of relative links unless a `<base href>` says otherwise. */
  readonly url: string;
  /** Product token, in lower case, by which meta tags and headers may address this crawler. */
  readonly agent?: string;
  /** Values of X-Robots-Tag headers. */
  readonly robotsHeaders?: readonly string[];
  /** Values of Link headers. */
  readonly linkHeaders?: readonly string[];
  /** Value of a Refresh header. */
  readonly refresh?: string | undefined;
}

/** Links nested deeper are ignored: no real page has them, and parsing cost grows with depth. */
const MAX_DEPTH = 512;
/** Most unclosed anchors. */
const MAX_ANCHORS = 8192;
/** Most links of one page. */
const MAX_LINKS = 10_000;

const relations = (rel: string | undefined) => rel?.toLowerCase().split(/\s+/) ?? [];

/** The target of `Link: <…>; rel="canonical"` (RFC 8288, RFC 6596). */
function canonicalOf(linkHeaders: readonly string[]): string | undefined {
  for (const header of linkHeaders) {
    for (const [, target, rest = ""] of header.matchAll(/<([^<>]*)>([^<]*)/g)) {
      const rel = /;\s{0,99}rel\s{0,99}=\s{0,99}(?:"([^"]*)"|([^\s;,]+))/i.exec(rest);
      if (relations(rel?.[1] ?? rel?.[2]).includes("canonical")) return target;
    }
  }
  return undefined;
}

/**
 * Where `<meta http-equiv=refresh>` leads, or a Refresh header (HTML standard, 4.2.5.3 and 7.4.2.2,
 * shared declarative refresh steps).
 */
function refreshTarget(content: string): string | undefined {
  const found = /^\s*[\d.]+(?:\s*[;,]|\s)\s*(.+)$/s.exec(content)?.[1];
  const target = found?.replace(/^url\s*=\s*/i, "") ?? "";
  const quote = /^["']/.exec(target)?.[0];
  const inside = quote === undefined ? target : target.slice(1).split(quote)[0];
  return inside === "" ? undefined : inside;
}

/** The links of an HTML document. */
export function readLinks(
  html: string,
  { url, agent = "", robotsHeaders = [], linkHeaders = [], refresh = "" }: LinkContext,
): PageLinks {
  let base = url;
  let baseSeen = false;
  let depth = 0, anchors = 0;
  let canonical = canonicalOf(linkHeaders);
  const said = [headerDirectives(robotsHeaders, { agent })];
  const links = new Set<string>();
  const addLink = (href: string | undefined) => {
    const link = href === undefined || links.size >= MAX_LINKS
      ? undefined
      : canonicalLink(href, base);
    if (link !== undefined) links.add(link);
  };
  addLink(refreshTarget(refresh));
  const parser = new Parser({
    onopentag(name, attributes) {
      // An anchor ends the one before it, which the parser does not know: it counts for less.
      if (name === "a") anchors++;
      else depth++;
      if (depth > MAX_DEPTH || anchors > MAX_ANCHORS) return parser.pause();
      const { href } = attributes;
      if (name === "base" && !baseSeen && href !== undefined) {
        baseSeen = true;
        base = URL.parse(href, url)?.href ?? url;
      } else if (name === "meta") {
        const who = attributes.name?.toLowerCase();
        if (attributes["http-equiv"]?.toLowerCase() === "refresh") {
          addLink(refreshTarget(attributes.content ?? ""));
        }
        if (who === "robots" || (who !== undefined && who === agent)) {
          said.push(metaDirectives(attributes.content ?? ""));
        }
      } else if (name === "link" && href !== undefined) {
        if (relations(attributes.rel).includes("canonical")) canonical ??= href;
      } else if ((name === "a" || name === "area") && href !== undefined) {
        if (!relations(attributes.rel).includes("nofollow")) addLink(href);
      }
    },
    onclosetag(name) {
      if (name === "a") anchors--;
      else depth--;
    },
  });
  parser.write(html);
  if (depth <= MAX_DEPTH && anchors <= MAX_ANCHORS) parser.end();
  const { nofollow, noindex } = joined(said);
  const own = canonical === undefined ? undefined : canonicalLink(canonical, base);
  return {
    links: nofollow ? [] : [...links],
    nofollow,
    noindex,
    ...(own === undefined || own === url ? {} : { canonical: own }),
  };
}
