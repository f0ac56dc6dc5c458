import { assertEquals } from "@std/assert";
import { readLinks } from "../../../stages/crawl/links.ts";
import { crawl, type CrawlOptions, openFrontier } from "../../../stages/crawl/mod.ts";
import { serveSite } from "./server.ts";

const alternate = (language: string, href: string) =>
  `<link rel="alternate" hreflang="${language}" href="${href}">`;

Deno.test("alternates come after a page's links, with the languages it declares", () => {
  const { links, languages } = readLinks(
    alternate("de-AT", "/de") + alternate("x-default", "/") + alternate(" PT_br ", "/pt") +
      alternate("de", "/") + alternate("en", "/") + alternate("german", "/odd") +
      `<a href="/a">a</a><a href="/de">de</a><a href="/fr" hreflang="fr">fr</a>`,
    { url: "http://a.test/page" },
  );
  const paths = ["a", "de", "fr", "", "pt", "odd"];
  assertEquals(links, paths.map((path) => `http://a.test/${path}`));
  assertEquals(
    [...languages].map(([link, codes]) => [new URL(link).pathname, [...codes]]),
    [["/de", ["de"]], ["/pt", ["pt"]], ["/", ["de", "en"]], ["/fr", ["fr"]]],
  );
});

Deno.test("links declared to be in other languages are followed unless languages are named", async () => {
  const head = alternate("en", "/") + alternate("de", "/de") + alternate("x-default", "/all");
  const anchors = `<a href="/de">x</a><a href="/fr" hreflang="fr-CA">x</a><a href="/about">x</a>`;
  await using site = serveSite({
    "/": head + anchors,
    "/de": `${head}<a href="/de/mehr">x</a>`,
    "/de/mehr": "mehr",
    "/fr": "fr",
    "/about": "about",
    "/all": "all",
  });
  const run = async (options: Partial<CrawlOptions>) => {
    using frontier = openFrontier(":memory:");
    frontier.seed([`${site.origin}/`]);
    const skips: Record<string, number> = {};
    const paths: string[] = [];
    const onSkip: CrawlOptions["onSkip"] = (reason, links) =>
      skips[reason] = (skips[reason] ?? 0) + links;
    for await (const page of crawl({ frontier, onSkip, allowOrigins: [site.origin], ...options })) {
      paths.push(new URL(page.url).pathname);
    }
    return { paths, skips };
  };
  const everything = ["/", "/de", "/fr", "/about", "/all", "/de/mehr"];
  assertEquals(await run({}), { paths: everything, skips: {} });
  assertEquals(await run({ languages: ["en"] }), {
    paths: ["/", "/about", "/all"],
    skips: { "other-language": 2 },
  });
  assertEquals((await run({ languages: ["de", "fr"] })).paths, everything);
});
