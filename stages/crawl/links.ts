/**
 * Reads from a page's HTML what a crawler needs to know: links and robots directives.
 *
 * @module
 */
import { Parser } from "htmlparser2";
import { canonicalLink } from "./canonical_url.ts";

/** Links of a page, canonical, each once, in document order, with what its author allows. */
export interface PageLinks {
  readonly links: readonly string[];
  /** The author asks that no link be followed; `links` is empty then. */
  readonly nofollow: boolean;
  /** The author asks that the page itself not be used. */
  readonly noindex: boolean;
}

/** Deeper nesting is no honest page, and the parser's cost grows with it: its links are ignored. */
const MAX_DEPTH = 512;
/** Links taken from one page. */
const MAX_LINKS = 10_000;

/** Directives of a robots meta tag or an X-Robots-Tag header. */
function directives(content: string): { nofollow: boolean; noindex: boolean } {
  const words = new Set(content.toLowerCase().split(/[\s,]+/));
  const none = words.has("none");
  return { nofollow: none || words.has("nofollow"), noindex: none || words.has("noindex") };
}

/**
 * The links of an HTML document.
 *
 * @param url where it was found, the base of relative links unless a `<base href>` says otherwise
 * @param robotsHeader the X-Robots-Tag header, when there is one
 */
export function readLinks(
  html: string,
  { url, robotsHeader = "" }: { url: string; robotsHeader?: string },
): PageLinks {
  let base = url;
  let baseSeen = false;
  let depth = 0;
  let { nofollow, noindex } = directives(robotsHeader);
  const links = new Set<string>();
  const parser = new Parser({
    onopentag(name, attributes) {
      if (++depth > MAX_DEPTH) return parser.pause();
      if (name === "base" && !baseSeen && attributes.href !== undefined) {
        baseSeen = true;
        base = URL.parse(attributes.href, url)?.href ?? url;
      } else if (name === "meta" && attributes.name?.toLowerCase() === "robots") {
        const said = directives(attributes.content ?? "");
        nofollow ||= said.nofollow;
        noindex ||= said.noindex;
      } else if ((name === "a" || name === "area") && attributes.href !== undefined) {
        if (links.size >= MAX_LINKS) return;
        if (attributes.rel?.toLowerCase().split(/\s+/).includes("nofollow")) return;
        const link = canonicalLink(attributes.href, base);
        if (link !== undefined) links.add(link);
      }
    },
    onclosetag() {
      depth--;
    },
  });
  parser.write(html);
  if (depth <= MAX_DEPTH) parser.end();
  return { links: nofollow ? [] : [...links], nofollow, noindex };
}
