/** Feeds in the forms of their specifications, and what a crawl takes from them. */
import { assertEquals } from "@std/assert";
import { parseFeed } from "../../../stages/crawl/feed.ts";
import { readLinks } from "../../../stages/crawl/links.ts";
import { crawl, type CrawlOptions, openFrontier } from "../../../stages/crawl/mod.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import { serveSite, type TestSite } from "./server.ts";

const url = "http://a.test/blog/feed";
const ONE = "http://a.test/1", TWO = "http://a.test/2?a=1&b=2";

// What each specification says is the address of an entry, beside links that are not.
const FEEDS: Record<string, string> = {
  "RSS 2.0": `<?xml version="1.0"?>
    <rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"
      xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
      <link>http://a.test/home</link><atom:link href="http://a.test/self" rel="self"/>
      <image><link>http://a.test/image</link></image>
      <item><title>1</title><link> ${ONE} </link><guid>http://a.test/?p=1</guid>
        <comments>http://a.test/1#comments</comments>
        <enclosure url="http://a.test/1.mp3" type="audio/mpeg" length="1"/>
        <content:encoded><![CDATA[<a href="http://a.test/inside">x</a>]]></content:encoded>
        <source url="http://b.test/feed">B</source></item>
      <item><link><![CDATA[http://a.test/2?a=1&b=2]]></link></item>
    </channel></rss>`,
  "RSS 2.0 with permanent links": `<rss version="2.0"><channel>
      <item><guid>${ONE}</guid></item>
      <item><guid isPermaLink="true">http://a.test/2?a=1&amp;b=2</guid></item>
      <item><guid isPermaLink="false">http://a.test/no</guid></item><item><guid>tag:1</guid></item>
    </channel></rss>`,
  "RSS 1.0": `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
      xmlns="http://purl.org/rss/1.0/"><channel rdf:about="x"><link>http://a.test/home</link></channel>
      <item rdf:about="${ONE}"><link>${ONE}</link></item>
      <item rdf:about="x"><link>http://a.test/2?a=1&amp;b=2</link></item></rdf:RDF>`,
  "Atom":
    `<feed xmlns="http://www.w3.org/2005/Atom"><link href="/home"/><link rel="self" href="/f"/>
      <entry><link rel="edit" href="/edit"/><link rel="alternate" type="text/html" href="../1"/>
        <link rel="alternate" href="/other"/><id>http://a.test/id</id>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><a href="/in">x</a>
          <link href="/in-content"/></div></content>
        <source><link href="/source"/></source></entry>
      <entry><link href="/2?a=1&amp;b=2"/></entry></feed>`,
  "JSON Feed": JSON.stringify({
    version: "https://jsonfeed.org/version/1.1",
    home_page_url: "http://a.test/home",
    items: [{ id: "1", url: ONE, content_html: '<a href="/in">' }, { id: "2", url: TWO }, {
      id: 3,
    }],
  }),
};

for (const [form, feed] of Object.entries(FEEDS)) {
  Deno.test(`the entries of a feed of ${form}`, () => {
    assertEquals(parseFeed(`\ufeff\n${feed}`, { url }), [ONE, TWO]);
  });
}

Deno.test("what is no feed is told from a feed without entries", () => {
  const none = ["", "{", '{"items":[]}', "null", "[]", "<html><item><link>/a</link></item></html>"];
  for (const text of none) assertEquals(parseFeed(text, { url }), undefined, text);
  assertEquals(
    parseFeed("<urlset><url><loc>http://a.test/</loc></url></urlset>", { url }),
    undefined,
  );
  assertEquals(parseFeed("<rss><channel/></rss>", { url }), []);
});

Deno.test("entries and nesting without end are bounded", () => {
  const item = (at: number) => `<item><link>/${at}</link></item>`;
  const many = Array.from({ length: 5000 }, (_, at) => item(at)).join("");
  assertEquals(parseFeed(`<rss>${many}</rss>`, { url })?.length, 1000);
  assertEquals(parseFeed(`<rss>${item(0)}${"<x>".repeat(200_000)}${item(1)}`, { url }), [
    "http://a.test/0",
  ]);
  assertEquals(parseFeed(`<rss><item><link>${"x".repeat(1_000_000)}</link></item>`, { url }), []);
});

