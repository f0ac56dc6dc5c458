import { assertEquals, assertThrows } from "@std/assert";
import { type Frontier, openFrontier } from "../../stages/crawl/mod.ts";
import { canonicalLink, canonicalSeed } from "../../stages/crawl/canonical_url.ts";

const urls = (frontier: Frontier, after = 0) =>
  frontier.queued({ after, limit: 100 }).map(({ url }) => url);

/** Settles the first queued entry as a page with these links. */
function settleFirst(frontier: Frontier, links: readonly string[] = [], finalUrl?: string): void {
  const [entry] = frontier.queued({ after: 0, limit: 1 });
  if (entry === undefined) throw new Error("nothing is queued");
  const redirect = finalUrl === undefined ? {} : { finalUrl };
  frontier.settle(entry, { outcome: "page", links, ...redirect });
}

Deno.test("seeds are canonical, known once, and refused when they are no web address", () => {
  using frontier = openFrontier(":memory:");
  frontier.seed(["HTTP://A.test:80/x/../y#z", "http://a.test/y", "https://b.test"]);
  assertEquals(urls(frontier), ["http://a.test/y", "https://b.test/"]);
  assertThrows(
    () => frontier.seed(["no url"]),
    SyntaxError,
    'Cannot crawl "no url": not a URL; write it like https://example.org/',
  );
  assertThrows(
    () => canonicalSeed("htp:/x"),
    TypeError,
    'Cannot crawl "htp:/x": the scheme is htp: but must be http: or https:',
  );
  assertEquals(frontier.size, 2);
});

Deno.test("links come in the order they were found, one level deeper", () => {
  using frontier = openFrontier(":memory:");
  frontier.seed(["http://a.test/"]);
  settleFirst(frontier, ["http://a.test/2", "http://a.test/1", "http://a.test/"]);
  assertEquals(frontier.queued({ after: 0, limit: 9 }), [
    { sequence: 2, url: "http://a.test/2", depth: 1 },
    { sequence: 3, url: "http://a.test/1", depth: 1 },
  ]);
});

Deno.test("what was claimed and not acknowledged is queued again on reopening", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/frontier.sqlite`;
  const all = ["http://a.test/1", "http://a.test/2", "http://a.test/3", "http://a.test/4"];
  {
    using frontier = openFrontier(path);
    frontier.seed(all);
    for (let i = 0; i < 3; i++) settleFirst(frontier);
    frontier.acknowledge("http://a.test/2"); // and with it the one before
    assertEquals(frontier.pages, 3);
  }
  using frontier = openFrontier(path);
  assertEquals(urls(frontier), all.slice(2));
  assertEquals(frontier.pages, 2);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the target of a redirect is known from then on and acknowledges its origin", () => {
  using frontier = openFrontier(":memory:");
  frontier.seed(["http://a.test/old"]);
  settleFirst(frontier, ["http://a.test/new", "http://a.test/next"], "http://a.test/new");
  assertEquals(urls(frontier), ["http://a.test/next"]);
  assertEquals(frontier.isDuplicate("http://a.test/new", 1), false);
  assertEquals(frontier.isDuplicate("http://a.test/new", 2), true);
  frontier.acknowledge("http://a.test/new");
  assertThrows(
    () => frontier.acknowledge("http://a.test/unknown"),
    RangeError,
    "Cannot acknowledge http://a.test/unknown: it is not in the frontier",
  );
});

Deno.test("seed hosts include where seeds were redirected to", () => {
  using frontier = openFrontier(":memory:");
  frontier.seed(["http://a.test/"]);
  settleFirst(frontier, ["http://b.test/"], "http://www.a.test/");
  assertEquals(frontier.seedHosts(), new Set(["a.test", "www.a.test"]));
});

Deno.test("links are brought to one spelling; traps and other schemes are turned away", () => {
  const base = "http://a.test/dir/page?q=1";
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["other", "http://a.test/dir/other"],
    ["/x#frag", "http://a.test/x"],
    ["?r=2", "http://a.test/dir/page?r=2"],
    [" //B.test:80/ä ", "http://b.test/%C3%A4"],
    ["mailto:x@y", undefined],
    ["javascript:void(0)", undefined],
    ["file:///etc/passwd", undefined],
    ["data:text/html,x", undefined],
    ["http://user:secret@a.test/", undefined],
    ["http://[::1", undefined],
    ["/a/b/a/b/c", "http://a.test/a/b/a/b/c"],
    ["/a/b/a/b/a", undefined],
    [`/${"x".repeat(2083 - "http://a.test/".length)}`, `http://a.test/${"x".repeat(2069)}`],
    [`/${"x".repeat(2084 - "http://a.test/".length)}`, undefined],
  ];
  for (const [href, expected] of cases) {
    assertEquals(canonicalLink(href, base), expected, href.slice(0, 80));
  }
});
