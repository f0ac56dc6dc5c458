import { assert, assertEquals } from "@std/assert";
import { startSampleSite } from "../../sample_site/site.ts";
import { crawl, openFrontier } from "../../stages/crawl/mod.ts";
import { type Drop, StageMeter } from "../../stages/meter.ts";
import { openCatalog } from "../../sample_site/catalog.ts";

Deno.test("a crawl of the sample site meets every address once, in file-name order", async () => {
  const requested: string[] = [];
  const drops: Drop[] = [];
  const site = await startSampleSite({ onRequest: (path) => requested.push(path) });
  const { addresses } = await openCatalog();
  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  const meter = new StageMeter("crawl", (drop) => drops.push(drop));
  const seen: string[] = [];
  for await (const page of crawl({ frontier, meter, allowOrigins: [site.origin] })) {
    frontier.acknowledge(page.url);
    seen.push(new URL(page.url).pathname);
  }
  await site.close();
  assertEquals(addresses.length, 233);
  assertEquals(site.addresses, 233);
  assertEquals(
    seen.filter((path) => path.startsWith("/addresses/")),
    addresses.map(({ path }) => path),
  );
  assertEquals(new Set(seen).size, seen.length);
  // Linked from every page, disallowed by robots.txt: never asked for, and accounted for.
  assertEquals(requested.filter((path) => path.startsWith("/drafts")), []);
  assertEquals(drops.map(({ item, reason }) => [item, reason]), [
    [`${site.origin}/drafts/`, "robots-disallowed"],
  ]);
  assert(
    requested.length === seen.length + 3,
    "one request a page, robots.txt, llms.txt and the sitemap",
  );
});
