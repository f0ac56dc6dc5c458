/**
 * Inputs and answers of RFC 9309 and of google/robotstxt's robots_test.cc (commit 21fc90b), restated
 * as tables: who asks, what the file says, which addresses are allowed and which are not.
 */
import { assertEquals } from "@std/assert";
import { parseRobotsText, productToken } from "../../../stages/crawl/robots_rules.ts";

interface Case {
  /** The RFC's section or Google's test. */
  readonly source: string;
  readonly robots: string;
  readonly agent?: string;
  readonly allowed?: readonly string[];
  readonly disallowed?: readonly string[];
}

const DISALLOW_ALL = "user-agent: FooBot\ndisallow: /\n";
const only = (allow: string) => `${DISALLOW_ALL}allow: ${allow}\n`;
const FISH = ["/fish", "/fish.html", "/fish/salmon.html", "/fishheads", "/fishheads/yummy.html"];
const NO_FISH = ["/bar", "/Fish.asp", "/catfish", "/?id=fish"];
const GROUPS = [
  ...["allow: /foo/bar/", "", "user-agent: FooBot", "disallow: /", "allow: /x/"],
  ...["user-agent: BarBot", "disallow: /", "allow: /y/", "", "", "allow: /w/"],
  ...["user-agent: BazBot", "", "user-agent: FooBot", "allow: /z/", "disallow: /"],
].join("\n");
/** RFC 9309 section 5.1. */
const SIMPLE = [
  ...["User-Agent: *", "Disallow: *.gif$", "Disallow: /example/", "Allow: /publications/", ""],
  ...["User-Agent: foobot", "Disallow:/", "Allow:/example/page.html"],
  ...["Allow:/example/allowed.gif", "", "User-Agent: barbot", "User-Agent: bazbot"],
  ...["Disallow: /example/page.html", "", "User-Agent: quxbot", ""],
].join("\n");
const LINE = 2083 * 8;
const long = (letter: string, name: string) => {
  const filled = LINE - "/x/".length - name.length + 1;
  return "/x/".padEnd(filled, letter);
};

