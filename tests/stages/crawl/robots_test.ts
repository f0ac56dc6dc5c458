import { assertEquals } from "@std/assert";
import { readLinks } from "../../../stages/crawl/links.ts";
import { crawl, openFrontier } from "../../../stages/crawl/mod.ts";
import { randomStream } from "../../../model/random.ts";
import { resolveBySystem } from "../../../stages/crawl/address_guard.ts";
import { openAgents } from "../../../stages/crawl/exchange.ts";
import { FetchFailure } from "../../../stages/crawl/failure.ts";
import { openRobots, parseRobots, type Robots } from "../../../stages/crawl/robots.ts";
import type { RobotsStore } from "../../../stages/crawl/robots_store.ts";
import { parseSitemap, readSitemaps } from "../../../stages/crawl/sitemap.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import { serveSite } from "./server.ts";

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
  assertEquals([missing.pages, missing.requests], [1, ["/robots.txt", "/llms.txt", "/"]]);
  for (const status of [500, 503]) {
    const failing = await crawlWith(() => new Response("oops", { status }));
    assertEquals(failing.pages, 0);
    assertEquals(failing.requests.includes("/"), false);
    assertEquals(failing.drops.map(({ reason }) => reason), ["robots-disallowed"]);
    assertEquals(failing.requests.length, status === 503 ? 3 : 1);
  }
});

Deno.test("every 4xx allows all; a redirect to where nothing may connect forbids all", async () => {
  for (const status of [400, 401, 403, 404, 429, 451, 499]) {
    const { pages } = await crawlWith(() => new Response("no", { status }));
    assertEquals(pages, 1, `${status}`);
  }
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const nowhere = `http://127.0.0.1:${closed.addr.port}/robots.txt`;
  closed.close();
  const lost = await crawlWith(() => Response.redirect(nowhere));
  assertEquals(lost.pages, 0);
  assertEquals(lost.drops.map(({ reason }) => reason), ["blocked-address"]);
});

/** The rules of a site whose robots.txt answers so, one after the other, at times of a clock. */
function openClocked(answers: (string | number)[]) {
  const site = serveSite({
    "/robots.txt": () => {
      const answer = answers.shift() ?? 404;
      return typeof answer === "number"
        ? new Response("oops", { status: answer })
        : new Response(`User-agent: *\n${answer}`);
    },
  });
  const agents = openAgents(1);
  const signal = new AbortController().signal;
  let time = 0;
  const open = (store?: RobotsStore) =>
    openRobots({
      agents,
      rules: { allowPrivate: true, allowOrigins: new Set() },
      resolve: resolveBySystem,
      userAgent: "cllm/0.1",
      maxBytes: 1000,
      timeouts: { headersMs: 5000, idleMs: 5000, totalMs: 5000 },
      signal,
    }, {
      agent: "cllm",
      retry: { backoffMs: 0, jitter: randomStream(0, { name: "test" }), signal },
      now: () => time,
      ...(store === undefined ? {} : { store }),
    });
  return {
    open,
    requests: site.requests,
    /** Which of /a, /b, /c are off limits then. */
    async forbidden(robots: Robots, at: number): Promise<string> {
      time = at;
      const rules = await robots(new URL(site.origin));
      return ["/a", "/b", "/c"].filter((path) => {
        try {
          rules.check(new URL(path, site.origin));
          return false;
        } catch (error) {
          if (error instanceof FetchFailure) return true;
          throw error;
        }
      }).join(" ");
    },
    async [Symbol.asyncDispose]() {
      agents[Symbol.dispose]();
      await site[Symbol.asyncDispose]();
    },
  };
}

const DAY = 24 * 60 * 60 * 1000;

