/**
 * Reads from a page's HTML what a crawler needs to know: links, robots directives, canonical address.
 *
 * @module
 */
import { Parser } from "htmlparser2";
import { canonicalLink } from "./canonical_url.ts";
import { type Directives, headerDirectives, joined, metaDirectives } from "./directives.ts";

/** Links of a page, canonical, each once, in document order, with what its author allows. */
export interface PageLinks extends Directives {
  /** Empty when the author asks that no link be followed. */
  readonly links: readonly string[];
  /** The address that the page names as its own, where that is another one. */
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
}

/** Deeper nesting is no honest page, and the parser's cost grows with it: its links are ignored. */
const MAX_DEPTH = 512;
/** Links taken from one page. */
const MAX_LINKS = 10_000;

const relations = (rel: string | undefined) => rel?.toLowerCase().split(/\s+/) ?? [];

/** The target of `Link: <…>; rel="canonical"` (RFC 8288, RFC 6596). */
function canonicalOf(linkHeaders: readonly string[]): string | undefined {
  for (const header of linkHeaders) {
    for (const [, target, rest = ""] of header.matchAll(/<([^>]*)>([^<]*)/g)) {
      const rel = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))/i.exec(rest);
      if (relations(rel?.[1] ?? rel?.[2]).includes("canonical")) return target;
    }
  }
  return undefined;
}

/** The links of an HTML document. */
export function readLinks(
  html: string,
  { url, agent = "", robotsHeaders = [], linkHeaders = [] }: LinkContext,
): PageLinks {
  let base = url;
  let baseSeen = false;
  let depth = 0;
  let canonical = canonicalOf(linkHeaders);
  const said = [headerDirectives(robotsHeaders, { agent })];
  const links = new Set<string>();
  const parser = new Parser({
    onopentag(name, attributes) {
      if (++depth > MAX_DEPTH) return parser.pause();
      const { href } = attributes;
      if (name === "base" && !baseSeen && href !== undefined) {
        baseSeen = true;
        base = URL.parse(href, url)?.href ?? url;
      } else if (name === "meta") {
        const who = attributes.name?.toLowerCase();
        if (who === "robots" || (who !== undefined && who === agent)) {
          said.push(metaDirectives(attributes.content ?? ""));
        }
      } else if (name === "link" && href !== undefined) {
        if (relations(attributes.rel).includes("canonical")) canonical ??= href;
      } else if ((name === "a" || name === "area") && href !== undefined) {
        if (links.size >= MAX_LINKS || relations(attributes.rel).includes("nofollow")) return;
        const link = canonicalLink(href, base);
        if (link !== undefined) links.add(link);
      }
    },
    onclosetag() {
      depth--;
    },
  });
  parser.write(html);
  if (depth <= MAX_DEPTH) parser.end();
  const { nofollow, noindex } = joined(said);
  const own = canonical === undefined ? undefined : canonicalLink(canonical, base);
  return {
    links: nofollow ? [] : [...links],
    nofollow,
    noindex,
    ...(own === undefined || own === url ? {} : { canonical: own }),
  };
}
