import { assertEquals } from "@std/assert";
import { parseLlmsTxt } from "../../../stages/crawl/llms_txt.ts";
import { crawl, openFrontier } from "../../../stages/crawl/mod.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import { serveSite, type TestSite } from "./server.ts";

const url = "http://a.test/llms.txt";

// The form that llmstxt.org describes: a title, a quote, free text, and lists of links.
const FILE = `# Project

> What it is, with [a link](/in-quote).

## Docs

- [Guide](https://a.test/guide.md): how to begin
- [API (v2)](</api>): all of [it]
- [Title](/titled "with a title")
- [Same](/api) [Bracket](/a_(b)_c)

## Optional

- [Other](other.html#part)
- [Mail](mailto:a@a.test) [broken](
`;

Deno.test("llms.txt gives the targets of its links", () => {
  assertEquals(parseLlmsTxt(FILE, { url }), [
    "http://a.test/in-quote",
    "https://a.test/guide.md",
    "http://a.test/api",
    "http://a.test/titled",
    "http://a.test/a_(b)_c",
    "http://a.test/other.html",
  ]);
  assertEquals(parseLlmsTxt("](".repeat(200_000), { url }), []);
  assertEquals(parseLlmsTxt("](x(".repeat(200_000), { url }), ["http://a.test/x"]);
  assertEquals(parseLlmsTxt("[".repeat(400_000), { url }), []);
  const many = Array.from({ length: 20_000 }, (_, at) => `[x](/${at})`).join("\n");
  assertEquals(parseLlmsTxt(many, { url }).length, 10_000);
});

async function crawled(site: TestSite) {
  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  const drops: Drop[] = [];
  const meter = new StageMeter("crawl", (drop) => drops.push(drop));
  const paths: string[] = [];
  for await (const page of crawl({ frontier, meter, backoffMs: 0, allowOrigins: [site.origin] })) {
    paths.push(new URL(page.url).pathname);
  }
  return { paths, drops: drops.map(({ item, reason }) => [new URL(item).pathname, reason]) };
}

const markdown = (text: string) => () =>
  new Response(text, { headers: { "content-type": "text/markdown" } });
const PAGES = {
  "/": `<a href="/linked">x</a>`,
  "/linked": "linked",
  "/guide.md": markdown("# Guide"),
};

Deno.test("a seed's host is asked for llms.txt, whose links come before those of its pages", async () => {
  await using site = serveSite({
    ...PAGES,
    "/llms.txt": markdown("# Site\n- [Guide](/guide.md)\n- [Out](http://b.test/)"),
  });
  assertEquals(await crawled(site), { paths: ["/", "/guide.md", "/linked"], drops: [] });
});

Deno.test("llms.txt is not read where robots.txt disallows it, and no page is taken for one", async () => {
  const text = "[Guide](/guide.md)";
  const answers = {
    "a page": () => new Response(text, { headers: { "content-type": "text/html" } }),
    "an error": () => new Response(text, { status: 500 }),
    "a redirect": () => Response.redirect("http://b.test/llms.txt"),
  };
  for (const [what, answer] of Object.entries(answers)) {
    await using site = serveSite({ ...PAGES, "/llms.txt": answer });
    assertEquals(await crawled(site), { paths: ["/", "/linked"], drops: [] }, what);
  }
  await using site = serveSite({
    ...PAGES,
    "/robots.txt": () => new Response("User-agent: *\nDisallow: /llms.txt\n"),
    "/llms.txt": markdown(text),
  });
  assertEquals(await crawled(site), { paths: ["/", "/linked"], drops: [] });
  assertEquals(site.requests.includes("/llms.txt"), false);
});

Deno.test("an llms.txt that is there and cannot be read is dropped with its reason", async () => {
  const broken = () => new Response("x", { headers: { "content-encoding": "gzip" } });
  await using site = serveSite({ ...PAGES, "/llms.txt": broken });
  assertEquals(await crawled(site), {
    paths: ["/", "/linked"],
    drops: [["/llms.txt", "malformed"]],
  });
});
