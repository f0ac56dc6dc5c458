/**
 * Enqueues the URLs of the seeds' sitemaps, after the seeds and before anything they link.
 *
 * @module
 */
import type { StageMeter } from "../meter.ts";
import { canonicalLink } from "./canonical_url.ts";
import { type FetchContext, fetchFile } from "./fetch_page.ts";
import type { Frontier } from "./frontier.ts";
import type { Scope } from "./scope.ts";
import { readSitemaps } from "./sitemap.ts";

/** Reads the sitemaps of every seed origin that this frontier has not read yet. */
export async function seedSitemaps(
  { frontier, context, concurrency, meter, scope }: {
    frontier: Frontier;
    context: FetchContext;
    concurrency: number;
    meter: StageMeter;
    scope: Scope;
  },
): Promise<void> {
  const pagesOf = async (origin: string) => {
    const { sitemaps } = await context.robots(new URL(origin));
    return await readSitemaps(sitemaps, {
      get: (url) => fetchFile(url, context),
      maxBytes: context.connection.maxBytes,
      onFailure: (item, { reason, message }) => meter.drop({ item, reason, detail: message }),
    });
  };
  const origins = frontier.seedOrigins().filter((origin) => !frontier.hasSitemap(origin));
  for (let i = 0; i < origins.length; i += concurrency) {
    const group = origins.slice(i, i + concurrency);
    const found = await Promise.all(group.map(pagesOf));
    // Stored in the order of the seeds, whichever site answered first.
    found.forEach((pages, at) => {
      const links = pages.flatMap((page) => canonicalLink(page, page) ?? [])
        .filter((link) => scope.refuses(link) === undefined);
      frontier.addSitemap(group[at] as string, links);
    });
  }
}
