import { assert, assertEquals, assertMatch } from "@std/assert";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import type { CrawlOptions } from "../../../stages/crawl/mod.ts";
import { retryAfterMs } from "../../../stages/crawl/retry.ts";
import { fetchAll } from "./fetch.ts";
import { serveRaw, serveSite } from "./server.ts";

const html = (body: BodyInit | null, headers: HeadersInit = {}, status = 200) =>
  new Response(body, {
    status,
    headers: { "content-type": "text/html", ...Object.fromEntries(new Headers(headers)) },
  });

const redirect = (location: string) => () => html(null, { location }, 302);

Deno.test("a redirect to a private address is not followed: nobody connects", async () => {
  await using canary = serveRaw("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", { close: true });
  const { port } = new URL(canary.origin);
  const targets = [
    `http://127.0.0.1:${port}/`,
    `http://127.1:${port}/`,
    `http://0x7f000001:${port}/`,
    `http://2130706433:${port}/`,
    `http://0177.0.0.1:${port}/`,
    `http://[::1]:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
    `http://0:${port}/`,
    `//localhost:${port}/`,
    `http://rebind.test:${port}/`,
  ];
  await using site = serveSite(
    Object.fromEntries(targets.map((target, i) => [`/${i}`, redirect(target)])),
  );
  const { texts, reasons } = await fetchAll(targets.map((_, i) => `${site.origin}/${i}`), {
    resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
  });
  assertEquals(texts, []);
  assertEquals(reasons, targets.map(() => "blocked-address"));
  assertEquals(canary.counts.connections, 0);
});

Deno.test("a name whose answer changes is judged by the answer that would be dialled", async () => {
  await using canary = serveRaw("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", { close: true });
  await using site = serveSite({ "/": "home" });
  const { port } = new URL(site.origin);
  let lookups = 0;
  const options: Partial<CrawlOptions> = {
    // The first name is exempt and answers the site's address; the other was never exempt.
    resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]).finally(() => lookups++),
    allowOrigins: [`http://site.test:${port}`],
  };
  const seeds = [`http://site.test:${port}/`, `http://site.test:${new URL(canary.origin).port}/`];
  const { texts, reasons } = await fetchAll(seeds, options);
  assertEquals([texts, reasons], [["home"], ["blocked-address"]]);
  assert(lookups >= 2);
  assertEquals(canary.counts.connections, 0);
});

Deno.test("private seeds are refused unless allowed", async () => {
  await using site = serveSite({ "/": "home" });
  const refused = await fetchAll([`${site.origin}/`], { allowOrigins: [] });
  assertEquals([refused.texts, refused.reasons], [[], ["blocked-address"]]);
  assertMatch(refused.drops[0]?.detail ?? "", /127\.0\.0\.1 is a loopback address/);
  assertEquals(site.requests, []);
  const allowed = await fetchAll([`${site.origin}/`], { allowOrigins: [], allowPrivate: true });
  assertEquals(allowed.texts, ["home"]);
});

Deno.test("robots rules apply at every redirect", async () => {
  await using site = serveSite({
    "/robots.txt": () => new Response("User-agent: *\nDisallow: /secret"),
    "/": redirect("/secret/page"),
    "/secret/page": "secret",
  });
  const { texts, reasons } = await fetchAll([`${site.origin}/`]);
  assertEquals([texts, reasons], [[], ["robots-disallowed"]]);
  assertEquals(site.requests, ["/robots.txt", "/"]);
});

Deno.test("ten redirects are followed, an eleventh and other schemes are not", async () => {
  const chain = Object.fromEntries(
    Array.from({ length: 11 }, (_, i) => [`/${i + 1}`, redirect(`/${i}`)]),
  );
  await using site = serveSite({
    ...chain,
    "/0": "end",
    "/loop": redirect("/loop"),
    "/file": redirect("file:///etc/passwd"),
    "/data": redirect("data:text/html,x"),
    "/nowhere": () => html(null, {}, 301),
  });
  const paths = ["/10", "/11", "/loop", "/file", "/data", "/nowhere"];
  const { texts, reasons } = await fetchAll(paths.map((path) => site.origin + path));
  assertEquals(texts, ["end"]);
  assertEquals(reasons, [
    "too-many-redirects",
    "too-many-redirects",
    "http-error",
    "http-error",
    "http-error",
  ]);
});

