import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import OpenAI from "openai";
import type { AccessRecord } from "../../serve/access_log.ts";
import { parseApiKeys } from "../../serve/api_keys.ts";
import { openApp, openServer, post } from "./golden_app.ts";

const LAPTOP = "laptop-key-0123456789";
const PHONE = "phone-key-0123456789";
const KEYS = parseApiKeys(`laptop ${LAPTOP}\nphone ${PHONE}\n`);
const REQUEST = { prompt: "2%secret", max_tokens: 5, temperature: 0 };

Deno.test("each request has an id, its own where that is plain", async () => {
  await using opened = await openApp();
  const idFor = async (given?: string) => {
    const headers = given === undefined ? {} : { "x-request-id": given };
    return (await opened.app.request("/health", { headers })).headers.get("x-request-id") ?? "";
  };
  for (const given of ["job-17", "a".repeat(64), "0af7651916cd43dd:1._"]) {
    assertEquals(await idFor(given), given);
  }
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  for (const given of [undefined, "", "a".repeat(65), "a b", '"', "<b>", "ä", "a,b"]) {
    assertMatch(await idFor(given), uuid);
  }
  assert(await idFor() !== await idFor());
});

Deno.test("the log tells who asked for what and how it ended, and nothing of the text", async () => {
  const log: AccessRecord[] = [];
  await using opened = await openApp({ apiKeys: KEYS, onAccess: (record) => log.push(record) });
  const { app } = opened;
  const headers = { authorization: `Bearer ${LAPTOP}`, "content-type": "application/json" };
  await post(opened, JSON.stringify(REQUEST), { ...headers, "x-request-id": "whole" });
  const stream = { ...REQUEST, stream: true };
  await (await post(opened, JSON.stringify(stream), headers)).text();
  const left = await post(opened, JSON.stringify(stream), headers);
  assertEquals(log.length, 2); // a stream has not ended before its last byte
  await left.body?.cancel();
  await app.request("/v1/models/golden?key=secret", { headers });
  await app.request("/v1/secret", { headers });
  await app.request("/v1/models", { headers: { authorization: "Bearer secret" } });
  await post(opened, '{"prompt":"secret"', headers);

  const known = log.map(({ time, id, ms, ...record }) => {
    assertEquals(new Date(time).toISOString(), time);
    assert(ms >= 0 && id.length > 0);
    return record;
  });
  const [client, method, route] = ["laptop", "POST", "/v1/completions"];
  const answered = { client, method, route, status: 200, tokensIn: 8, tokensOut: 5 };
  const nothing = { tokensIn: 0, tokensOut: 0 };
  assertEquals(known, [
    answered,
    answered,
    { ...answered, tokensOut: 1, cut: true },
    { client, method: "GET", route: "/v1/models/:id", status: 200, ...nothing },
    { client, method: "GET", route: "none", status: 404, ...nothing },
    { client: "local", method: "GET", route: "/v1/models", status: 401, ...nothing },
    { client, method, route, status: 400, ...nothing },
  ]);
  assertEquals(log[0]?.id, "whole");
  assertEquals(JSON.stringify(log).match(/secret|key-0123/g), null);
});

Deno.test("what is mounted has a route of its own", async () => {
  const log: AccessRecord[] = [];
  const fetch = () => new Response("curves");
  await using opened = await openApp({
    dashboard: { fetch, request: fetch },
    onAccess: (record) => log.push(record),
  });
  for (const path of ["/dashboard/", "/dashboard/runs", "/dash"]) {
    await (await opened.app.request(path)).text();
  }
  assertEquals(log.map(({ route }) => route), ["/dashboard/*", "/dashboard/*", "none"]);
});

Deno.test("over sockets the client is its address, or what a trusted proxy says", async () => {
  const log: AccessRecord[] = [];
  const onAccess = (record: AccessRecord) => log.push(record);
  const claim = { "x-forwarded-for": "203.0.113.9, 198.51.100.7" };
  for (const trustProxy of [false, true]) {
    await using server = await openServer({ onAccess, trustProxy });
    for (const headers of [claim, { "x-forwarded-for": "<script>" }, {}]) {
      await (await fetch(`${server.url}/health`, { headers })).body?.cancel();
    }
  }
  const self = "127.0.0.1";
  assertEquals(log.map(({ client }) => client), [self, self, self, "198.51.100.7", self, self]);
});

Deno.test("one key's share is limited, another key's requests pass; the queue is fair", async () => {
  const limits = { maxRunning: 2, maxPerClient: 2 };
  await using server = await openServer({ apiKeys: KEYS, limits, context: 100_000 });
  const client = (apiKey: string) =>
    new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });
  const [laptop, phone] = [client(LAPTOP), client(PHONE)];
  const endless = { model: "golden", prompt: "a", max_tokens: 90_000, stream: true } as const;
  const held = [await laptop.completions.create(endless), await laptop.completions.create(endless)];
  const limited = await assertRejects(
    () => laptop.completions.create(endless),
    OpenAI.RateLimitError,
  );
  assertEquals(limited.code, "rate_limit_exceeded");
  // The other key's request is let into the queue, and runs when one of the first key's ends.
  const other = phone.completions.create({ model: "golden", prompt: "b", max_tokens: 2 });
  held[0]?.controller.abort();
  assertEquals((await other).usage?.completion_tokens, 2);
  held[1]?.controller.abort();
  await Promise.all([server.engine.disposed(0), server.engine.disposed(1)]);
});

Deno.test("prompts and answers past the operator's limits are refused and ended", async () => {
  await using opened = await openApp({ limits: { maxPromptTokens: 4, maxTokens: 3 } });
  const long = await post(opened, JSON.stringify({ prompt: "abcde" }));
  assertEquals(long.status, 400);
  const { error } = await long.json();
  assertEquals([error.param, error.code], ["prompt", "context_length_exceeded"]);
  assertStringIncludes(error.message, "more than 4 tokens");
  const { choices, usage } = await (await post(opened, JSON.stringify({ prompt: "abcd" }))).json();
  assertEquals([choices[0].finish_reason, usage.completion_tokens], ["length", 3]);
});

Deno.test("other origins may use the API where the operator says so, and not otherwise", async () => {
  const [friend, stranger] = ["https://friend.test", "https://stranger.test"];
  await using closed = await openApp();
  await using opened = await openApp({ corsOrigins: [friend], apiKeys: KEYS });
  const preflight = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
  };
  const asked = async ({ app }: typeof closed, origin: string, method: string) => {
    const headers = { origin, ...method === "OPTIONS" && preflight };
    const response = await app.request("/v1/completions", { method, headers });
    await response.body?.cancel();
    return response;
  };
  const allowed = (response: Response) => response.headers.get("access-control-allow-origin");
  for (const method of ["OPTIONS", "POST"]) {
    assertEquals(allowed(await asked(closed, friend, method)), null);
    assertEquals(allowed(await asked(opened, stranger, method)), null);
    assertEquals(allowed(await asked(opened, friend, method)), friend);
  }
  const { status, headers } = await asked(opened, friend, "OPTIONS");
  assertEquals(status, 204); // a preflight never bears a key
  assertStringIncludes(headers.get("access-control-allow-headers") ?? "", "authorization");
  assertEquals(headers.get("access-control-allow-credentials"), null);
  assertEquals((await asked(opened, friend, "POST")).status, 401);
});
