/** What a crawl with other settings makes of what an earlier one refused. */
import { assertEquals } from "@std/assert";
import {
  crawl,
  type CrawlOptions,
  openFrontier,
  openScope,
  parseUrlRules,
} from "../../../stages/crawl/mod.ts";
import { StageMeter } from "../../../stages/meter.ts";
import { serveSite, type TestSite } from "./server.ts";

const link = (path: string) => `<a href="${path}">x</a>`;

/** One crawl after another over the same frontier; the paths that each brought, and what it dropped. */
async function sessions(
  site: TestSite,
  all: readonly Partial<CrawlOptions>[],
): Promise<[paths: string[], dropped: Record<string, number>][]> {
  using frontier = openFrontier(":memory:");
  const found: [string[], Record<string, number>][] = [];
  for (const [at, options] of all.entries()) {
    if (at === 0) frontier.seed([`${site.origin}/`]);
    const paths: string[] = [];
    const meter = new StageMeter("crawl");
    const allowOrigins = [site.origin];
    for await (const { url } of crawl({ frontier, allowOrigins, meter, ...options })) {
      paths.push(new URL(url).pathname);
      frontier.acknowledge(url);
    }
    found.push([paths, meter.counts().dropped]);
  }
  return found;
}

Deno.test("what was blocked as private comes once it is allowed, and is not tried before", async () => {
  await using site = serveSite({ "/": "home" });
  const blocked = { allowOrigins: [], delayMs: 0 };
  assertEquals(
    await sessions(site, [blocked, blocked, { ...blocked, allowPrivate: true }, {}]),
    [[[], { "blocked-address": 1 }], [[], {}], [["/"], {}], [[], {}]],
  );
  assertEquals(site.requests, ["/robots.txt", "/"], "the copy of robots.txt is kept");
});

Deno.test("a seed that failed is asked for again when it is named again", async () => {
  let status = 500;
  await using site = serveSite({
    "/": () => new Response("home", { status, headers: { "content-type": "text/html" } }),
  });
  using frontier = openFrontier(":memory:");
  const crawlIt = () => Array.fromAsync(crawl({ frontier, allowOrigins: [site.origin] }));
  frontier.seed([`${site.origin}/`]);
  assertEquals((await crawlIt()).length, 0);
  status = 200;
  assertEquals((await crawlIt()).length, 0);
  frontier.seed([`${site.origin}/`]);
  assertEquals((await crawlIt()).length, 1);
});

Deno.test("wider scope, rules, depth and limits let in what was refused, narrower ones take out", async () => {
  await using site = serveSite({
    "/": link("/a/") + link("/b/") + link("/big"),
    "/a/": link("/a/1") + link("/b/1"),
    "/a/1": "leaf",
    "/b/": link("/b/2"),
    "/b/1": "leaf",
    "/b/2": "leaf",
    "/big": "x".repeat(3000),
  });
  const rules = (text: string) => openScope({ rules: parseUrlRules(text, { source: "-" }) });
  const prefix = `${site.origin}/b/`;
  const sure = { maxBytes: 2000, concurrency: 1 };
  const cases: [string, Partial<CrawlOptions>[], string[][]][] = [
    ["exclude", [
      { ...sure, scope: openScope({ exclude: ["*/b/*"] }) },
      { ...sure, scope: openScope() },
    ], [["/", "/a/", "/a/1"], ["/b/", "/b/1", "/b/2"]]],
    [
      "rules",
      [{ ...sure, scope: rules(`block prefix ${prefix}`) }, { ...sure, scope: rules("") }],
      [
        ["/", "/a/", "/a/1"],
        ["/b/", "/b/1", "/b/2"],
      ],
    ],
    ["depth", [{ ...sure, maxDepth: 1 }, { ...sure, maxDepth: 2 }], [
      ["/", "/a/", "/b/"],
      ["/a/1", "/b/1", "/b/2"],
    ]],
    ["bytes", [sure, { maxBytes: 5000 }], [
      ["/", "/a/", "/b/", "/a/1", "/b/1", "/b/2"],
      ["/big"],
    ]],
    ["pages of a host", [{ ...sure, maxPagesPerHost: 2 }, sure], [
      ["/", "/a/"],
      ["/b/", "/a/1", "/b/1", "/b/2"],
    ]],
    ["a narrower scope", [
      { ...sure, maxPages: 2 },
      { ...sure, scope: openScope({ exclude: ["*/b/*"] }) },
      sure,
    ], [["/", "/a/"], ["/a/1"], ["/b/", "/b/1", "/b/2"]]],
  ];
  for (const [what, settings, expected] of cases) {
    assertEquals((await sessions(site, settings)).map(([paths]) => paths), expected, what);
  }
});
