/**
 * Sitemaps (sitemaps.org protocol 0.9) and sitemap indexes.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { Parser } from "htmlparser2";
import { canonicalLink } from "./canonical_url.ts";
import type { Exchange } from "./exchange.ts";
import { FetchFailure } from "./failure.ts";
import { followRedirects } from "./redirects.ts";

/** The protocol's own limit on the entries of one file. */
const MAX_ENTRIES = 50_000;
/** Most files read per origin, which bounds an endless index. */
const MAX_FILES = 50;
/** Characters kept of one address; the protocol's limit is 2,048. */
const MAX_LOC_CHARS = 4096;
/** Characters of all addresses that are taken from one origin: some 200,000 addresses. */
const MAX_ORIGIN_CHARS = 16 * 2 ** 20;
/** A sitemap is four elements deep; the parser's cost grows with nesting. */
const MAX_DEPTH = 16;

/** What one sitemap file names, in file order. */
export interface Sitemap {
  readonly pages: readonly string[];
  readonly sitemaps: readonly string[];
}

/** A name without the prefix that its namespace is bound to. */
const localName = (name: string) => name.slice(name.lastIndexOf(":") + 1);

/** Reads a sitemap or sitemap index, in XML or as text with one address per line; else nothing. */
export function parseSitemap(file: string): Sitemap {
  const text = file.replace(/^\ufeff/, "").trimStart();
  return text.startsWith("<") ? parseXml(text) : { pages: addressLines(text), sitemaps: [] };
}

/** The addresses of a sitemap in plain text. */
function addressLines(text: string): string[] {
  const pages: string[] = [];
  for (const [line] of text.matchAll(/[^\r\n]+/g)) {
    if (pages.length >= MAX_ENTRIES) break;
    const address = line.trim();
    if (/^https?:\/\/\S+$/i.test(address)) pages.push(address);
  }
  return pages;
}

function parseXml(xml: string): Sitemap {
  const pages: string[] = [];
  const sitemaps: string[] = [];
  const path: string[] = [];
  let text = "";
  const parser = new Parser({
    onopentagname(name) {
      if (path.push(localName(name)) > MAX_DEPTH) parser.pause();
      text = "";
    },
    ontext(piece) {
      if (path.at(-1) === "loc" && text.length <= MAX_LOC_CHARS) text += piece;
    },
    onclosetag() {
      if (path.at(-1) === "loc" && pages.length + sitemaps.length < MAX_ENTRIES) {
        if (path.at(-2) === "url") pages.push(text.trim());
        if (path.at(-2) === "sitemap") sitemaps.push(text.trim());
      }
      path.pop();
    },
  }, { xmlMode: true });
  parser.end(xml);
  return { pages, sitemaps };
}

function unpack(body: Uint8Array, maxBytes: number): Uint8Array {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body;
  try {
    return gunzipSync(body, { maxOutputLength: maxBytes });
  } catch (error) {
    throw new FetchFailure("malformed", "the sitemap's gzip data is broken or too large", {
      cause: error,
    });
  }
}

/**
 * Fetches the sitemaps at `addresses` and those they name; returns the pages in order.
 *
 * @param options.onFailure called for each sitemap that could not be read
 */
export async function readSitemaps(
  addresses: readonly string[],
  { get, maxBytes, onFailure }: {
    get: (url: URL) => Promise<Exchange>;
    /** Cap on one file, unpacked. */
    maxBytes: number;
    onFailure: (url: string, failure: FetchFailure) => void;
  },
): Promise<string[]> {
  const queue: string[] = [];
  const enqueue = (address: string) => {
    const url = canonicalLink(address, address);
    if (url !== undefined && !queue.includes(url) && queue.length < MAX_FILES) queue.push(url);
  };
  addresses.forEach(enqueue);
  const pages: string[] = [];
  let left = MAX_ORIGIN_CHARS;
  // The queue grows while it is read: an index adds the files it names.
  for (const address of queue) {
    try {
      const { status, body } = await followRedirects(address, { maxRedirects: 5, get });
      if (status !== 200) throw new FetchFailure("http-error", `answered ${status}`);
      const sitemap = parseSitemap(new TextDecoder().decode(unpack(body, maxBytes)));
      for (const page of sitemap.pages) {
        left -= page.length;
        if (left < 0) break;
        pages.push(page);
      }
      if (left < 0) {
        const what = `the addresses of one origin's sitemaps pass ${MAX_ORIGIN_CHARS} characters`;
        onFailure(address, new FetchFailure("too-large", `${what}; the rest is not read`));
        break;
      }
      sitemap.sitemaps.forEach(enqueue);
    } catch (error) {
      if (!(error instanceof FetchFailure)) throw error;
      onFailure(address, error);
    }
  }
  return pages;
}
