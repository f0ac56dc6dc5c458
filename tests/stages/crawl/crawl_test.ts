import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  crawl,
  type CrawlOptions,
  type Frontier,
  openFrontier,
} from "../../../stages/crawl/mod.ts";
import { samplePages } from "../../../sample_site/pages.ts";
import { openCatalog } from "../../../sample_site/catalog.ts";
import { readLinks } from "../../../stages/crawl/links.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import { serveSite, type TestSite } from "./server.ts";

const respond = (html: string) => new Response(html, { headers: { "content-type": "text/html" } });

/** A tree of pages: `/` links /a0, /a1, ...; `/a1` links /a1/b0 and so on, down to `depth`. */
function treeSite({ width, depth }: { width: number; depth: number }): TestSite {
  const routes: Record<string, () => Promise<Response>> = {};
  const waiting: (() => void)[] = [];
  const add = (path: string, level: number) => {
    const children = Array.from(
      { length: level < depth ? width : 0 },
      (_, i) => `${path}/${"abc"[level]}${i}`,
    );
    routes[path === "" ? "/" : path] = async () => {
      // Two concurrent requests are answered last come, first served, so that order is scrambled.
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        queueMicrotask(() => setTimeout(() => waiting.pop()?.(), 0));
      });
      return respond(children.map((child) => `<a href="${child}">x</a>`).join(""));
    };
    for (const child of children) add(child, level + 1);
  };
  add("", 0);
  return serveSite(routes);
}

const breadthFirst = ({ width, depth }: { width: number; depth: number }) => {
  let level = [""];
  const all = ["/"];
  for (let d = 0; d < depth; d++) {
    level = level.flatMap((path) =>
      Array.from({ length: width }, (_, i) => `${path}/${"abc"[d]}${i}`)
    );
    all.push(...level);
  }
  return all;
};

async function paths(
  site: TestSite,
  { frontier, take = Infinity, acknowledge = true, ...options }: Omit<CrawlOptions, "frontier"> & {
    frontier: Frontier;
    take?: number;
    acknowledge?: boolean;
  },
): Promise<string[]> {
  const seen: string[] = [];
  for await (const { url } of crawl({ frontier, allowOrigins: [site.origin], ...options })) {
    seen.push(new URL(url).pathname);
    if (acknowledge) frontier.acknowledge(url);
    if (seen.length >= take) break;
  }
  return seen;
}

Deno.test("pages come breadth first in document order, whatever answers first", async () => {
  const shape = { width: 3, depth: 3 };
  for (const concurrency of [1, 2, 7, 16]) {
    await using site = treeSite(shape);
    using frontier = openFrontier(":memory:");
    frontier.seed([`${site.origin}/`]);
    assertEquals(await paths(site, { frontier, concurrency }), breadthFirst(shape));
    assertEquals(new Set(site.requests).size, site.requests.length, "nothing is fetched twice");
  }
});