const RFC: readonly Case[] = [
  {
    source: "RFC 9309 5.1, foobot",
    robots: SIMPLE,
    agent: "foobot",
    allowed: ["/example/page.html", "/example/allowed.gif"],
    disallowed: ["/", "/publications/", "/example/"],
  },
  {
    source: "RFC 9309 5.1, barbot and bazbot share a group",
    robots: SIMPLE,
    agent: "bazbot",
    allowed: ["/", "/example/", "/picture.gif"],
    disallowed: ["/example/page.html"],
  },
  {
    source: "RFC 9309 5.1, quxbot has an empty group",
    robots: SIMPLE,
    agent: "quxbot",
    allowed: ["/", "/example/page.html", "/picture.gif"],
  },
  {
    source: "RFC 9309 5.1, everybody else",
    robots: SIMPLE,
    agent: "other",
    allowed: ["/", "/publications/x", "/picture.gif?x"],
    disallowed: ["/picture.gif", "/example/page.html"],
  },
  {
    source: "RFC 9309 5.2, longest match",
    robots: "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n",
    agent: "foobot",
    allowed: ["/example/page/", "/example/page/allowed.gif"],
    disallowed: ["/example/page/disallowed.gif"],
  },
  {
    source: "RFC 9309 2.2.1, groups of one crawler are combined, as in its example",
    robots: "user-agent: ExampleBot\ndisallow: /foo\ndisallow: /bar\n\n" +
      "user-agent: ExampleBot\ndisallow: /baz\n",
    agent: "examplebot",
    allowed: ["/qux"],
    disallowed: ["/foo", "/bar", "/baz"],
  },
  {
    source: "RFC 9309 2.2.1, the longer product token is another crawler",
    robots: "user-agent: ExampleBot-News\ndisallow: /\n",
    agent: "ExampleBot",
    allowed: ["/"],
  },
  {
    source: "RFC 9309 2.2.1, a version after the token does not matter",
    robots: "user-agent: ExampleBot/1.2\ndisallow: /\n",
    agent: "ExampleBot",
    disallowed: ["/"],
  },
  {
    source: "RFC 9309 2.2.2, a table of paths: reserved characters in a query",
    robots: "user-agent: *\ndisallow: /foo/bar?baz=https://foo.bar\n",
    allowed: ["/foo/bar?baz=https"],
    disallowed: ["/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar"],
  },
  {
    source: "RFC 9309 2.2.2, a table of paths: beyond ASCII",
    robots: "user-agent: *\ndisallow: /foo/bar/\u30c4\n",
    disallowed: ["/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84", "/foo/bar/\u30c4"],
  },
  {
    source: "RFC 9309 2.2.2, a table of paths: escaped unreserved characters",
    robots: "user-agent: *\ndisallow: /foo/bar/%62%61%7A\n",
    disallowed: ["/foo/bar/baz", "/foo/bar/%62%61%7A"],
  },
  {
    source: "RFC 9309 2.2.2, an escaped slash is no slash",
    robots: "user-agent: *\ndisallow: /a%2Fb\n",
    allowed: ["/a/b"],
    disallowed: ["/a%2Fb", "/a%2fb"],
  },
  {
    source: "RFC 9309 2.2.2, allow wins a tie, whatever comes first",
    robots: "user-agent: *\nallow: /a\ndisallow: /a\n",
    allowed: ["/a"],
  },
  {
    source: "RFC 9309 2.2.2, robots.txt itself is allowed",
    robots: "user-agent: *\ndisallow: /\n",
    allowed: ["/robots.txt"],
    disallowed: ["/robots.txt.old"],
  },
  {
    source: "RFC 9309 2.2.3, special characters taken literally",
    robots: "user-agent: *\ndisallow: /path/file-with-a-%2A.html\ndisallow: /path/foo-%24\n",
    allowed: ["/path/file-with-a-b.html", "/path/foo-"],
    disallowed: ["/path/file-with-a-*.html", "/path/foo-$", "/path/foo-$bar"],
  },
  {
    source: "RFC 9309 2.2.3, special characters",
    robots: "user-agent: *\nallow: /this/*/exactly\ndisallow: /this/\n",
    allowed: ["/this/is/exactly", "/this/is/here/exactly/x"],
    disallowed: ["/this/exactly"],
  },
  {
    source: "RFC 9309 2.2.4, a sitemap does not end a group",
    robots: "user-agent: BarBot\nSitemap: https://foo.bar/sitemap\nuser-agent: *\ndisallow: /\n",
    agent: "BarBot",
    disallowed: ["/"],
  },
];

