import { assert, assertEquals, assertRejects } from "@std/assert";
import OpenAI from "openai";
import type { z } from "zod";
import { parseApiKeys } from "../../serve/api_keys.ts";
import { type GoldenApp, openApp, openServer } from "../serve/golden_app.ts";
import {
  chatCompletion,
  chatCompletionChunk,
  completion,
  completionChunk,
  errorResponse,
  model,
  modelList,
} from "../serve/openai/openai_schemas.ts";

/** The endpoints that generate, a request to each, and the schemas of what they answer. */
const ENDPOINTS = [
  ["/v1/completions", { prompt: "2%", logprobs: 2 }, completion, completionChunk],
  [
    "/v1/chat/completions",
    { messages: [{ role: "user", content: "2%" }], logprobs: true, top_logprobs: 2 },
    chatCompletion,
    chatCompletionChunk,
  ],
] as const;

const COMMON = { max_tokens: 4, seed: 1 };

async function ask({ app }: GoldenApp, path: string, body?: unknown): Promise<Response> {
  return await app.request(path, {
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    headers: { "content-type": "application/json" },
  });
}

/** Fails with what does not fit. */
function assertFits(schema: z.ZodType, value: unknown): void {
  const { error } = schema.safeParse(value);
  assertEquals(error?.issues ?? [], [], JSON.stringify(value));
}

for (const [path, request, whole, chunk] of ENDPOINTS) {
  Deno.test(`${path} answers in the form of the published document`, async () => {
    // Ends texts sometimes, so that both reasons come up.
    await using opened = await openApp({ endOfTextId: 2 });
    const changes = [
      ...[{}, { logprobs: null, top_logprobs: null }, { n: 3 }, { stop: "a" }],
      ...[{ temperature: 0 }, { stream: true }, { stream: true, n: 2 }],
      { stream: true, stream_options: { include_usage: true } },
      { stream: true, logprobs: null, top_logprobs: null },
    ];
    for (const change of changes) {
      const body = Object.fromEntries(
        Object.entries({ ...COMMON, ...request, ...change })
          .filter(([name]) => name in request || !(name === "top_logprobs")),
      );
      const response = await ask(opened, path, body);
      assertEquals(response.status, 200);
      if (!("stream" in change)) {
        assertFits(whole, await response.json());
        continue;
      }
      const events = (await response.text()).trimEnd().split("\n\n");
      assertEquals(events.pop(), "data: [DONE]");
      const chunks = events.map((event) => JSON.parse(event.slice("data: ".length)));
      for (const each of chunks) assertFits(chunk, each);
      assertEquals(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size, 1);
      const usages = chunks.map(({ usage }) => usage);
      const asked = "stream_options" in change;
      assert(usages.slice(0, -1).every((usage) => usage === (asked ? null : undefined)));
      assertEquals(typeof usages.at(-1), asked ? "object" : "undefined");
    }
  });
}

Deno.test("models and every error are in the form of the published document", async () => {
  const apiKeys = parseApiKeys("reference-key-0123456789");
  await using opened = await openApp({ limits: { maxBodyBytes: 2000 } });
  await using closed = await openApp({ apiKeys });
  await using full = await openApp({ limits: { maxRunning: 1, maxWaiting: 0 } });
  const list = await (await ask(opened, "/v1/models")).json();
  const only = await (await ask(opened, "/v1/models/golden")).json();
  for (const each of [...list.data, only]) {
    // vLLM's addition, which clients look for and the document does not have.
    assertEquals(each.max_model_len, 64);
    delete each.max_model_len;
  }
  assertFits(modelList, list);
  assertFits(model, only);
  const [[path, request]] = ENDPOINTS;
  const held = await ask(full, path, { ...request, stream: true });
  const text = "x".repeat(3000);
  const errors: [status: number, Response][] = [
    [400, await ask(opened, path, { ...request, temperature: -1 })],
    [400, await ask(opened, path, 5)],
    [401, await ask(closed, path, request)],
    [404, await ask(opened, "/v1/models/other")],
    [404, await ask(opened, "/v2")],
    [404, await ask(opened, path, { ...request, model: "other" })],
    [405, await ask(opened, path)],
    [413, await ask(opened, path, { ...request, prompt: text })],
    [415, await opened.app.request(path, { method: "POST", body: "{}" })],
    [429, await ask(full, path, request)],
  ];
  opened.engine.failure = new Error("broken");
  errors.push([500, await ask(opened, path, request)]);
  for (const [status, response] of errors) {
    assertEquals(response.status, status);
    assertFits(errorResponse, await response.json());
  }
  await held.body?.cancel();
});

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
