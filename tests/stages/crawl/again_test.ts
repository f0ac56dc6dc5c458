/** A second crawl over the same frontier, copies by canonical address, and what a host may take. */
import { assertEquals } from "@std/assert";
import {
  crawl,
  type CrawlOptions,
  type Frontier,
  openFrontier,
} from "../../../stages/crawl/mod.ts";
import { StageMeter } from "../../../stages/meter.ts";
import { serveSite, type TestSite } from "./server.ts";

async function crawlOnce(
  site: TestSite,
  { frontier, ...options }: Partial<CrawlOptions> & { frontier: Frontier },
) {
  const meter = new StageMeter("crawl");
  const pages: string[] = [];
  const allowOrigins = [site.origin];
  for await (const page of crawl({ frontier, meter, allowOrigins, ...options })) {
    pages.push(new URL(page.url).pathname + new URL(page.url).search);
    frontier.acknowledge(page.url);
  }
  return { pages, dropped: meter.counts().dropped };
}

const html = (body: string, headers: Record<string, string> = {}) =>
  new Response(body, { headers: { "content-type": "text/html", ...headers } });

Deno.test("a second crawl asks by ETag, by date and by digest, and brings what has changed", async () => {
  const conditions: Record<string, string | null> = {};
  const bodies = { etag: "1", date: "1", plain: "1" };
  const date = "Fri, 01 Nov 2024 12:00:00 GMT";
  await using site = serveSite({
    "/": `<a href="/etag">x</a><a href="/date">x</a><a href="/plain">x</a><a href="/gone">x</a>`,
    "/etag": ({ headers }) => {
      const asked = conditions.etag = headers.get("if-none-match");
      return asked === `"${bodies.etag}"`
        ? new Response(null, { status: 304 })
        : html(bodies.etag, { etag: `"${bodies.etag}"` });
    },
    "/date": ({ headers }) => {
      const asked = conditions.date = headers.get("if-modified-since");
      return asked === date
        ? new Response(null, { status: 304 })
        : html(bodies.date, { "last-modified": date });
    },
    "/plain": () => html(bodies.plain),
  });
  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  const first = await crawlOnce(site, { frontier });
  assertEquals(first, {
    pages: ["/", "/etag", "/date", "/plain"],
    dropped: { "http-error": 1 },
  });
  assertEquals(conditions, { etag: null, date: null });

  frontier.recrawl();
  const second = await crawlOnce(site, { frontier });
  assertEquals(second, { pages: [], dropped: { unchanged: 4, "http-error": 1 } });
  assertEquals(conditions, { etag: '"1"', date });

  frontier.recrawl();
  bodies.etag = bodies.plain = "2";
  const third = await crawlOnce(site, { frontier });
  assertEquals(third, { pages: ["/etag", "/plain"], dropped: { unchanged: 2, "http-error": 1 } });
  assertEquals([frontier.size, frontier.queued], [5, 0]);
});

Deno.test("a page fetched but not stored is not taken for unchanged afterwards", async () => {
  await using site = serveSite({ "/": () => html("x", { etag: '"1"' }) });
  const folder = await Deno.makeTempDir();
  const path = `${folder}/frontier.sqlite`;
  {
    using frontier = openFrontier(path);
    frontier.seed([`${site.origin}/`]);
    await Array.fromAsync(crawl({ frontier, allowOrigins: [site.origin] }));
  }
  using frontier = openFrontier(path);
  assertEquals((await crawlOnce(site, { frontier })).pages, ["/"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("copies of a known page are dropped, and a copy stands for a page not met yet", async () => {
  const copyOf = (path: string) => `<link rel="canonical" href="${path}">`;
  await using site = serveSite({
    "/": `${
      ["/a", "/b?print=1", "/b", "/a/copy", "/lost", "/misled"].map((path) =>
        `<a href="${path}">x</a>`
      ).join("")
    }`,
    "/a": copyOf("/a"),
    "/a/copy": copyOf("/a"),
    "/b": ({ url }) => html(copyOf("/b") + (url.includes("?") ? "print" : "")),
    "/lost": `${copyOf("/never-linked")}<a href="/never-linked">x</a>`,
    "/misled": copyOf("/"),
    "/never-linked": "not asked for",
  });
  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  const { pages, dropped } = await crawlOnce(site, { frontier });
  assertEquals(pages, ["/", "/a", "/b", "/lost", "/misled"]);
  assertEquals(dropped, { duplicate: 2 });
  assertEquals(site.requests.includes("/never-linked"), false);
});

Deno.test("a host is asked for so many pages, over restarts too", async () => {
  const links = Array.from({ length: 20 }, (_, i) => `<a href="/${i}">x</a>`).join("");
  await using site = serveSite({
    "/": links,
    ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`/${i}`, `${i}`])),
  });
  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  const { pages } = await crawlOnce(site, { frontier, maxPagesPerHost: 5, maxPages: 3 });
  const more = await crawlOnce(site, { frontier, maxPagesPerHost: 5 });
  assertEquals([pages, more.pages], [["/", "/0", "/1"], ["/2", "/3"]]);
});
