/** Answers in forms that crawlers get wrong, each with what its specification says. */
import { assertEquals } from "@std/assert";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { canonicalLink } from "../../../stages/crawl/canonical_url.ts";
import { readLinks } from "../../../stages/crawl/links.ts";
import { parseSitemap } from "../../../stages/crawl/sitemap.ts";
import { crawl, openFrontier } from "../../../stages/crawl/mod.ts";
import { fetchAll } from "./fetch.ts";
import { serveSite } from "./server.ts";

const A = "http://a.test/one", B = "http://a.test/two?x=1&y=2";
const NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9";

// sitemaps.org protocol 0.9: XML of that namespace, or UTF-8 text with one URL a line.
const SITEMAPS: Record<string, string> = {
  "a prefix": `<s:urlset xmlns:s="${NAMESPACE}"><s:url><s:loc>${A}</s:loc></s:url><s:url><s:loc>` +
    `${B.replace("&", "&amp;")}</s:loc></s:url></s:urlset>`,
  "two namespaces": `<urlset xmlns="${NAMESPACE}" xmlns:image="urn:image"><url><loc>${A}</loc>` +
    "<image:image><image:loc>http://a.test/x.png</image:loc></image:image></url>" +
    `<url><loc><![CDATA[${B}]]></loc></url></urlset>`,
  "plain text": `${A}\n${B}\n`,
  "text of Windows with a byte order mark": `\ufeff${A}\r\n\r\n  ${B}  \r\n`,
  "text with other lines": `# addresses\n${A}\nftp://a.test/\n${B}`,
};

for (const [form, file] of Object.entries(SITEMAPS)) {
  Deno.test(`a sitemap of ${form}`, () => {
    assertEquals(parseSitemap(file), { pages: [A, B], sitemaps: [] });
  });
}

Deno.test("an index of sitemaps with a prefix, and a text that is none", () => {
  const index =
    `<s:sitemapindex xmlns:s="${NAMESPACE}"><s:sitemap><s:loc>${A}</s:loc></s:sitemap>` +
    "</s:sitemapindex>";
  assertEquals(parseSitemap(index), { pages: [], sitemaps: [A] });
  assertEquals(parseSitemap("Not found"), { pages: [], sitemaps: [] });
});

// The hrefs that Chromium and Node's parser give (URL standard, special authority slashes states).
Deno.test("more than two slashes lead to a host", () => {
  const cases: [href: string, link: string][] = [
    ["///b.test/x", "http://b.test/x"],
    ["////b.test:81/x", "http://b.test:81/x"],
    ["/\\/b.test/x", "http://b.test/x"],
    ["\\\\\\b.test\\x", "http://b.test/x"],
    ["/\t//b.test/x", "http://b.test/x"],
    ["http:///b.test/x", "http://b.test/x"],
    ["//b.test//x", "http://b.test//x"],
    ["/b.test//x", "http://a.test/b.test//x"],
  ];
  for (const [href, link] of cases) assertEquals(canonicalLink(href, A), link, href);
  assertEquals(canonicalLink("///b.test/x", "https://a.test/"), "https://b.test/x");
});

// HTML standard 4.2.5.3.
Deno.test("a refresh by element or header is a link", () => {
  const cases: [content: string, links: string[]][] = [
    ["0;url=/x", ["http://a.test/x"]],
    ["5; URL = '/x' y", ["http://a.test/x"]],
    ['0, "/x"', ["http://a.test/x"]],
    ["0 /x", ["http://a.test/x"]],
    ["0.5;  url=x?a=1;b", ["http://a.test/x?a=1;b"]],
    ["30", []],
    ["0;", []],
    ["url=/x", []],
  ];
  for (const [content, links] of cases) {
    const html = `<meta http-equiv=Refresh content="${content.replaceAll('"', "&quot;")}">`;
    assertEquals(readLinks(html, { url: A }).links, links, content);
    assertEquals(readLinks("", { url: A, refresh: content }).links, links, content);
  }
});

// RFC 9110, 8.4: codings are listed in the order in which they were applied.
Deno.test("bodies in several codings, bare deflate, and with a charset for a coding", async () => {
  const coded = (bytes: Uint8Array, coding: string) => () =>
    new Response(bytes.slice(), {
      headers: { "content-type": "text/html", "content-encoding": coding },
    });
  const text = (path: string) => new TextEncoder().encode(path);
  await using site = serveSite({
    "/raw": coded(deflateRawSync("raw"), "deflate"),
    "/zlib": coded(deflateSync("zlib"), "deflate"),
    "/twice": coded(gzipSync(gzipSync("twice")), "gzip, gzip"),
    "/both": coded(gzipSync(deflateRawSync("both")), "Deflate , x-gzip"),
    "/charset": coded(text("charset"), "utf-8"),
    "/latin": coded(text("latin"), "ISO-8859-1"),
    "/none": coded(text("none"), "none"),
    "/mixed": coded(gzipSync("mixed"), "utf-8, gzip"),
    "/many": coded(text("many"), "gzip, gzip, gzip, gzip, gzip"),
    "/other": coded(text("other"), "gzip, aes128gcm"),
    "/broken": coded(gzipSync("not twice"), "gzip, gzip"),
  });
  const paths = ["raw", "zlib", "twice", "both", "charset", "latin", "none", "mixed"];
  const bad = ["many", "other", "broken"];
  const { texts, reasons } = await fetchAll([...paths, ...bad].map((p) => `${site.origin}/${p}`));
  assertEquals(texts, paths);
  assertEquals(reasons, ["unsupported-type", "unsupported-type", "malformed"]);
});

