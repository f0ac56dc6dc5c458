import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import {
  type Frontier,
  type FrontierEntry,
  openFrontier,
  parseUrlRecord,
} from "../../../stages/crawl/mod.ts";
import { scratchDir } from "../scratch.ts";
import { canonicalLink, canonicalSeed } from "../../../stages/crawl/canonical_url.ts";

/** Gives every queued entry its turn. */
function pickAll(frontier: Frontier): FrontierEntry[] {
  const entries: FrontierEntry[] = [];
  for (let entry = frontier.pick(); entry !== undefined; entry = frontier.pick()) {
    entries.push(entry);
  }
  return entries;
}

const urls = (frontier: Frontier) => pickAll(frontier).map(({ url }) => url);

/** Settles the first queued entry as a page with these links. */
function completeFirst(frontier: Frontier, links: readonly string[] = [], finalUrl?: string): void {
  const entry = frontier.pick();
  if (entry === undefined) throw new Error("nothing is queued");
  frontier.complete(entry, {
    outcome: "page",
    links,
    aliases: finalUrl === undefined ? [] : [finalUrl],
  });
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
  completeFirst(frontier, ["http://a.test/2", "http://a.test/1", "http://a.test/"]);
  assertEquals(pickAll(frontier), [
    { sequence: 2, turn: 2, url: "http://a.test/2", depth: 1, validators: {} },
    { sequence: 3, turn: 3, url: "http://a.test/1", depth: 1, validators: {} },
  ]);
});

Deno.test("what was claimed and not acknowledged is queued again on reopening", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/frontier.sqlite`;
  const all = ["http://a.test/1", "http://a.test/2", "http://a.test/3", "http://a.test/4"];
  {
    using frontier = openFrontier(path);
    frontier.seed(all);
    for (let i = 0; i < 3; i++) completeFirst(frontier);
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
  completeFirst(frontier, ["http://a.test/new", "http://a.test/next"], "http://a.test/new");
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

Deno.test("roots include where seeds were redirected to", () => {
  using frontier = openFrontier(":memory:");
  frontier.seed(["http://a.test/"]);
  completeFirst(frontier, ["http://b.test/"], "http://www.a.test/");
  assertEquals(frontier.roots(), ["http://a.test/", "http://www.a.test/"]);
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
    ["/x?utm_source=a&b=%20&GCLID=1&c", "http://a.test/x?b=%20&c"],
    ["/x;jsessionid=12AF?fbclid=1", "http://a.test/x"],
    ["/x?glid=1&", "http://a.test/x?glid=1&"],
    ["/a/b/a/b/c", "http://a.test/a/b/a/b/c"],
    ["/a/b/a/b/a", undefined],
    [`/${"x".repeat(2083 - "http://a.test/".length)}`, `http://a.test/${"x".repeat(2069)}`],
    [`/${"x".repeat(2084 - "http://a.test/".length)}`, undefined],
  ];
  for (const [href, expected] of cases) {
    assertEquals(canonicalLink(href, base), expected, href.slice(0, 80));
  }
});

Deno.test("hosts that are new come first, then what is nearer to a seed", () => {
  using frontier = openFrontier(":memory:");
  frontier.seed(["http://a.test/"]);
  completeFirst(frontier, ["http://a.test/1", "http://b.test/", "http://b.test/1"]);
  completeFirst(frontier, ["http://c.test/", "http://b.test/2", "http://a.test/2"]); // of b.test/
  assertEquals(urls(frontier), [
    ...["http://c.test/", "http://a.test/1", "http://b.test/1"],
    ...["http://b.test/2", "http://a.test/2"],
  ]);
});

Deno.test("turns once given are kept by a reopened frontier", async () => {
  const path = `${await scratchDir()}/frontier.sqlite`;
  {
    using frontier = openFrontier(path);
    frontier.seed(["http://a.test/1", "http://a.test/2"]);
    const [first] = [frontier.pick(), frontier.pick()];
    if (first === undefined) throw new Error("nothing is queued");
    frontier.complete(first, { outcome: "dropped", links: ["http://b.test/"] });
  }
  using frontier = openFrontier(path);
  // The new host would come first, had the other not had its turn before.
  assertEquals(urls(frontier), ["http://a.test/2", "http://b.test/"]);
});

Deno.test("hosts take turns among the next URLs, and a parked host has none", () => {
  using frontier = openFrontier(":memory:");
  frontier.seed(["http://a.test/1", "http://a.test/2", "http://a.test/3", "http://b.test/1"]);
  const pick = (crowded: string[], parked: string[] = []) =>
    frontier.pick({ crowded: new Set(crowded), parked: new Set(parked) })?.url;
  assertEquals(pick([]), "http://a.test/1");
  assertEquals(pick(["a.test"]), "http://b.test/1");
  assertEquals(pick(["b.test"], ["a.test"]), undefined);
  assertEquals(pick(["a.test", "b.test"]), "http://a.test/2", "there is no other");
});

Deno.test("a page that was passed is not stored by the acknowledgement of those that passed it", () => {
  const urls = ["http://slow.test/", "http://a.test/1", "http://a.test/2", "http://a.test/3"];
  using frontier = openFrontier(":memory:");
  frontier.seed(urls);
  const [slow, first, second, third] = pickAll(frontier) as [FrontierEntry, ...FrontierEntry[]];
  const states = () => Array.from(frontier.export(), ({ state }) => state);
  for (const entry of [first, second, slow, third]) {
    if (entry) frontier.complete(entry, { outcome: "page", links: [] });
  }
  frontier.acknowledge("http://a.test/2");
  assertEquals(states(), ["queued", "done", "done", "queued"]);
  frontier.acknowledge("http://slow.test/");
  assertEquals(states(), ["done", "done", "done", "queued"]);
});