Deno.test("an interrupted crawl goes on: same union, same order, unacknowledged pages again", async () => {
  const shape = { width: 3, depth: 3 };
  const expected = breadthFirst(shape);
  const folder = await Deno.makeTempDir();
  for (const [at, stops] of [[1], [1, 1, 1], [5, 9], [20, 1, 30]].entries()) {
    await using site = treeSite(shape);
    const path = `${folder}/${at}.sqlite`;
    const stored: string[] = [];
    for (const take of [...stops, Infinity]) {
      using frontier = openFrontier(path);
      frontier.seed([`${site.origin}/`]);
      const options = { frontier, take, acknowledge: false, allowOrigins: [site.origin] };
      const seen = await paths(site, options);
      // The process dies before the last page is stored, so only those before are acknowledged.
      const kept = take === Infinity ? seen : seen.slice(0, -1);
      stored.push(...kept);
      const last = kept.at(-1);
      if (last !== undefined) frontier.acknowledge(`${site.origin}${last}`);
    }
    assertEquals(stored, expected, `stopped after ${stops}`);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("maxPages counts over restarts, maxDepth counts links", async () => {
  const shape = { width: 3, depth: 3 };
  await using site = treeSite(shape);
  const folder = await Deno.makeTempDir();
  const path = `${folder}/frontier.sqlite`;
  const seen: string[] = [];
  for (const maxPages of [4, 4, 7]) {
    using frontier = openFrontier(path);
    frontier.seed([`${site.origin}/`]);
    seen.push(...await paths(site, { frontier, maxPages }));
  }
  assertEquals(seen, breadthFirst(shape).slice(0, 7));
  assertEquals(site.requests.filter((request) => request !== "/robots.txt").length, 7);

  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  assertEquals(await paths(site, { frontier, maxDepth: 1 }), breadthFirst({ width: 3, depth: 1 }));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("nothing is asked for before the stream is read, and little beyond what is read", async () => {
  await using site = treeSite({ width: 20, depth: 1 });
  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  const stream = crawl({ frontier, concurrency: 3, allowOrigins: [site.origin] });
  const reader = stream.getReader();
  assertEquals(site.requests, []);
  for (let read = 1; read <= 5; read++) {
    await reader.read();
    const asked = site.requests.filter((path) => path !== "/robots.txt").length;
    assert(asked <= read + 2, `${asked} requests for ${read} pages`);
  }
  await reader.cancel();
});

Deno.test("the byte budget bounds the look-ahead, even to one page at a time", async () => {
  const shape = { width: 5, depth: 1 };
  let open = 0;
  let most = 0;
  const links = Array.from({ length: shape.width }, (_, i) => `<a href="/a${i}">`).join("");
  const page = async (html: string) => {
    most = Math.max(most, ++open);
    await Promise.resolve();
    open--;
    return respond(html);
  };
  await using site = serveSite({
    "/": () => page(links),
    ...Object.fromEntries(
      Array.from({ length: shape.width }, (_, i) => [`/a${i}`, () => page("leaf")]),
    ),
  });
  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  const seen = await paths(site, { frontier, maxBytes: 1000, maxAheadBytes: 1000 });
  assertEquals(seen, breadthFirst(shape));
  assertEquals(most, 1);
});

Deno.test("only links on the seeds' hosts are followed, those a seed redirects to included", async () => {
  await using other = serveSite({ "/": "other", "/x": "x" });
  await using www = serveSite({
    "/": `<a href="/in">in</a><a href="${other.origin}/">out</a>`,
    "/in": () => Response.redirect(`${other.origin}/x`),
  });
  await using site = serveSite({ "/": () => Response.redirect(`${www.origin}/`) });
  const drops: Drop[] = [];
  const options = {
    allowOrigins: [site.origin, www.origin, other.origin],
    meter: new StageMeter("crawl", (drop) => drops.push(drop)),
  };
  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  const urls: string[] = [];
  for await (const { url } of crawl({ frontier, ...options })) urls.push(url);
  assertEquals(urls, [`${www.origin}/`]);
  assertEquals(drops.map(({ item, detail }) => [item, detail]), [
    [`${www.origin}/in`, `redirects out of the crawl's scope, to ${other.origin}/x`],
  ]);
  assertEquals(other.requests.includes("/"), false);
});

Deno.test("two addresses of one page give it once", async () => {
  await using site = serveSite({
    "/": `<a href="/old">old</a><a href="/new">new</a><a href="/older">older</a>`,
    "/old": ({ url }) => Response.redirect(new URL("/moved", url).href),
    "/older": ({ url }) => Response.redirect(new URL("/new", url).href),
    "/moved": `<a href="/moved">self</a><a href="/old">old</a>`,
    "/new": "new",
  });
  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  const meter = new StageMeter("crawl");
  assertEquals(await paths(site, { frontier, meter }), ["/", "/moved", "/new"]);
  assertEquals(meter.counts().dropped, { duplicate: 1 });
});

Deno.test("cancelling and aborting end every request", async () => {
  for (const how of ["cancel", "abort"]) {
    const asked = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    await using site = serveSite({
      "/": `<a href="/hang">x</a>`,
      "/hang": () => {
        asked.resolve();
        return new Response(new ReadableStream({ cancel: () => gone.resolve() }), {
          headers: { "content-type": "text/html" },
        });
      },
    });
    using frontier = openFrontier(":memory:");
    frontier.seed([`${site.origin}/`]);
    const stop = new AbortController();
    const reader = crawl({ frontier, signal: stop.signal, allowOrigins: [site.origin] })
      .getReader();
    await reader.read();
    const pending = reader.read();
    const ended = how === "abort"
      ? assertRejects(() => pending, Error, "stopped by the user")
      : pending.then(({ done }) => assert(done));
    await asked.promise;
    if (how === "abort") stop.abort(new Error("stopped by the user"));
    else await reader.cancel();
    await ended;
    await gone.promise;
  }
});

Deno.test("unusable options are refused before anything starts", () => {
  using frontier = openFrontier(":memory:");
  assertThrows(
    () => crawl({ frontier, allowOrigins: ["http://127.0.0.1:80/"] }),
    TypeError,
    'allowOrigins must hold origins like http://127.0.0.1:8080, got "http://127.0.0.1:80/"',
  );
  assertThrows(
    () => crawl({ frontier, concurrency: 0 }),
    RangeError,
    "Cannot crawl: concurrency must be positive, got 0",
  );
});

Deno.test("the sample site's links alone lead to its addresses in file-name order", async () => {
  const catalog = await openCatalog();
  const { render } = samplePages(catalog);
  const queue = ["http://sample.test/"];
  for (const url of queue) {
    const html = await render(new URL(url).pathname);
    for (const link of readLinks(html ?? "", { url }).links) {
      if (!queue.includes(link)) queue.push(link);
    }
  }
  assertEquals(
    queue.map((url) => new URL(url).pathname).filter((path) => path.startsWith("/addresses/")),
    catalog.addresses.map(({ path }) => path),
  );
});
