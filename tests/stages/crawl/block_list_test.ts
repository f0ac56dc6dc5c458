import { assert, assertEquals, assertThrows } from "@std/assert";
import { domainsOf } from "../../../stages/crawl/domains.ts";
import {
  crawl,
  type CrawlOptions,
  openFrontier,
  openScope,
  parseBlockList,
  parseUrlRules,
} from "../../../stages/crawl/mod.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import { serveSite } from "./server.ts";

const read = (text: string) => parseBlockList([{ text, source: "list" }]);

Deno.test("hosts files and lists of domains block what they name and what is below", () => {
  const blocks = parseBlockList([
    {
      source: "hosts",
      text: [
        "\ufeff# Title: hosts",
        "127.0.0.1 localhost localhost.localdomain",
        "255.255.255.255\tbroadcasthost",
        "::1 ip6-localhost",
        "fe80::1%lo0 localhost",
        "0.0.0.0 0.0.0.0",
        "",
        "0.0.0.0 ads.hosts.test  TRACKER.hosts.test # both",
        ":: six.hosts.test",
        "127.0.0.1\tloop.hosts.test",
      ].join("\r\n"),
    },
    {
      source: "domains",
      text:
        "! comment\nplain.test\n*.wild.test\n.dotted.test\nbücher.test\n10.1.2.3\n2001:db8::1\n" +
        "under_score.test.\n",
    },
  ]);
  const cases: [string, boolean][] = [
    ["ads.hosts.test", true],
    ["eu.ads.hosts.test", true],
    ["tracker.hosts.test", true],
    ["six.hosts.test", true],
    ["loop.hosts.test", true],
    ["hosts.test", false],
    ["bads.hosts.test", false],
    ["localhost", false],
    ["localhost.localdomain", false],
    ["broadcasthost", false],
    ["0.0.0.0", false],
    ["plain.test", true],
    ["plain.test.", true],
    ["a.b.c.plain.test", true],
    ["plain.test.example", false],
    ["wild.test", true],
    ["www.wild.test", true],
    ["dotted.test", true],
    [new URL("http://www.BÜCHER.test/").hostname, true],
    [new URL("http://0x0a.1.2.3/").hostname, true],
    ["10.1.2.4", false],
    [new URL("http://[2001:db8:0::1]/").hostname, true],
    ["under_score.test", true],
    ["test", false],
  ];
  for (const [host, expected] of cases) assertEquals(blocks(host), expected, host);
  assertEquals(blocks.size, 11);
});

Deno.test("a line that blocks nothing is named", () => {
  const bad: [string, string][] = [
    ["a.test\n||b.test^", 'Cannot use list, line 2: "||b.test^" is no name of a host'],
    ["http://a.test/", 'list, line 1: "http://a.test/" is no name of a host'],
    ["a*.test", '"a*.test" is no name of a host'],
    ["a.test b.test", '"a.test" is no address, and a name stands alone'],
    ["# x\n192.168.1.5 nas.test", "list, line 2: it gives 192.168.1.5 to nas.test, and blocks"],
  ];
  for (const [text, message] of bad) assertThrows(() => read(text), SyntaxError, message);
});

Deno.test("of 200,000 domains each is found by the labels of a host alone, in 48 MiB", async () => {
  assertEquals([...domainsOf("a.b.c.test")], ["a.b.c.test", "b.c.test", "c.test", "test"]);
  const names = Array.from({ length: 200_000 }, (_, at) => `tracker-${at}.advertising.test`);
  const blocks = read(names.map((name) => `0.0.0.0 ${name}\n`).join(""));
  assertEquals(blocks.size, 200_000);
  for (let at = 0; at < 200_000; at += 101) assert(blocks(`www.${names[at]}`));
  assert(!blocks("tracker-200000.advertising.test") && !blocks("advertising.test"));

  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/hosts`, names.map((name) => `0.0.0.0 ${name}\n`).join(""));
  const module = new URL("../../../stages/crawl/block_list.ts", import.meta.url).href;
  await Deno.writeTextFile(
    `${folder}/load.ts`,
    `import { parseBlockList } from ${JSON.stringify(module)};
    const text = await Deno.readTextFile(${JSON.stringify(`${folder}/hosts`)});
    console.log(parseBlockList([{ text, source: "hosts" }]).size);`,
  );
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--v8-flags=--max-old-space-size=48", `${folder}/load.ts`],
    stderr: "inherit",
  }).output();
  await Deno.remove(folder, { recursive: true });
  assertEquals(new TextDecoder().decode(stdout), "200000\n");
});

/** Crawls `seeds` of whatever host on loopback. */
async function crawlAll(seeds: readonly string[], options: Partial<CrawlOptions>) {
  const drops: Drop[] = [];
  const skips: Record<string, number> = {};
  const urls: string[] = [];
  using frontier = openFrontier(":memory:");
  frontier.seed(seeds);
  const pages = crawl({
    frontier,
    allowPrivate: true,
    delayMs: 0,
    resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
    onSkip: (reason, links) => skips[reason] = (skips[reason] ?? 0) + links,
    meter: new StageMeter("crawl", (drop) => drops.push(drop)),
    ...options,
  });
  for await (const { url } of pages) urls.push(url);
  return { drops, skips, urls };
}

Deno.test("nothing is asked of a blocked host, by link, redirect, sitemap, rule or seed", async () => {
  await using blocked = serveSite({ "/": "blocked" });
  const port = new URL(blocked.origin).port;
  const host = (name: string) => `http://${name}:${port}`;
  await using site = serveSite({
    "/robots.txt": `Sitemap: ${host("maps.ads.test")}/sitemap.xml\n`,
    "/": `<a href="${host("ads.test")}/">x</a><a href="${host("www.ads.test.")}/1">x</a>` +
      `<a href="/away">x</a><a href="/stays">x</a>`,
    "/away": () => Response.redirect(`${host("ads.test")}/`, 302),
    "/stays": "stays",
  });
  const rules = parseUrlRules(`allow domain ads.test`, { source: "rules" });
  const scope = openScope({ name: "any", rules, blockList: read("ads.test") });
  const { drops, skips, urls } = await crawlAll(
    [`${site.origin}/`, `${host("eu.ads.test")}/`],
    { scope, concurrency: 1 },
  );
  assertEquals(blocked.requests, []);
  assertEquals(urls, [`${site.origin}/`, `${site.origin}/stays`]);
  assertEquals(skips, { "blocked-host": 2 });
  assertEquals(
    drops.map(({ item, reason }) => [item, reason]).sort(),
    [
      [`${site.origin}/away`, "blocked-host"],
      [`${host("eu.ads.test")}/`, "blocked-host"],
      [`${host("maps.ads.test")}/sitemap.xml`, "blocked-host"],
    ].sort(),
  );
});

Deno.test("a host that is taken off the list is asked by the next sitting", async () => {
  await using site = serveSite({ "/": `<a href="/a">x</a>`, "/a": "a" });
  const origin = site.origin.replace("127.0.0.1", "site.test");
  using frontier = openFrontier(":memory:");
  frontier.seed([`${origin}/`]);
  const sitting = async (list: string) => {
    const pages = crawl({
      frontier,
      allowPrivate: true,
      scope: openScope({ blockList: read(list) }),
      resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
    });
    const paths: string[] = [];
    for await (const { url } of pages) {
      paths.push(new URL(url).pathname);
      frontier.acknowledge(url);
    }
    return paths;
  };
  assertEquals(await sitting("site.test"), []);
  assertEquals(site.requests, []);
  assertEquals(await sitting("other.test"), ["/", "/a"]);
});
