import { assert, assertEquals } from "@std/assert";
import { openFrontier, openScope } from "../../../stages/crawl/mod.ts";
import { byShard, shardOf } from "../../../pipeline/nodes/shard.ts";
import { shardFrontier } from "../../../pipeline/nodes/shard_frontier.ts";

Deno.test("hosts of one registrable domain share a shard, others are spread", () => {
  assertEquals(shardOf("https://www.example.co.uk/a"), shardOf("http://news.example.co.uk:8080/"));
  const shards = new Set(Array.from({ length: 500 }, (_, i) => shardOf(`http://site-${i}.test/`)));
  assert(shards.size > 60 && Math.max(...shards) < 64);
});

Deno.test("a shard's frontier keeps its own links and tells those of others, each once", () => {
  const own = "http://a.test/";
  const shard = shardOf(own);
  const other = Array.from({ length: 9 }, (_, i) => `http://b${i}.test/`)
    .find((url) => shardOf(url) !== shard) ?? "";
  const scope = openScope({ name: "any" });
  using inner = openFrontier(":memory:");
  inner.import([{ url: own, depth: 0, state: "queued" }]);
  const ended: string[] = [];
  const { frontier, found, mayFollow } = shardFrontier(inner, {
    shard,
    scope,
    onEnd: (url, outcome) => ended.push(`${url} ${outcome}`),
  });
  const first = frontier.pick();
  assert(first);
  frontier.complete(first, { outcome: "page", links: [`${own}1`, `${own}2`, other, `${own}1`] });
  assertEquals(found(), [[`${own}1`, 1], [`${own}2`, 1], [other, 1]]);
  assertEquals([frontier.queued, frontier.pages, inner.knows(other)], [2, 1, false]);

  // A redirect to another shard is fetched by its owner, at the same distance from a seed.
  const second = frontier.pick();
  assert(second);
  assertEquals(mayFollow(second.url, new URL(`${own}elsewhere`)), true);
  assertEquals(mayFollow(second.url, new URL(`${other}moved`)), false);
  frontier.complete(second, { outcome: "dropped", reason: "out-of-scope", links: [] });
  assertEquals(found(), [[`${other}moved`, 1]]);
  assertEquals(ended, [`${own} page`, `${own}1 dropped`]);
  assertEquals([...byShard([[own, 0], [other, 1], [`${own}x`, 2]]).get(shard) ?? []], [
    [own, 0],
    [`${own}x`, 2],
  ]);
});
