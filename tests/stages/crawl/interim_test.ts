/** Interim responses come before the one that counts: a few are read, endless ones are not. */
import { assertEquals, assertRejects } from "@std/assert";
import { resolveBySystem } from "../../../stages/crawl/address_guard.ts";
import { exchange, openAgents } from "../../../stages/crawl/exchange.ts";
import { FetchFailure } from "../../../stages/crawl/failure.ts";
import { serveRaw } from "./server.ts";

const HINTS = "HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n";
const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const RESPONSE = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\nhello";

async function answerOf(raw: string) {
  await using site = serveRaw(raw, { close: true });
  using agents = openAgents(1);
  const timeouts = { headersMs: 10_000, idleMs: 10_000, totalMs: 60_000 };
  const { signal } = new AbortController();
  return await exchange(new URL(site.origin), {
    agents,
    timeouts,
    signal,
    userAgent: "test/1",
    maxBytes: 1 << 20,
    rules: { allowPrivate: true, allowOrigins: new Set() },
    resolve: resolveBySystem,
  }, () => true);
}

Deno.test("a response comes after ten interim ones, and after more it is given up", async () => {
  for (const interim of [HINTS, CONTINUE]) {
    const { status, body } = await answerOf(interim.repeat(10) + RESPONSE);
    assertEquals([status, new TextDecoder().decode(body)], [200, "hello"]);
    const failure = await assertRejects(
      () => answerOf(interim.repeat(1000) + RESPONSE),
      FetchFailure,
      "more than 10 interim responses",
    );
    assertEquals(failure.reason, "too-large");
  }
});