Deno.test("rules hold for a day, and yesterday's while today's cannot be had", async () => {
  await using site = openClocked(["Disallow: /a", "Disallow: /b", 500, "Disallow: /c"]);
  const robots = site.open();
  for (
    const [at, path, requests] of [
      [0, "/a", 1],
      [DAY - 1, "/a", 1],
      [DAY, "/b", 2],
      [2 * DAY, "/b", 3], // answered 500
      [3 * DAY, "/c", 4],
    ] as const
  ) {
    assertEquals(await site.forbidden(robots, at), path, `at ${at}`);
    assertEquals(site.requests.length, requests);
  }
});

Deno.test("rules outlive a restart until their day is over; that there are none, too", async () => {
  await using site = openClocked(["Disallow: /a", 500, 404, 500, "Disallow: /c", 500]);
  using frontier = openFrontier(":memory:");
  const all = "/a /b /c";
  for (
    const [at, paths, requests] of [
      [0, "/a", 1],
      [DAY - 1, "/a", 1],
      [DAY, "/a", 2], // answered 500, which is not kept: yesterday's rules hold
      [DAY + 1, "", 3], // answered 404
      [2 * DAY, "", 3],
      [2 * DAY + 1, "", 4], // answered 500
      [2 * DAY + 2, "/c", 5],
    ] as const
  ) {
    // A new cache each time, over the same database.
    assertEquals(await site.forbidden(site.open(frontier.robots), at), paths, `at ${at}`);
    assertEquals(site.requests.length, requests, `requests at ${at}`);
  }
  assertEquals(await site.forbidden(site.open(), 0), all, "500 without a copy forbids all");
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

  // A file that never ends is cut like any other.
  const begin = new TextEncoder().encode("User-agent: *\nDisallow: /\n");
  const filled = new TextEncoder().encode(filler);
  const endless = () => {
    let first = true;
    return new Response(
      new ReadableStream({
        pull(controller) {
          controller.enqueue(first ? begin : filled);
          first = false;
        },
      }),
    );
  };
  assertEquals((await crawlWith(endless)).drops.map(({ reason }) => reason), [
    "robots-disallowed",
  ]);
});

Deno.test("Crawl-delay is read in seconds and capped", () => {
  const delay = (text: string) =>
    parseRobots("http://a.test/robots.txt", {
      body: new TextEncoder().encode(text),
      agent: "cllm",
    }).crawlDelayMs;
  assertEquals(delay("User-agent: *\nCrawl-delay: 2.5"), 2500);
  assertEquals(delay("User-agent: *\nCrawl-delay: 86400"), 60_000);
  assertEquals(delay("User-agent: *\nCrawl-delay: soon"), 0);
});

Deno.test("links are read in document order, with base, nofollow and robots directives", () => {
  const read = (html: string, ...robotsHeaders: string[]) =>
    readLinks(html, { url: "http://a.test/dir/", agent: "cllm", robotsHeaders });
  assertEquals(
    read(`<a href="b">b</a><a href=/a>a</a><area href="b"><a rel="x NoFollow" href="c">`).links,
    ["http://a.test/dir/b", "http://a.test/a"],
  );
  assertEquals(read(`<base href="/other/"><base href="/no/"><a href="x?a=1&amp;b=2">`).links, [
    "http://a.test/other/x?a=1&b=2",
  ]);
  const meta = read(`<meta name=ROBOTS content="NoIndex, nofollow"><a href=x>`);
  const declared = { feeds: [], languages: new Map() };
  assertEquals(meta, { ...declared, links: [], nofollow: true, noindex: true });
  assertEquals(read(`<a href=x>`, "noindex"), {
    ...declared,
    links: ["http://a.test/dir/x"],
    nofollow: false,
    noindex: true,
  });
  const said = ({ nofollow, noindex }: { nofollow: boolean; noindex: boolean }) =>
    [nofollow ? "nofollow" : "", noindex ? "noindex" : ""].join("");
  assertEquals(said(read("<meta name=cllm content=none>")), "nofollownoindex");
  assertEquals(said(read("<meta name=otherbot content=none>")), "");
  assertEquals(said(read("", "otherbot: noindex, nofollow")), "");
  assertEquals(said(read("", "otherbot: noindex", "CLLM: nofollow")), "nofollow");
  assertEquals(said(read("", "otherbot: noindex, cllm: nofollow")), "nofollow");
  assertEquals(said(read("", "unavailable_after: 25 Jun 2040 15:00:00 PST, noindex")), "noindex");
  assertEquals(read(`<!-- <a href=x> --><script>"<a href=y>"</script>`).links, []);
  const many = Array.from({ length: 20_000 }, (_, i) => `<a href="${i}">`).join("</a>");
  assertEquals(read(many).links.length, 10_000);
  // Links past a nesting bomb are ignored, those before it are not.
  assertEquals(read(`<a href=x></a>${"<div>".repeat(100_000)}<a href=y>`).links, [
    "http://a.test/dir/x",
  ]);
});