// As browsers do: the bytes of an address outside ASCII are UTF-8.
Deno.test("a Location of raw UTF-8 is read as such, one of other bytes as they stand", async () => {
  const bytes = (text: string) => String.fromCharCode(...new TextEncoder().encode(text));
  const to = (location: string) => () => new Response(null, { status: 302, headers: { location } });
  await using site = serveSite({
    "/a": to(bytes("/caf\u00e9")),
    "/b": to(bytes("/\u6771?q=\u4eac")),
    "/c": to("/caf\u00e8"),
    "/caf%C3%A9": "one",
    "/%E6%9D%B1": "two",
    "/caf%C3%A8": "three",
  });
  const { texts } = await fetchAll(["a", "b", "c"].map((path) => `${site.origin}/${path}`));
  assertEquals(texts, ["one", "two", "three"]);
});

// URL standard, path state: whatever the encoding of the page, a path is UTF-8.
Deno.test("links are read in the encoding of their page", async () => {
  const day = "%D0%B4%D0%B5%D0%BD%D1%8C";
  const windows1251 = [0xe4, 0xe5, 0xed, 0xfc];
  const ascii = (text: string) => [...new TextEncoder().encode(text)];
  const utf16 = [..."\ufeff<a href=/3/день>x</a>"].flatMap((sign) => {
    const code = sign.charCodeAt(0);
    return [code & 0xff, code >> 8];
  });
  const page = (type: string, bytes: number[]) => () =>
    new Response(new Uint8Array(bytes), { headers: { "content-type": type } });
  const link = (
    number: number,
  ) => [...ascii(`<a href=/${number}/`), ...windows1251, ...ascii(">x</a>")];
  await using site = serveSite({
    "/1": page("text/html; charset=windows-1251", link(1)),
    "/2": page("text/html", [...ascii("<meta charset=cp1251>"), ...link(2)]),
    "/3": page("text/html", utf16),
    ...Object.fromEntries([1, 2, 3].map((number) => [`/${number}/${day}`, `day ${number}`])),
  });
  const seeds = [1, 2, 3].map((number) => `${site.origin}/${number}`);
  const { texts, drops } = await fetchAll(seeds, { maxDepth: 1 });
  assertEquals(drops, []);
  assertEquals(texts.filter((text) => text.startsWith("day")).sort(), ["day 1", "day 2", "day 3"]);
});

Deno.test("anchors that never end hide no later link", () => {
  const html = '<a name="x">'.repeat(600) + "<p>text</p>" + "<a href=/last>last</a>";
  assertEquals(readLinks(html, { url: A }).links, ["http://a.test/last"]);
  const linked = Array.from({ length: 700 }, (_, at) => `<a href=/${at}>x`).join("");
  assertEquals(readLinks(linked, { url: A }).links.length, 700);
});

Deno.test("a Link header of signs alone names nothing", () => {
  const linkHeaders = ["<".repeat(60_000), `<a>; rel =${" ".repeat(60_000)}`, ";".repeat(60_000)];
  assertEquals(readLinks("", { url: A, linkHeaders }).canonical, undefined);
  const named = ['<http://a.test/own>; title="x"; rel="canonical"'];
  assertEquals(readLinks("", { url: A, linkHeaders: named }).canonical, "http://a.test/own");
});

Deno.test("a copy of robots.txt from the future is fetched again", async () => {
  let asked = 0;
  await using site = serveSite({
    "/robots.txt": () => {
      asked++;
      return new Response("User-agent: *\nDisallow: /new\n");
    },
    "/new": "new",
  });
  const now = Date.now();
  using frontier = openFrontier(":memory:");
  const body = new TextEncoder().encode("User-agent: *\nDisallow:\n");
  frontier.robots.put(site.origin, { body, fetchedAt: now + 40 * 86_400_000 });
  frontier.seed([`${site.origin}/new`]);
  const pages = await Array.fromAsync(crawl({ frontier, allowOrigins: [site.origin] }));
  assertEquals([pages.length, asked], [0, 1]);
});