Deno.test("a page's feeds are those it declares as such, with the base of its links", () => {
  const { links, feeds } = readLinks(
    `<base href="/b/"><link rel=alternate type="application/rss+xml" href=rss>
     <link rel="Alternate Home" type="Application/Atom+XML" href="/atom">
     <link rel=alternate type="application/json" href="/wp-json/1">
     <link rel=alternate type="application/json+oembed" href="/oembed">
     <link rel=stylesheet type="application/rss+xml" href="/no">`,
    { url },
  );
  assertEquals([links, feeds], [[], ["http://a.test/b/rss", "http://a.test/atom"]]);
  const hidden =
    `<meta name=robots content=nofollow><link rel=alternate type=application/rss+xml href=/f>`;
  assertEquals(readLinks(hidden, { url }).feeds, []);
});

const feedOf = (type: string, ...paths: string[]) => () =>
  new Response(
    `<rss><channel>${
      paths.map((path) =>
        `<item><link>${path}</link><description>Not a document.</description></item>`
      )
        .join("")
    }</channel></rss>`,
    { headers: { "content-type": type } },
  );

/** The paths of pages and of drops, with their reasons, of a crawl and of crawling again. */
async function crawled(site: TestSite, seed: string, options: Partial<CrawlOptions> = {}) {
  using frontier = openFrontier(":memory:");
  const drops: Drop[] = [];
  const meter = new StageMeter("crawl", (drop) => drops.push(drop));
  const run = async () => {
    const paths: string[] = [];
    const all = { frontier, meter, allowOrigins: [site.origin], ...options };
    for await (const page of crawl(all)) {
      paths.push(new URL(page.url).pathname);
      frontier.acknowledge(page.url);
    }
    const dropped = drops.splice(0).map(({ item, reason }) => [new URL(item).pathname, reason]);
    return { paths, dropped, pages: frontier.pages };
  };
  frontier.seed([site.origin + seed]);
  const first = await run();
  frontier.recrawl();
  return { first, again: await run() };
}

Deno.test("a feed that is a seed gives its entries, and again when it has new ones", async () => {
  const entries = [["/1", "/2"], ["/3", "/2", "/1"]];
  await using site = serveSite({
    "/feed.json": () => feedOf("application/xml", ...entries.shift() ?? [])(),
    "/1": `<a href="/linked">x</a>`,
    "/2": "2",
    "/3": "3",
    "/linked": "linked",
  });
  const { first, again } = await crawled(site, "/feed.json");
  const dropped = [["/feed.json", "feed"]];
  assertEquals(first, { paths: ["/1", "/2", "/linked"], dropped, pages: 3 });
  assertEquals(again.paths, ["/3"]);
  assertEquals(again.dropped.filter(([, reason]) => reason !== "unchanged"), dropped);
});

Deno.test("a seed's declared feeds are followed after its links, those of other pages are not", async () => {
  const declare = (href: string) => `<link rel=alternate type=application/rss+xml href="${href}">`;
  await using site = serveSite({
    "/": `${declare("/feed.json")}<a href="/1">1</a>`,
    "/feed.json": feedOf("application/rss+xml; charset=utf-8", "/1", "/hidden", "http://b.test/"),
    "/1": declare("/comments"),
    "/comments": feedOf("application/rss+xml", "/never"),
    "/hidden": "hidden",
  });
  const skips: Record<string, number> = {};
  const onSkip: CrawlOptions["onSkip"] = (reason, links) =>
    skips[reason] = (skips[reason] ?? 0) + links;
  const { first } = await crawled(site, "/", { onSkip });
  assertEquals(first.paths, ["/", "/1", "/hidden"]);
  // Once in each of the two crawls.
  assertEquals([first.dropped, skips], [[["/feed.json", "feed"]], { "out-of-scope": 2 }]);
  assertEquals(site.requests.includes("/comments"), false);
});

Deno.test("what came as XML or JSON and is no feed is dropped as before", async () => {
  const typed = (type: string, body: string) => () =>
    new Response(body, { headers: { "content-type": type } });
  await using site = serveSite({
    "/": `<a href="/xml">x</a><a href="/api">x</a><a href="/quiet">x</a>`,
    "/xml": typed("text/xml", "<data/>"),
    "/api": typed("application/json", '{"items":[{"url":"/1"}]}'),
    "/quiet": () =>
      new Response(`<rss><item><link>/1</link></item></rss>`, {
        headers: { "content-type": "text/xml", "x-robots-tag": "nofollow" },
      }),
  });
  const { first } = await crawled(site, "/");
  assertEquals(first.paths, ["/"]);
  assertEquals(first.dropped, [
    ["/xml", "unsupported-type"],
    ["/api", "unsupported-type"],
    ["/quiet", "feed"],
  ]);
});