Deno.test("a host has its share of turns and no more", () => {
  using frontier = openFrontier(":memory:");
  frontier.seed(["http://a.test/1", "http://a.test/2", "http://a.test/3", "http://b.test/1"]);
  const picked: string[] = [];
  for (let entry; (entry = frontier.pick({ maxPerHost: 2 })) !== undefined;) picked.push(entry.url);
  assertEquals(picked, ["http://a.test/1", "http://a.test/2", "http://b.test/1"]);
  assertEquals(frontier.queued, 3, "those in flight");
});

Deno.test("a path takes a thousand queries, a host five hundred calendar pages", () => {
  const links = (make: (i: number) => string) => Array.from({ length: 2000 }, (_, i) => make(i));
  const traps: [string[], kept: number][] = [
    [links((i) => `http://a.test/list?sort=${i}`), 1000],
    [links((i) => `http://a.test/calendar/${1900 + i % 200}/${1 + i % 12}/${i % 28}`), 500],
    [links((i) => `http://a.test/page/${i}`), 2000],
    [links((i) => `http://a.test/2024/${1 + i % 12}/post-${i}`), 2000],
  ];
  for (const [found, kept] of traps) {
    using frontier = openFrontier(":memory:");
    frontier.seed(["http://a.test/"]);
    const entry = frontier.pick();
    if (entry === undefined) throw new Error("nothing is queued");
    const distinct = new Set(found).size;
    const refused = frontier.complete(entry, { outcome: "page", links: found });
    const size = Math.min(kept, distinct);
    assertEquals([frontier.size - 1, refused > 0], [size, size < distinct], found[0]);
  }
});

Deno.test("positions of files are kept with what they hold", async () => {
  const path = `${await scratchDir()}/frontier.sqlite`;
  {
    using frontier = openFrontier(path);
    frontier.seed(["http://a.test/1", "http://a.test/2"]);
    completeFirst(frontier);
    frontier.acknowledge("http://a.test/1", { "a.jsonl": 10, "a.warc": 99 });
    completeFirst(frontier);
    frontier.acknowledge("http://a.test/2", { "a.jsonl": 25 });
  }
  using frontier = openFrontier(path);
  assertEquals(frontier.positions(), { "a.jsonl": 25, "a.warc": 99 });
});

Deno.test("what one frontier exports another imports", () => {
  using frontier = openFrontier(":memory:");
  frontier.seed(["http://a.test/1", "http://a.test/2"]);
  const entry = frontier.pick();
  if (entry === undefined) throw new Error("nothing is queued");
  const validators = { etag: '"x"', modified: "yesterday", digest: "abc" };
  frontier.complete(entry, { outcome: "page", links: ["http://a.test/3"], validators });
  frontier.acknowledge(entry.url);
  const lines = Array.from(frontier.export(), (record) => JSON.stringify(record));
  assertEquals(lines.map((line) => JSON.parse(line)), [
    { url: "http://a.test/1", depth: 0, state: "done", ...validators },
    { url: "http://a.test/2", depth: 0, state: "queued" },
    { url: "http://a.test/3", depth: 1, state: "queued" },
  ]);
  using other = openFrontier(":memory:");
  other.seed(["http://a.test/3"]);
  other.import(lines.map(parseUrlRecord));
  assertEquals(Array.from(other.export(), ({ url, state }) => [url, state]), [
    ["http://a.test/3", "queued"],
    ["http://a.test/1", "done"],
    ["http://a.test/2", "queued"],
  ]);
  assertEquals(urls(other), ["http://a.test/3", "http://a.test/2"]);
  assertThrows(() => parseUrlRecord('{"url":"http://a.test/"}'), SyntaxError, "it has no depth");
});

Deno.test("a database of another format is refused, not misread", async () => {
  const path = `${await scratchDir()}/frontier.sqlite`;
  using old = new DatabaseSync(path);
  old.exec("CREATE TABLE urls (url TEXT)");
  assertThrows(() => openFrontier(path), Error, "it has format 0 and this program reads 3");
});

Deno.test("the counts are those of the tables, whatever has happened", async () => {
  const path = `${await scratchDir()}/frontier.sqlite`;
  const check = (frontier: Frontier) => {
    using db = new DatabaseSync(path);
    const counted = db.prepare(
      `SELECT COUNT(*) AS size, COUNT(*) FILTER (WHERE state = 'queued') AS queued FROM urls`,
    ).get();
    assertEquals({ size: frontier.size, queued: frontier.queued }, { ...counted });
  };
  const link = (at: number) => `http://h${at % 3}.test/${at}`;
  {
    using frontier = openFrontier(path);
    check(frontier);
    frontier.seed([link(0), link(1), link(0)]);
    frontier.addSitemap("http://h0.test", [link(1), link(3), link(6)]);
    check(frontier);
    completeFirst(frontier, [link(1), link(4), link(5), link(5)]);
    check(frontier);
    const given = frontier.pick();
    if (given !== undefined) frontier.complete(given, { outcome: "dropped", links: [link(7)] });
    check(frontier);
    frontier.pick({ maxPerHost: 1 });
    check(frontier);
    frontier.import([
      { url: link(8), depth: 1, state: "queued" },
      { url: link(9), depth: 1, state: "done" },
      { url: link(0), depth: 1, state: "queued" },
    ]);
    check(frontier);
  }
  using again = openFrontier(path);
  check(again);
  again.recrawl();
  check(again);
});
