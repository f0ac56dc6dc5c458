import { assertEquals } from "@std/assert";
import { FetchFailure } from "../../stages/crawl/failure.ts";
import { readLinks } from "../../stages/crawl/links.ts";
import { crawl, openFrontier } from "../../stages/crawl/mod.ts";
import { parseRobots } from "../../stages/crawl/robots.ts";
import { parseSitemap } from "../../stages/crawl/sitemap.ts";
import { type Drop, StageMeter } from "../../stages/meter.ts";
import { serveSite } from "./crawl_server.ts";

function isAllowed(text: string, path: string, agent = "cllm"): boolean {
  const rules = parseRobots("http://a.test/robots.txt", { text, agent });
  try {
    rules.check(new URL(path, "http://a.test/"));
    return true;
  } catch (error) {
    if (error instanceof FetchFailure) return false;
    throw error;
  }
}

Deno.test("robots.txt rules decide as RFC 9309 says", () => {
  /** Cases of RFC 9309 sections 2.2.1 to 2.2.4 and 5.1 to 5.2, in this test's own words. */
  const cases: readonly (readonly [rules: string, path: string, allowed: boolean])[] = [
    ["", "/x", true],
    ["User-agent: *\nDisallow:", "/x", true],
    ["User-agent: *\nDisallow: /", "/x", false],
    ["user-AGENT: CLLM\ndisallow: /x", "/x/y", false],
    ["User-agent: other\nDisallow: /", "/x", true],
    // The group that names the agent replaces the general one; groups of one agent are joined.
    ["User-agent: *\nDisallow: /\n\nUser-agent: cllm\nDisallow: /a", "/b", true],
    ["User-agent: cllm\nDisallow: /a\n\nUser-agent: cllm\nDisallow: /b", "/b", false],
    ["User-agent: other\nUser-agent: cllm\nDisallow: /a", "/a", false],
    // The longest match wins, allow wins a tie.
    ["User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true],
    ["User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b/c", false],
    ["User-agent: *\nDisallow: /a\nAllow: /a", "/a", true],
    ["User-agent: *\nAllow: /example/page/\nDisallow: /example/page/x", "/example/page/x", false],
    // Special characters.
    ["User-agent: *\nDisallow: *.gif$", "/a/b.gif", false],
    ["User-agent: *\nDisallow: *.gif$", "/a/b.gif?x", true],
    ["User-agent: *\nDisallow: /a*c", "/a/b/c/d", false],
    ["User-agent: *\nDisallow: /x # comment", "/x", false],
    // Paths are case-sensitive; percent-encoding does not hide one.
    ["User-agent: *\nDisallow: /X", "/x", true],
    ["User-agent: *\nDisallow: /ä", "/%C3%A4", false],
    ["User-agent: *\nDisallow: /a%3cd", "/a%3Cd", false],
  ];
  for (const [text, path, allowed] of cases) {
    assertEquals(isAllowed(text, path), allowed, JSON.stringify([text, path]));
  }
});

/** Crawls one page of a site whose robots.txt answers so. */
async function crawlWith(robots: (request: Request) => Response) {
  await using site = serveSite({ "/robots.txt": robots, "/": "<p>home</p>" });
  const drops: Drop[] = [];
  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  const meter = new StageMeter("crawl", (drop) => drops.push(drop));
  const pages = await Array.fromAsync(
    crawl({ frontier, meter, allowOrigins: [site.origin], backoffMs: 0 }),
  );
  return { pages: pages.length, requests: site.requests, drops };
}

Deno.test("a missing robots.txt allows all; a failing one forbids all, after two retries", async () => {
  const missing = await crawlWith(() => new Response("gone", { status: 410 }));
  assertEquals([missing.pages, missing.requests], [1, ["/robots.txt", "/"]]);
  for (const status of [500, 503]) {
    const failing = await crawlWith(() => new Response("oops", { status }));
    assertEquals(failing.pages, 0);
    assertEquals(failing.requests.includes("/"), false);
    assertEquals(failing.drops.map(({ reason }) => reason), ["robots-disallowed"]);
    assertEquals(failing.requests.length, status === 503 ? 3 : 1);
  }
});

Deno.test("robots.txt is parsed up to 500 KiB and through five redirects", async () => {
  const filler = `# ${"x".repeat(997)}\n`;
  const long = (lines: number) => () =>
    new Response(`User-agent: *\n${filler.repeat(lines)}Disallow: /\n`);
  assertEquals((await crawlWith(long(500))).pages, 0);
  assertEquals((await crawlWith(long(520))).pages, 1);

  const chain = (hops: number) => {
    let left = hops;
    return () =>
      left-- > 0
        ? new Response(null, { status: 302, headers: { location: "/robots.txt" } })
        : new Response("User-agent: *\nDisallow: /");
  };
  assertEquals((await crawlWith(chain(5))).pages, 0);
  assertEquals((await crawlWith(chain(6))).pages, 1);
});

Deno.test("Crawl-delay is read in seconds and capped", () => {
  const delay = (text: string) =>
    parseRobots("http://a.test/robots.txt", { text, agent: "cllm" }).crawlDelayMs;
  assertEquals(delay("User-agent: *\nCrawl-delay: 2.5"), 2500);
  assertEquals(delay("User-agent: *\nCrawl-delay: 86400"), 60_000);
  assertEquals(delay("User-agent: *\nCrawl-delay: soon"), 0);
});

Deno.test("links are read in document order, with base, nofollow and robots directives", () => {
  const read = (html: string, robotsHeader = "") =>
    readLinks(html, { url: "http://a.test/dir/", robotsHeader });
  assertEquals(
    read(`<a href="b">b</a><a href=/a>a</a><area href="b"><a rel="x NoFollow" href="c">`).links,
    ["http://a.test/dir/b", "http://a.test/a"],
  );
  assertEquals(read(`<base href="/other/"><base href="/no/"><a href="x?a=1&amp;b=2">`).links, [
    "http://a.test/other/x?a=1&b=2",
  ]);
  const meta = read(`<meta name=ROBOTS content="NoIndex, nofollow"><a href=x>`);
  assertEquals(meta, { links: [], nofollow: true, noindex: true });
  assertEquals(read(`<a href=x>`, "noindex"), {
    links: ["http://a.test/dir/x"],
    nofollow: false,
    noindex: true,
  });
  assertEquals(read(`<!-- <a href=x> --><script>"<a href=y>"</script>`).links, []);
  const many = Array.from({ length: 20_000 }, (_, i) => `<a href="${i}">`).join("</a>");
  assertEquals(read(many).links.length, 10_000);
  // Links past a nesting bomb are ignored, those before it are not.
  assertEquals(read(`<a href=x></a>${"<div>".repeat(100_000)}<a href=y>`).links, [
    "http://a.test/dir/x",
  ]);
});

Deno.test("sitemaps and sitemap indexes are read in file order", () => {
  assertEquals(
    parseSitemap(`<?xml version="1.0"?><urlset><url><loc> http://a.test/1?a&amp;b </loc>
      <lastmod>2024</lastmod></url><url><loc><![CDATA[http://a.test/2]]></loc></url></urlset>`),
    { pages: ["http://a.test/1?a&b", "http://a.test/2"], sitemaps: [] },
  );
  assertEquals(
    parseSitemap(`<sitemapindex><sitemap><loc>http://a.test/s.xml</loc></sitemap></sitemapindex>`),
    { pages: [], sitemaps: ["http://a.test/s.xml"] },
  );
  assertEquals(parseSitemap("<html><p>Not found"), { pages: [], sitemaps: [] });
});

Deno.test("sitemap entries follow the seeds, in file order, from nested and gzipped files", async () => {
  const gzip = (text: string) =>
    new Response(text).body?.pipeThrough(new CompressionStream("gzip"));
  await using site = serveSite({
    "/robots.txt": ({ url }) => {
      const { origin } = new URL(url);
      return new Response(`Sitemap: ${origin}/index.xml\nSitemap: ${origin}/missing.xml\n`);
    },
    "/index.xml": ({ url }) => {
      const { origin } = new URL(url);
      return new Response(`<sitemapindex><sitemap><loc>${origin}/b.xml.gz</loc></sitemap>
        <sitemap><loc>${origin}/index.xml</loc></sitemap></sitemapindex>`);
    },
    "/b.xml.gz": ({ url }) => {
      const { origin } = new URL(url);
      return new Response(gzip(`<urlset><url><loc>${origin}/2</loc></url>
        <url><loc>http://elsewhere.test/</loc></url><url><loc>${origin}/1</loc></url></urlset>`));
    },
    "/": "<a href=/3>",
    "/1": "1",
    "/2": "2",
    "/3": "3",
  });
  const drops: Drop[] = [];
  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  const meter = new StageMeter("crawl", (drop) => drops.push(drop));
  const seen: string[] = [];
  for await (const { url } of crawl({ frontier, meter, allowOrigins: [site.origin] })) {
    seen.push(new URL(url).pathname);
  }
  assertEquals(seen, ["/", "/2", "/1", "/3"]);
  assertEquals(drops.map(({ item, reason }) => [item, reason]), [
    [`${site.origin}/missing.xml`, "http-error"],
  ]);
});