Deno.test("gzip, brotli and deflate bodies are decoded; broken ones are dropped", async () => {
  const packed = (bytes: Uint8Array<ArrayBuffer>, encoding: string) => () =>
    html(bytes, { "content-encoding": encoding });
  await using site = serveSite({
    "/gzip": packed(new Uint8Array(gzipSync("gzip")), "gzip"),
    "/br": packed(new Uint8Array(brotliCompressSync("br")), "br"),
    "/deflate": packed(new Uint8Array(deflateSync("deflate")), "deflate"),
    "/cut": packed(new Uint8Array(gzipSync("a text to be cut")).slice(0, -10), "gzip"),
    "/wrong": packed(new Uint8Array([1, 2, 3, 4]), "gzip"),
    "/wrong-br": packed(new Uint8Array([255, 255, 255, 255]), "br"),
    "/other": packed(new Uint8Array([1]), "zstd"),
  });
  const paths = ["/gzip", "/br", "/deflate", "/cut", "/wrong", "/wrong-br", "/other"];
  const { texts, reasons } = await fetchAll(paths.map((path) => site.origin + path));
  assertEquals(texts, ["gzip", "br", "deflate"]);
  assertEquals(reasons, ["malformed", "malformed", "malformed", "unsupported-type"]);
});

Deno.test("bombs and endless bodies stop at the cap", async () => {
  const zeros = new Uint8Array(16 * 2 ** 20);
  const bomb = new Uint8Array(gzipSync(zeros));
  const brotli = new Uint8Array(brotliCompressSync(zeros));
  const endless = () =>
    html(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
      }),
    );
  const exact = () => html("x".repeat(2 ** 20));
  await using site = serveSite({
    "/gzip": () => html(bomb, { "content-encoding": "gzip" }),
    "/br": () => html(brotli, { "content-encoding": "br" }),
    "/endless": endless,
    "/exact": exact,
    "/over": () => html("x".repeat(2 ** 20 + 1)),
  });
  const paths = ["/gzip", "/br", "/endless", "/exact", "/over"];
  const before = Deno.memoryUsage().rss;
  const { texts, reasons } = await fetchAll(paths.map((path) => site.origin + path), {
    maxBytes: 2 ** 20,
  });
  assertEquals(texts.map(({ length }) => length), [2 ** 20]);
  assertEquals(reasons, ["too-large", "too-large", "too-large", "too-large"]);
  const grown = Deno.memoryUsage().rss - before;
  assert(grown < 64 * 2 ** 20, `resident memory grew by ${grown} bytes`);
});

Deno.test("a header of 64 KiB is the largest", async () => {
  const answer = (lines: number) => {
    const header = Array.from({ length: lines }, (_, i) => `x-${i}: ${"y".repeat(90)}\r\n`).join(
      "",
    );
    return `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n${header}content-length: 2\r\n\r\nok`;
  };
  for (const lines of [100, 20_000]) {
    await using site = serveRaw(answer(lines), { close: true });
    const { texts, reasons } = await fetchAll([`${site.origin}/`]);
    assertEquals([texts, reasons], lines === 100 ? [["ok"], []] : [[], ["too-large"]]);
  }
});

Deno.test("silent, stalling and dripping servers time out", async () => {
  const timeouts = { headersMs: 60, idleMs: 60, totalMs: 200 };
  await using silent = serveRaw("", { close: false });
  await using stalling = serveRaw(
    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 9\r\n\r\nabc",
    { close: false },
  );
  // robots.txt of these servers hangs as well, which is the same failure.
  for (const origin of [silent.origin, stalling.origin]) {
    const { texts, reasons } = await fetchAll([`${origin}/`], { timeouts });
    assertEquals([texts, reasons], [[], ["timeout"]]);
  }
  const aborted = Promise.withResolvers<void>();
  await using dripping = serveSite({
    "/": () => {
      let timer: ReturnType<typeof setInterval> | undefined;
      return html(
        new ReadableStream({
          start(controller) {
            timer = setInterval(() => controller.enqueue(new Uint8Array([120])), 10);
          },
          cancel() {
            clearInterval(timer);
            aborted.resolve();
          },
        }),
      );
    },
  });
  // On a busy machine bytes may come late; the time for all of them is over nevertheless.
  const patient = { headersMs: 60_000, idleMs: 60_000, totalMs: 500 };
  const { drops } = await fetchAll([`${dripping.origin}/`], { timeouts: patient });
  assertEquals(drops.map(({ reason, detail }) => [reason, detail]), [
    ["timeout", "the response did not end within 500 ms"],
  ]);
  await aborted.promise;
});

