/**
 * Enqueues the URLs of the seeds' sitemaps and llms.txt, after the seeds and before anything they link.
 *
 * @module
 */
import type { StageMeter } from "../meter.ts";
import { canonicalLink } from "./canonical_url.ts";
import { type FetchContext, fetchFile } from "./fetch_page.ts";
import type { FetchFailure } from "./failure.ts";
import type { Frontier } from "./frontier.ts";
import { readLlmsTxt } from "./llms_txt.ts";
import type { Scope } from "./scope.ts";
import { readSitemaps } from "./sitemap.ts";

/** Reads the sitemaps and llms.txt of every seed origin that this frontier has not read yet. */
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
    const onFailure = (item: string, { reason, message }: FetchFailure) =>
      meter.drop({ item, reason, detail: message });
    const pages = await readSitemaps(sitemaps, {
      get: (url) => fetchFile(url, context),
      maxBytes: context.connection.maxBytes,
      onFailure,
    });
    return [...await readLlmsTxt(origin, { context, onFailure }), ...pages];
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
