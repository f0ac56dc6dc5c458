/**
 * `llms.txt`: a Markdown file at a host's root that lists what is worth reading (llmstxt.org).
 *
 * @module
 */
import { canonicalLink } from "./canonical_url.ts";
import { type FetchContext, fetchFile, mediaType } from "./fetch_page.ts";
import { FetchFailure } from "./failure.ts";
import { followRedirects } from "./redirects.ts";

/** Links taken from one file, as many as from a page. */
const MAX_LINKS = 10_000;

/** The targets of a text's Markdown links, canonical, each once, in file order. */
export function parseLlmsTxt(text: string, { url }: { url: string }): string[] {
  const links = new Set<string>();
  // From the end of a link's name, so that no opening bracket is tried twice.
  for (const [, target = ""] of text.matchAll(/\]\(\s?<?((?:[^\s()<>[\]]|\([^\s()<>[\]]*\))+)/g)) {
    if (links.size >= MAX_LINKS) break;
    const link = canonicalLink(target, url);
    if (link !== undefined) links.add(link);
  }
  return [...links];
}

/**
 * The links in an origin's `llms.txt`; none where robots.txt disallows it, where it is not there, and
 * where a web page is sent in its place.
 *
 * @param options.onFailure told about one that is there and cannot be read
 */
export async function readLlmsTxt(
  origin: string,
  { context, onFailure }: {
    context: FetchContext;
    onFailure: (url: string, failure: FetchFailure) => void;
  },
): Promise<string[]> {
  const address = `${origin}/llms.txt`;
  let isRefused = false;
  const get = async (url: URL) => {
    const rules = await context.robots(url);
    isRefused = true;
    rules.check(url);
    isRefused = false;
    return await fetchFile(url, context);
  };
  try {
    const { status, headers, body, url } = await followRedirects(address, { maxRedirects: 5, get });
    const type = mediaType(headers["content-type"] ?? "text/plain");
    if (status !== 200 || (type !== "text/plain" && type !== "text/markdown")) return [];
    return parseLlmsTxt(new TextDecoder().decode(body), { url });
  } catch (error) {
    if (!(error instanceof FetchFailure)) throw error;
    // What robots.txt forbids, or is not there to allow, its pages tell of.
    if (!isRefused) onFailure(address, error);
    return [];
  }
}