Deno.test("the canonical address is read from the page or a header, the header first", () => {
  const canonical = (html: string, ...linkHeaders: string[]) =>
    readLinks(html, { url: "http://a.test/dir/p?x=1", linkHeaders }).canonical;
  assertEquals(canonical(`<link rel="Canonical alternate" href="p">`), "http://a.test/dir/p");
  assertEquals(canonical(`<base href="/b/"><link rel=canonical href=q>`), "http://a.test/b/q");
  assertEquals(canonical(`<link rel=canonical href="p?x=1#top">`), undefined);
  assertEquals(canonical(`<link rel=alternate href=q>`), undefined);
  assertEquals(
    canonical("<link rel=canonical href=no>", `</css>; rel=preload, </p>; rel="x canonical"`),
    "http://a.test/p",
  );
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

Deno.test("sitemaps of an origin name so many characters of addresses, and the rest is not read", async () => {
  const [path, files] = ["x".repeat(4000), [1, 2, 3, 4, 5, 6]];
  const pack = (text: string) =>
    new Response(text).body?.pipeThrough(new CompressionStream("gzip"));
  const sitemap = ({ url }: Request) => {
    const entries = Array.from(
      { length: 1000 },
      (_, i) => `<url><loc>${url}/${i}${path}</loc></url>`,
    );
    return new Response(pack(`<urlset>${entries.join("")}</urlset>`));
  };
  await using site = serveSite(
    Object.fromEntries(files.map((file) => [`/${file}.gz`, sitemap])),
  );
  const drops: Drop[] = [];
  const pages = await readSitemaps(files.map((file) => `${site.origin}/${file}.gz`), {
    get: async (url) => {
      const response = await fetch(url);
      return {
        status: response.status,
        headers: {},
        rawHeaders: [],
        body: new Uint8Array(await response.arrayBuffer()),
      };
    },
    maxBytes: 2 ** 23,
    onFailure: (item, { reason, message }) =>
      drops.push({ stage: "crawl", item, reason, detail: message }),
  });
  const chars = pages.reduce((sum, { length }) => sum + length, 0);
  assertEquals([chars > 2 ** 24 - 5000, chars <= 2 ** 24], [true, true]);
  assertEquals(drops.map(({ item, reason }) => [item, reason]), [
    [`${site.origin}/5.gz`, "too-large"],
  ]);
});

Deno.test("sitemap entries follow the seeds, in file order, from nested and gzipped files", async () => {
  const gzip = (text: string) =>
    new Response(text).body?.pipeThrough(new CompressionStream("gzip"));
  let busy = 1;
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
      if (busy-- > 0) return new Response("later", { status: 503 });
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
  const options = { frontier, meter, allowOrigins: [site.origin], backoffMs: 1 };
  for await (const { url } of crawl(options)) seen.push(new URL(url).pathname);
  assertEquals(seen, ["/", "/2", "/1", "/3"]);
  assertEquals(drops.map(({ item, reason }) => [item, reason]), [
    [`${site.origin}/missing.xml`, "http-error"],
  ]);
});
