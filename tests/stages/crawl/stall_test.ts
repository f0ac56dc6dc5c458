/** One host that does not answer beside one that does. */
import { assertEquals } from "@std/assert";
import { crawl, openFrontier } from "../../../stages/crawl/mod.ts";
import { serveSite, type TestSite } from "./server.ts";

const respond = (body: string) => new Response(body, { headers: { "content-type": "text/html" } });

/** A site whose pages link one another in a row. */
function serveChain(length: number) {
  const page = (at: number) => `Page ${at}. <a href="/${at + 1}">next</a>`;
  return serveSite(
    Object.fromEntries(Array.from({ length }, (_, at) => [`/${at}`, page(at)])),
  );
}

Deno.test("a host that does not answer is passed, and its pages come in their order when it does", async () => {
  const LENGTH = 40;
  await using fast = serveChain(LENGTH);
  for (const concurrency of [1, 2, 8]) {
    const answer = Promise.withResolvers<void>();
    const slowly = (body: string) => async () => {
      await answer.promise;
      return respond(body);
    };
    await using slow = serveSite({
      "/0": slowly(`<a href="/2">x</a>`),
      "/1": slowly("one"),
      "/2": "two",
    });
    using frontier = openFrontier(":memory:");
    frontier.seed([`${slow.origin}/0`, `${slow.origin}/1`, `${fast.origin}/0`]);
    const reader = crawl({
      frontier,
      concurrency,
      maxDepth: LENGTH,
      patienceMs: 0,
      allowOrigins: [slow.origin, fast.origin],
    }).getReader();
    const read = async () => (await reader.read()).value?.url;
    const of = (site: TestSite, pages: number) =>
      Array.from({ length: pages }, (_, at) => `${site.origin}/${at}`);
    // Every page of the fast host is handed on while the slow one's are still awaited.
    for (const url of of(fast, LENGTH)) assertEquals(await read(), url);
    answer.resolve();
    for (const url of of(slow, 3)) assertEquals(await read(), url);
    assertEquals(await read(), undefined);
  }
});

Deno.test("a crawl killed while a host was parked asks that host again, and no other", async () => {
  const answer = Promise.withResolvers<void>();
  await using slow = serveSite({
    "/": async () => {
      await answer.promise;
      return respond("late");
    },
  });
  await using fast = serveChain(5);
  const folder = await Deno.makeTempDir();
  const path = `${folder}/frontier.sqlite`;
  const seeds = [`${slow.origin}/`, `${fast.origin}/0`];
  const options = { allowOrigins: [slow.origin, fast.origin], patienceMs: 0 };
  {
    using frontier = openFrontier(path);
    frontier.seed(seeds);
    const reader = crawl({ frontier, ...options }).getReader();
    for (let read = 0; read < 5; read++) {
      const { value } = await reader.read();
      frontier.acknowledge(value?.url ?? "");
    }
    await reader.cancel();
  }
  answer.resolve();
  using frontier = openFrontier(path);
  frontier.seed(seeds);
  const rest = await Array.fromAsync(crawl({ frontier, ...options }));
  assertEquals(rest.map(({ url }) => url), [`${slow.origin}/`]);
  assertEquals(frontier.queued, 0);
  await Deno.remove(folder, { recursive: true });
});