Deno.test("a body that ends early is an error", async () => {
  await using cut = serveRaw(
    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 100\r\n\r\nabc",
    { close: true },
  );
  const { texts, reasons } = await fetchAll([`${cut.origin}/`]);
  assertEquals([texts, reasons], [[], ["network-error"]]);
  assertEquals(cut.counts.connections, 3, "a reset connection is tried three times");
});

Deno.test("429 and 503 are tried again, other errors are not", async () => {
  const failing = (statuses: number[]) => () => {
    const status = statuses.shift();
    return status === undefined
      ? html("at last")
      : html("busy", status === 429 ? { "retry-after": "0" } : {}, status);
  };
  await using site = serveSite({
    "/busy": failing([429, 503]),
    "/overloaded": failing([503, 503, 503]),
    "/broken": failing([500]),
    "/gone": failing([404]),
  });
  const paths = ["/busy", "/overloaded", "/broken", "/gone"];
  const { texts, drops } = await fetchAll(paths.map((path) => site.origin + path), {
    concurrency: 1,
  });
  assertEquals(texts, ["at last"]);
  assertEquals(drops.map(({ detail }) => detail), [
    "answered 503 at every attempt",
    "answered 500",
    "answered 404",
  ]);
  const asked = (path: string) => site.requests.filter((request) => request === path).length;
  assertEquals(paths.map(asked), [3, 3, 1, 1]);
});

Deno.test("Retry-After is seconds or a date", () => {
  const now = Date.parse("Fri, 01 Nov 2024 12:00:00 GMT");
  assertEquals(retryAfterMs("2", now), 2000);
  assertEquals(retryAfterMs("Fri, 01 Nov 2024 12:00:05 GMT", now), 5000);
  assertEquals(retryAfterMs("Fri, 01 Nov 2024 11:00:00 GMT", now), 0);
  assertEquals(retryAfterMs("86400", now), 86_400_000);
  assertEquals(retryAfterMs("soon", now), undefined);
  assertEquals(retryAfterMs(undefined, now), undefined);
});

Deno.test("only text is downloaded, noindex pages are not handed on", async () => {
  await using site = serveSite({
    "/image": () => new Response("x", { headers: { "content-type": "image/png" } }),
    "/text": () => new Response("plain"),
    "/noindex": () => html("hidden", { "x-robots-tag": "noindex" }),
  });
  const paths = ["/image", "/text", "/noindex"];
  const { texts, reasons } = await fetchAll(paths.map((path) => site.origin + path));
  assertEquals([texts, reasons], [["plain"], ["unsupported-type", "robots-disallowed"]]);
});

Deno.test("the crawler names itself and its contact", async () => {
  let agent: string | null = null;
  await using site = serveSite({
    "/": (request) => {
      agent = request.headers.get("user-agent");
      return html("x");
    },
  });
  await fetchAll([`${site.origin}/`], { userAgent: "tester/2.0", contact: "https://a.test/bot" });
  assertEquals(agent, "tester/2.0 (+https://a.test/bot)");
});

Deno.test("an unreachable host is a network error", async () => {
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const origin = `http://127.0.0.1:${closed.addr.port}`;
  closed.close();
  const { drops } = await fetchAll([`${origin}/`]);
  assertEquals(drops.map(({ reason }) => reason), ["network-error"]);
  assertMatch(drops[0]?.detail ?? "", /robots\.txt could not be fetched: .*ECONNREFUSED/);
});