const GOOGLE: readonly Case[] = [
  { source: "SystemTest", robots: "", allowed: ["/"] },
  { source: "LineSyntax_Line", robots: DISALLOW_ALL, disallowed: ["/x/y"] },
  { source: "LineSyntax_Line", robots: "foo: FooBot\nbar: /\n", allowed: ["/x/y"] },
  { source: "LineSyntax_Line", robots: "user-agent FooBot\ndisallow /\n", disallowed: ["/x/y"] },
  {
    source: "LineSyntax_Groups",
    robots: GROUPS,
    allowed: ["/x/b", "/z/d"],
    disallowed: ["/y/c", "/foo/bar/"],
  },
  {
    source: "LineSyntax_Groups",
    robots: GROUPS,
    agent: "BarBot",
    allowed: ["/y/c", "/w/a"],
    disallowed: ["/z/d", "/foo/bar/"],
  },
  {
    source: "LineSyntax_Groups",
    robots: GROUPS,
    agent: "BazBot",
    allowed: ["/z/d"],
    disallowed: ["/foo/bar/"],
  },
  ...["USER-AGENT: FooBot\nALLOW: /x/\nDISALLOW: /", "uSeR-aGeNt: FooBot\nAlLoW: /x/\ndIsAlLoW: /"]
    .map((robots) => ({
      source: "REPLineNamesCaseInsensitive",
      robots,
      allowed: ["/x/y"],
      disallowed: ["/a/b"],
    })),
  ...["FOO BAR", "foo bar", "FoO bAr"].flatMap((name) =>
    ["Foo", "foo"].map((agent) => ({
      source: "UserAgentValueCaseInsensitive",
      robots: `User-Agent: ${name}\nAllow: /x/\nDisallow: /\n`,
      agent,
      allowed: ["/x/y"],
      disallowed: ["/a/b"],
    }))
  ),
  {
    source: "AcceptUserAgentUpToFirstSpace",
    robots: "User-Agent: *\nDisallow: /\nUser-Agent: Foo Bar\nAllow: /x/\nDisallow: /\n",
    agent: "Foo",
    allowed: ["/x/y"],
  },
  {
    source: "GlobalGroups_Secondary",
    robots: "user-agent: *\nallow: /\nuser-agent: FooBot\ndisallow: /\n",
    disallowed: ["/x/y"],
  },
  {
    source: "GlobalGroups_Secondary",
    robots: "user-agent: *\nallow: /\nuser-agent: FooBot\ndisallow: /\n",
    agent: "BarBot",
    allowed: ["/x/y"],
  },
  {
    source: "GlobalGroups_Secondary",
    robots: "user-agent: FooBot\nallow: /\nuser-agent: BarBot\ndisallow: /\n" +
      "user-agent: BazBot\ndisallow: /\n",
    agent: "QuxBot",
    allowed: ["/x/y"],
  },
  {
    source: "AllowDisallow_Value_CaseSensitive",
    robots: "user-agent: FooBot\ndisallow: /x/\n",
    allowed: ["/X/y"],
    disallowed: ["/x/y"],
  },
  {
    source: "LongestMatch",
    robots: "user-agent: FooBot\ndisallow: /x/page.html\nallow: /x/\n",
    disallowed: ["/x/page.html"],
  },
  {
    source: "LongestMatch",
    robots: "user-agent: FooBot\nallow: /x/page.html\ndisallow: /x/\n",
    allowed: ["/x/page.html"],
    disallowed: ["/x/"],
  },
  { source: "LongestMatch", robots: "user-agent: FooBot\ndisallow: \nallow: \n", allowed: ["/x"] },
  { source: "LongestMatch", robots: only("/"), allowed: ["/x/page.html"] },
  {
    source: "LongestMatch",
    robots: "user-agent: FooBot\ndisallow: /x\nallow: /x/\n",
    allowed: ["/x/"],
    disallowed: ["/x"],
  },
  {
    source: "LongestMatch",
    robots: "user-agent: FooBot\ndisallow: /x/page.html\nallow: /x/page.html\n",
    allowed: ["/x/page.html"],
  },
  {
    source: "LongestMatch",
    robots: "user-agent: FooBot\nallow: /page\ndisallow: /*.html\n",
    allowed: ["/page"],
    disallowed: ["/page.html"],
  },
  {
    source: "LongestMatch",
    robots: "user-agent: FooBot\nallow: /x/page.\ndisallow: /*.html\n",
    allowed: ["/x/page.html"],
    disallowed: ["/x/y.html"],
  },
  {
    source: "LongestMatch",
    robots: "User-agent: *\nDisallow: /x/\nUser-agent: FooBot\nDisallow: /y/\n",
    allowed: ["/x/page"],
    disallowed: ["/y/page"],
  },
  {
    source: "Encoding",
    robots: only("/foo/bar?qux=taz&baz=http://foo.bar?tar&par"),
    allowed: ["/foo/bar?qux=taz&baz=http://foo.bar?tar&par"],
  },
  // Google's matcher compares octets; here addresses come encoded, as the RFC asks.
  { source: "Encoding", robots: only("/foo/bar/\u30c4"), allowed: ["/foo/bar/%E3%83%84"] },
  { source: "Encoding", robots: only("/foo/bar/%E3%83%84"), allowed: ["/foo/bar/%E3%83%84"] },
  { source: "Encoding", robots: only("/foo/bar/%62%61%7A"), allowed: ["/foo/bar/%62%61%7A"] },
  {
    source: "SpecialCharacters",
    robots: "User-agent: FooBot\nDisallow: /foo/bar/quz\nAllow: /foo/*/qux\n",
    allowed: ["/foo/quz", "/foo//quz", "/foo/bax/quz"],
    disallowed: ["/foo/bar/quz"],
  },
  {
    source: "SpecialCharacters",
    robots: "User-agent: FooBot\nDisallow: /foo/bar$\nAllow: /foo/bar/qux\n",
    allowed: ["/foo/bar/qux", "/foo/bar/", "/foo/bar/baz"],
    disallowed: ["/foo/bar"],
  },
  {
    source: "SpecialCharacters",
    robots: "User-agent: FooBot\n# Disallow: /\nDisallow: /foo/quz#qux\nAllow: /\n",
    allowed: ["/foo/bar"],
    disallowed: ["/foo/quz"],
  },
  {
    source: "IndexHTMLisDirectory",
    robots: "User-Agent: *\nAllow: /allowed-slash/index.html\nDisallow: /\n",
    allowed: ["/allowed-slash/", "/allowed-slash/index.html"],
    disallowed: ["/allowed-slash/index.htm", "/anyother-url"],
  },
  {
    source: "LineTooLong",
    robots: `user-agent: FooBot\ndisallow: ${long("a", "disallow: ")}/qux\n`,
    allowed: ["/fux"],
    disallowed: [`${long("a", "disallow: ")}/fux`],
  },
  {
    source: "LineTooLong",
    robots: `${DISALLOW_ALL}allow: ${long("a", "allow: ")}/qux\nallow: ${
      long("b", "allow: ")
    }/qux\n`,
    allowed: [`${long("a", "allow: ")}/qux`, `${long("b", "allow: ")}/fux`],
    disallowed: ["/"],
  },
  { source: "DocumentationChecks", robots: only("/fish"), allowed: FISH, disallowed: NO_FISH },
  { source: "DocumentationChecks", robots: only("/fish*"), allowed: FISH, disallowed: NO_FISH },
  {
    source: "DocumentationChecks",
    robots: only("/fish/"),
    allowed: ["/fish/", "/fish/salmon", "/fish/?salmon", "/fish/salmon.html", "/fish/?id=anything"],
    disallowed: ["/bar", "/fish", "/fish.html", "/Fish/Salmon.html"],
  },
  {
    source: "DocumentationChecks",
    robots: only("/*.php"),
    allowed: [
      ...["/filename.php", "/folder/filename.php", "/folder/filename.php?parameters"],
      ...["//folder/any.php.file.html", "/filename.php/", "/index?f=filename.php/"],
    ],
    disallowed: ["/bar", "/php/", "/index?php", "/windows.PHP"],
  },
  {
    source: "DocumentationChecks",
    robots: only("/*.php$"),
    allowed: ["/filename.php", "/folder/filename.php"],
    disallowed: [
      ...["/bar", "/filename.php?parameters", "/filename.php/", "/filename.php5", "/php/"],
      ...["/filename?php", "/aaaphpaaa", "//windows.PHP"],
    ],
  },
  {
    source: "DocumentationChecks",
    robots: only("/fish*.php"),
    allowed: ["/fish.php", "/fishheads/catfish.php?parameters"],
    disallowed: ["/bar", "/Fish.PHP"],
  },
  { source: "DocumentationChecks", robots: only("/p"), allowed: ["/page"] },
  {
    source: "DocumentationChecks",
    robots: "user-agent: FooBot\nallow: /folder\ndisallow: /folder\n",
    allowed: ["/folder/page"],
  },
  {
    source: "DocumentationChecks",
    robots: "user-agent: FooBot\nallow: /page\ndisallow: /*.htm\n",
    disallowed: ["/page.htm"],
  },
  {
    source: "DocumentationChecks",
    robots: only("/$"),
    allowed: ["/"],
    disallowed: ["/page.html"],
  },
];

