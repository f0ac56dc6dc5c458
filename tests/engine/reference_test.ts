import { assert, assertEquals, assertRejects } from "@std/assert";
import OpenAI from "openai";
import { openApp, openServer } from "../serve/golden_app.ts";

/** The endpoints that generate, and a request to each. */
const ENDPOINTS = [
  ["/v1/completions", { prompt: "2%" }],
  ["/v1/chat/completions", { messages: [{ role: "user", content: "2%" }] }],
] as const;

for (const [path, request] of ENDPOINTS) {
  Deno.test(`${path} streams chunks of one answer, with usage in the last where it is asked for`, async () => {
    await using opened = await openApp();
    for (const asked of [false, true]) {
      const body = { ...request, max_tokens: 4, stream: true, n: 2 };
      const response = await opened.app.request(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...body, ...asked && { stream_options: { include_usage: true } } }),
      });
      assertEquals(response.status, 200);
      const events = (await response.text()).trimEnd().split("\n\n");
      assertEquals(events.pop(), "data: [DONE]");
      const chunks = events.map((event) => JSON.parse(event.slice("data: ".length)));
      assertEquals(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size, 1);
      const usages = chunks.map(({ usage }) => usage);
      assert(usages.slice(0, -1).every((usage) => usage === (asked ? null : undefined)));
      assertEquals(typeof usages.at(-1), asked ? "object" : "undefined");
    }
  });
}

Deno.test("OpenAI's client has an error class for each refusal, and frees what it leaves", async () => {
  const context = 1_000_000;
  await using server = await openServer({ context, limits: { maxRunning: 1, maxWaiting: 0 } });
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
  const messages = [{ role: "user" as const, content: "2%" }];
  const options = { model: "golden", messages, max_tokens: 900_000 };
  const chat = openai.chat.completions;
  await assertRejects(() => chat.create({ ...options, n: 99 }), OpenAI.BadRequestError);
  await assertRejects(() => chat.create({ ...options, model: "x" }), OpenAI.NotFoundError);
  const tool = { type: "function" as const, function: { name: "f" } };
  const tools = await assertRejects(
    () => chat.create({ ...options, tools: [tool] }),
    OpenAI.BadRequestError,
  );
  assertEquals(tools.param?.split(".")[0], "tools");

  const stream = await chat.create({ ...options, stream: true });
  const chunks = stream[Symbol.asyncIterator]();
  for (let i = 0; i < 4; i++) await chunks.next();
  assertEquals(server.scheduler.running, 1);
  await assertRejects(() => chat.create(options), OpenAI.RateLimitError);
  stream.controller.abort();
  await server.engine.disposed(0);
  assertEquals([server.scheduler.running, server.scheduler.waiting], [0, 0]);
  // The socket may hold tokens that were not read; after it was known to be gone none was made.
  const made = server.engine.steps.length;

  // Several choices of one request that is left before its end.
  await using wide = await openServer({ context });
  const leaving = new AbortController();
  const several = new OpenAI({ baseURL: `${wide.url}/v1`, apiKey: "none", maxRetries: 0 })
    .chat.completions.create({ ...options, max_tokens: 50_000, n: 3 }, { signal: leaving.signal });
  const left = assertRejects(() => several, OpenAI.APIUserAbortError);
  await wide.engine.began(2);
  assertEquals(wide.scheduler.running, 3);
  leaving.abort();
  await Promise.all([0, 1, 2].map((n) => wide.engine.disposed(n)));
  assertEquals([wide.scheduler.running, wide.scheduler.waiting], [0, 0]);
  await left;
  assertEquals(server.engine.steps.length, made);

  server.engine.failure = new Error("broken");
  await assertRejects(() => chat.create(options), OpenAI.InternalServerError);
});
