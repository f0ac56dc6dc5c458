import { crawl, type CrawlOptions, openFrontier } from "../../../stages/crawl/mod.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";

/** Crawls these seeds; `maxDepth` 0 unless told otherwise, so that only they are asked for. */
export async function fetchAll(
  seeds: readonly string[],
  options: Partial<CrawlOptions> = {},
) {
  const drops: Drop[] = [];
  using frontier = openFrontier(":memory:");
  frontier.seed(seeds);
  const meter = new StageMeter("crawl", (drop) => drops.push(drop));
  const stream = crawl({
    frontier,
    meter,
    maxDepth: 0,
    backoffMs: 0,
    allowOrigins: seeds.map((seed) => new URL(seed).origin),
    ...options,
  });
  const texts: string[] = [];
  for await (const { body } of stream) texts.push(new TextDecoder().decode(body));
  return { texts, drops, reasons: drops.map(({ reason }) => reason) };
}