const bytes = (text: string) => new TextEncoder().encode(text);

function check({ source, robots, agent = "FooBot", allowed = [], disallowed = [] }: Case): void {
  const rules = parseRobotsText(bytes(robots), { agent });
  const ask = (path: string) => rules.allows(new URL(`http://foo.bar${path}`));
  const shown = robots.length > 300 ? "a long file" : JSON.stringify(robots);
  for (const path of allowed) assertEquals(ask(path), true, `${source}: ${path} of ${shown}`);
  for (const path of disallowed) assertEquals(ask(path), false, `${source}: ${path} of ${shown}`);
}

Deno.test("robots.txt: the examples of RFC 9309", () => RFC.forEach(check));

Deno.test("robots.txt: the cases of google/robotstxt", () => GOOGLE.forEach(check));

Deno.test("robots.txt: line ends of every kind, also mixed", () => {
  const unix = "User-Agent: foo\nAllow: /some/path\nUser-Agent: bar\n\n\nDisallow: /\n";
  const files = [
    ...[unix, unix.replaceAll("\n", "\r\n"), unix.replaceAll("\n", "\r"), unix.trimEnd()],
    "User-Agent: foo\nAllow: /some/path\r\nUser-Agent: bar\n\r\n\nDisallow: /",
  ];
  for (const robots of files) {
    check({ source: "LinesNumbers", robots, agent: "bar", disallowed: ["/"] });
    check({ source: "LinesNumbers", robots, agent: "foo", allowed: ["/"] });
  }
});

