import { assertEquals, assertThrows } from "@std/assert";
import {
  crawl,
  openFrontier,
  openScope,
  parseUrlRules,
  type ScopeOptions,
  type SkipReason,
} from "../../../stages/crawl/mod.ts";
import { wildcard } from "../../../stages/crawl/wildcard.ts";
import { isPage, serveSite } from "./server.ts";

const LINKS = [
  "https://www.example.co.uk/docs/a",
  "https://www.example.co.uk/",
  "https://blog.example.co.uk/",
  "https://other.co.uk/",
];

Deno.test("a link's nearness is its host, registrable domain, folder, or no matter", () => {
  const kept = (options: ScopeOptions) => {
    const scope = openScope(options);
    scope.addRoot("https://www.example.co.uk/docs/index.html?x#y");
    return LINKS.filter((link) => scope.refuses(link) === undefined);
  };
  assertEquals(kept({ name: "prefix" }), LINKS.slice(0, 1));
  assertEquals(kept({ name: "host" }), LINKS.slice(0, 2));
  assertEquals(kept({}), LINKS.slice(0, 2));
  assertEquals(kept({ name: "domain" }), LINKS.slice(0, 3));
  assertEquals(kept({ name: "any" }), LINKS);
});

Deno.test("patterns, file types and rules refuse, each with its reason", () => {
  const rules = parseUrlRules(
    [
      "# the first that matches decides",
      "allow exact http://ads.a.test/kept.pdf",
      "block domain ads.a.test",
      "",
      "block prefix http://a.test/private/",
      "allow prefix http://elsewhere.test/",
      String.raw`block regex ^http://a\.test/\d+$`,
    ].join("\r\n"),
    { source: "rules.txt" },
  );
  const scope = openScope({ include: ["*//a.test/*", "*b*"], exclude: ["*?print=*"], rules });
  scope.addRoot("http://a.test/");
  const cases: [string, SkipReason | undefined][] = [
    ["http://a.test/x", undefined],
    ["http://a.test/x?print=1", "excluded"],
    ["http://a.test/x?b=1&print=", undefined],
    ["http://a.test/x.PNG", "file-type"],
    ["http://a.test/x.html", undefined],
    ["http://a.test/v1.2", undefined],
    ["http://a.test/private/x", "blocked-by-rule"],
    ["http://a.test/private", undefined],
    ["http://a.test/123", "blocked-by-rule"],
    ["http://a.test/123x", undefined],
    ["http://elsewhere.test/b", undefined],
    ["http://elsewhere.test/c", "excluded"],
    ["http://ads.a.test/x", "blocked-by-rule"],
    ["http://x.ads.a.test/x", "blocked-by-rule"],
    ["http://ads.a.test/kept.pdf", "file-type"],
    ["http://b.test/", "out-of-scope"],
  ];
  for (const [link, expected] of cases) assertEquals(scope.refuses(link), expected, link);
});

Deno.test("a line that is no rule is named", () => {
  const bad: [string, string][] = [
    ["allow", "line 1: a rule is allow or block, a kind and a value"],
    ["\nforbid exact http://a.test/", "line 2: a rule is allow or block"],
    ["block host a.test", 'line 1: "host" is none of exact, domain, prefix, regex'],
    ["block exact a.test", 'line 1: Cannot crawl "a.test": not a URL'],
    ["block domain a b", 'line 1: "a b" is no domain'],
    ["block regex (", "line 1: Invalid regular expression"],
  ];
  for (const [text, message] of bad) {
    assertThrows(() => parseUrlRules(text, { source: "r.txt" }), SyntaxError, message);
  }
});

Deno.test("wildcards agree with regular expressions on every short text", () => {
  const letters = ["", "a", "b", "*"];
  const patterns = letters.flatMap((a) =>
    letters.flatMap((b) => letters.flatMap((c) => letters.map((d) => a + b + c + d)))
  );
  const texts = patterns.map((pattern) => pattern.replaceAll("*", "ab"));
  for (const pattern of new Set(patterns)) {
    for (const whole of [true, false]) {
      const matches = wildcard(pattern, { whole });
      const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}${whole ? "$" : ""}`);
      for (const text of texts) {
        assertEquals(matches(text), expected.test(text), `${pattern} ${whole} ${text}`);
      }
    }
  }
});

Deno.test("links that are not followed are counted by reason, and not asked for", async () => {
  await using site = serveSite({
    "/": `<a href="/in">x</a><a href="http://out.test/">x</a><a href="/a.zip">x</a>
      <a href="/no/1">x</a><a href="/no/2">x</a>`,
    "/in": `<a href="/deep">x</a>`,
    "/deep": `<a href="/deeper">x</a>`,
  });
  const skips: Record<string, number> = {};
  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  const scope = openScope({ exclude: ["*/no/*"] });
  const options = { frontier, scope, maxDepth: 1, allowOrigins: [site.origin] };
  await Array.fromAsync(crawl({
    ...options,
    onSkip: (reason, links) => skips[reason] = (skips[reason] ?? 0) + links,
  }));
  assertEquals(skips, { "out-of-scope": 1, "file-type": 1, "excluded": 2, "too-deep": 1 });
  assertEquals(site.requests.filter(isPage), ["/", "/in"]);
});