Deno.test("robots.txt: a byte order mark, whole or cut, is skipped at the beginning alone", () => {
  const rest = [...bytes("User-Agent: foo\nDisallow: /x\n")];
  const allows = (file: number[]) =>
    parseRobotsText(new Uint8Array(file), { agent: "foo" }).allows(new URL("http://a.test/x"));
  for (const mark of [[], [0xef], [0xef, 0xbb], [0xef, 0xbb, 0xbf]]) {
    assertEquals(allows([...mark, ...rest]), false, `${mark}`);
  }
  assertEquals(allows([0xef, 0x11, 0xbf, ...rest]), true);
  assertEquals(
    allows([...bytes("User-Agent: foo\n"), 0xef, 0xbb, 0xbf, ...bytes("Disallow: /x\n")]),
    true,
  );
});

Deno.test("robots.txt: sitemaps stand anywhere, Crawl-delay belongs to a group", () => {
  const read = (robots: string) => parseRobotsText(bytes(robots), { agent: "foo" });
  const sitemap = "Sitemap: http://foo.bar/sitemap.xml\n";
  const groups = "User-Agent: foo\nCrawl-delay: 2.5\nAllow: /\nUser-Agent: *\nCrawl-delay: 9\n";
  for (const robots of [groups + sitemap, sitemap + groups]) {
    const { sitemaps, crawlDelaySeconds } = read(robots);
    assertEquals([sitemaps, crawlDelaySeconds], [["http://foo.bar/sitemap.xml"], 2.5]);
  }
  assertEquals(read("User-Agent: *\nCrawl-delay: soon").crawlDelaySeconds, 0);
});

Deno.test("robots.txt: a product token is the name before version and comment", () => {
  const cases = [["Foobot-Bar/2.1", "foobot-bar"], ["Foo_Bar", "foo_bar"], ["Foo Bar", "foo"]];
  for (const [agent, token] of cases) assertEquals(productToken(agent ?? ""), token);
  for (const agent of ["", "\u30c4", " Foobot ", "*"]) assertEquals(productToken(agent), "", agent);
});

Deno.test("robots.txt: a pattern of many stars takes no more than linear time a star", () => {
  const robots = `user-agent: *\ndisallow: /${"*a".repeat(8000)}*b$\n`;
  const rules = parseRobotsText(bytes(robots), { agent: "foo" });
  assertEquals(rules.allows(new URL(`http://a.test/${"a".repeat(16_000)}`)), true);
});
