import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { PAGE_PATHS } from "../../serve/playground/mod.ts";
import { openApp, post } from "./golden_app.ts";

/** A request that is always answered with the same text. */
const REQUEST = { prompt: "2%", max_tokens: 8, temperature: 0 };

async function json(response: Response): Promise<Record<string, unknown>> {
  assertMatch(response.headers.get("content-type") ?? "", /^application\/json/);
  return await response.json();
}

/** The data of each event, checked to be framed as `data: ...` and a blank line. */
async function events(response: Response): Promise<string[]> {
  assertEquals(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const body = await response.text();
  assert(body.endsWith("\n\n"));
  return body.slice(0, -2).split("\n\n").map((event) => {
    assertMatch(event, /^data: [^\n]+$/);
    return event.slice("data: ".length);
  });
}

Deno.test("a completion has OpenAI's fields", async () => {
  await using opened = await openApp();
  const before = Math.floor(Date.now() / 1000);
  const response = await post(opened, JSON.stringify(REQUEST));
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("x-content-type-options"), "nosniff");
  const { id, created, choices, ...rest } = await json(response);
  assertMatch(String(id), /^cmpl-[0-9a-f]{32}$/);
  assert(typeof created === "number" && created >= before);
  assert(Array.isArray(choices));
  const [{ text, ...choice }] = choices;
  assertEquals(text.length, 8);
  assertEquals(choices.length, 1);
  assertEquals(choice, { index: 0, logprobs: null, finish_reason: "length" });
  assertEquals(rest, {
    object: "text_completion",
    model: "golden",
    system_fingerprint: opened.engine.fingerprint,
    usage: {
      prompt_tokens: 2,
      completion_tokens: 8,
      total_tokens: 10,
      prompt_tokens_details: { cached_tokens: 0 },
    },
  });
});

Deno.test("a stream has the same text in chunks, its reason in the last, then [DONE]", async () => {
  await using opened = await openApp();
  const whole = await json(await post(opened, JSON.stringify(REQUEST)));
  const stream = await post(opened, JSON.stringify({ ...REQUEST, stream: true }));
  assertEquals(stream.status, 200);
  const data = await events(stream);
  assertEquals(data.at(-1), "[DONE]");
  const chunks = data.slice(0, -1).map((chunk) => JSON.parse(chunk));
  assertEquals(chunks.length, 9); // a token each, and the end
  const text = chunks.map(({ choices: [choice] }) => choice.text).join("");
  assertEquals([{ ...chunks[0].choices[0], text, finish_reason: "length" }], whole.choices);
  const reasons = chunks.map(({ choices: [choice] }) => choice.finish_reason);
  assertEquals(reasons, [null, null, null, null, null, null, null, null, "length"]);
  for (const { id, object, model, ...rest } of chunks) {
    assertEquals([id, object, model], [chunks[0].id, "text_completion", "golden"]);
    assertEquals(Object.keys(rest).sort(), ["choices", "created", "system_fingerprint"]);
  }
});

Deno.test("usage comes last in a stream that asks for it", async () => {
  await using opened = await openApp();
  const request = { ...REQUEST, stream: true, stream_options: { include_usage: true } };
  const data = await events(await post(opened, JSON.stringify(request)));
  const chunks = data.slice(0, -1).map((chunk) => JSON.parse(chunk));
  const last = chunks.pop();
  assertEquals(last.choices, []);
  assertEquals(last.usage, {
    prompt_tokens: 2,
    completion_tokens: 8,
    total_tokens: 10,
    prompt_tokens_details: { cached_tokens: 0 },
  });
  assertEquals(chunks.map(({ usage }) => usage).filter((usage) => usage !== null), []);
});

Deno.test("every form of prompt is taken", async () => {
  await using opened = await openApp();
  const text = async (request: unknown) => {
    const { choices } = await json(await post(opened, JSON.stringify(request)));
    assert(Array.isArray(choices));
    return choices[0].text;
  };
  const expected = await text(REQUEST);
  for (const prompt of [["2%"], [17, 4], [[17, 4]]]) {
    assertEquals(await text({ ...REQUEST, prompt }), expected);
    assertEquals(await text({ ...REQUEST, prompt, echo: true }), `2%${expected}`);
  }
  const stop = expected.slice(3, 5);
  assertEquals(await text({ ...REQUEST, stop }), expected.slice(0, expected.indexOf(stop)));
  const seeded = { prompt: "abc", seed: 11, top_k: 30, top_p: 0.9, temperature: 1.3 };
  assertEquals(await text(seeded), await text(seeded));
  assertEquals((await text(seeded)).length, 61); // the context's end comes before 64 tokens
  const neutral = {
    n: 1,
    best_of: 1,
    logprobs: null,
    suffix: "",
    presence_penalty: 0,
    frequency_penalty: 0,
    logit_bias: {},
    user: "someone",
    model: "golden",
    stop: [],
    seed: null,
  };
  assertEquals(await text({ ...REQUEST, ...neutral }), expected);
});

Deno.test("an empty prompt begins a text", async () => {
  await using opened = await openApp({ endOfTextId: 2 });
  for (const prompt of ["", []]) {
    const { choices, usage } = await json(await post(opened, JSON.stringify({ prompt, seed: 1 })));
    assert(Array.isArray(choices) && choices[0].text.length > 0);
    assertEquals(Object(usage).prompt_tokens, 0);
  }
});

Deno.test("a request that cannot be met is refused with its field", async (t) => {
  await using opened = await openApp();
  const cases: [Record<string, unknown>, string | null, string][] = [
    [{ prompt: undefined }, "prompt", "prompt is required and must be a string"],
    [{ prompt: 5 }, "prompt", "must be a string, an array of token ids"],
    [{ prompt: new Array(129).fill("a") }, "prompt", "array of 1 to 128 of these"],
    [{ prompt: new Array(65).fill([1]), n: 2 }, "prompt", "130 answers in all, and 128 is most"],
    [{ prompt: [1, "a"] }, "prompt", "array of 1 to 128 of these"],
    [{ prompt: ["a", [1]] }, "prompt", "array of 1 to 128 of these"],
    [{ prompt: [1.5] }, "prompt", "array of 1 to 128 of these"],
    [{ prompt: ["a", "a".repeat(64)] }, "prompt", "64 tokens, and the model's context of 64"],
    [{ max_tokens: 0 }, "max_tokens", "at least 1 without echo"],
    [{ prompt: [61] }, "prompt", "token 0 is 61, not an id from 0 to 60"],
    [{ prompt: "a".repeat(64) }, "prompt", "64 tokens, and the model's context of 64"],
    [{ max_tokens: "8" }, "max_tokens", "must be an integer of at least 0, not this string"],
    [{ max_tokens: 1e300 }, "max_tokens", "max_tokens must be an integer"],
    [{ temperature: -1 }, "temperature", "temperature must be a number from 0 to 2, not -1"],
    [{ temperature: 2.1 }, "temperature", "temperature must be a number from 0 to 2, not 2.1"],
    [{ top_p: 1.1 }, "top_p", "top_p must be a number from 0 to 1"],
    [{ top_k: -1 }, "top_k", "top_k must be an integer of at least 0, not -1"],
    [{ seed: 2 ** 65 }, "seed", "seed must be an integer of 64 bits"],
    [{ seed: 1.5 }, "seed", "seed must be an integer"],
    [{ stop: ["a", "b", "c", "d", "e"] }, "stop", "up to 4, each of 1 to 256"],
    [{ stop: "" }, "stop", "each of 1 to 256 characters"],
    [{ n: 17 }, "n", "n must be an integer from 1 to 16, not 17"],
    [{ n: 3, best_of: 2 }, "best_of", "best_of must be at least n, which is 3, not 2"],
    [{ best_of: 2, stream: true }, "best_of", "best_of must be n with stream: true"],
    [{ logprobs: 6 }, "logprobs", "logprobs must be an integer from 0 to 5, not 6"],
    [{ suffix: "end" }, "suffix", "suffix is not supported"],
    [{ presence_penalty: 3 }, "presence_penalty", "must be a number from -2 to 2, not 3"],
    [{ frequency_penalty: -3 }, "frequency_penalty", "must be a number from -2 to 2"],
    [{ logit_bias: { "999999": 1 } }, "logit_bias", "names token 999999"],
    [{ stream: "yes" }, "stream", "stream must be true or false"],
    [{ stream_options: { include_usage: true } }, "stream_options", "only allowed with stream"],
    [{ stream: true, stream_options: { odd: 1 } }, "stream_options.odd", "Unrecognized"],
    [{ mirostat: 0.5 }, "mirostat", "Unrecognized request argument: mirostat"],
  ];
  for (const [change, param, message] of cases) {
    await t.step(JSON.stringify(change).slice(0, 60), async () => {
      const response = await post(opened, JSON.stringify({ ...REQUEST, ...change }));
      assertEquals(response.status, 400);
      const { error } = await response.json();
      assertEquals(error.param, param);
      assertEquals(error.type, "invalid_request_error");
      assertStringIncludes(error.message, message);
      assert(!error.message.includes("supported, not"), error.message);
    });
  }
  assertEquals([opened.engine.steps, opened.failures], [[], []]);
});

Deno.test("bodies that are no requests are refused", async (t) => {
  await using opened = await openApp({ limits: { maxBodyBytes: 1000 } });
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const cases: [string, string | Uint8Array<ArrayBuffer>, number, string][] = [
    ["nothing", "", 400, "not JSON"],
    ["half of it", '{"prompt": "a', 400, "not JSON"],
    ["null", "null", 400, "request body must be an object"],
    ["an array", "[]", 400, "request body must be an object"],
    ["deep nesting", "[".repeat(999), 400, "nested more than 64 deep"],
    ["no UTF-8", Uint8Array.of(...utf8('{"prompt":"'), 0xff, ...utf8('"}')), 400, "not UTF-8"],
    ["half a character", Uint8Array.of(...utf8('"'), 0xe2, 0x82), 400, "not UTF-8"],
    ["too long", JSON.stringify({ prompt: "a".repeat(1000) }), 413, "longer than 1000 bytes"],
  ];
  for (const [name, body, status, message] of cases) {
    await t.step(name, async () => {
      const response = await post(opened, body);
      assertEquals(response.status, status);
      const { error } = await response.json();
      assertStringIncludes(error.message, message);
      assertEquals(error.param, null);
    });
  }
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) {
    const response = await post(opened, JSON.stringify(REQUEST), { "content-type": type });
    assertEquals(response.status, 415);
    assertStringIncludes((await response.json()).error.message, "application/json");
  }
  const charset = { "content-type": "application/json; charset=utf-8" };
  assertEquals((await post(opened, JSON.stringify(REQUEST), charset)).status, 200);
  assertEquals(opened.failures, []);
});

Deno.test("models, health and what is not there", async () => {
  await using opened = await openApp();
  const { app } = opened;
  const list = await json(await app.request("/v1/models"));
  assertEquals(list.object, "list");
  const model = await json(await app.request("/v1/models/golden"));
  assertEquals(list.data, [model]);
  assertEquals([model.id, model.object, model.owned_by], ["golden", "model", "cllm"]);
  const health = await json(await app.request("/health"));
  const { fingerprint } = opened.engine;
  assertEquals(health, { status: "ok", fingerprint, running: 0, waiting: 0 });

  const unknown = await app.request("/v1/models/gpt-4");
  assertEquals(unknown.status, 404);
  assertEquals((await unknown.json()).error, {
    message: 'The model "gpt-4" does not exist',
    type: "invalid_request_error",
    param: "model",
    code: "model_not_found",
  });
  const asked = await post(opened, JSON.stringify({ ...REQUEST, model: "gpt-4" }));
  assertEquals([asked.status, (await asked.json()).error.code], [404, "model_not_found"]);
  for (const [method, path] of [["GET", "/nothing"], ["PUT", "/v1"]] as const) {
    const response = await app.request(path, { method });
    assertEquals(response.status, 404);
    assertEquals((await response.json()).error.message, `There is no ${method} ${path}`);
  }
});

Deno.test("another method than a route's is refused with those it has", async () => {
  await using opened = await openApp();
  const cases = [
    ["GET", "/v1/completions", "POST"],
    ["PUT", "/v1/chat/completions", "POST"],
    ["POST", "/v1/models", "GET, HEAD"],
    ["DELETE", "/v1/models/golden", "GET, HEAD"],
    ["PUT", "/", "GET, HEAD"],
  ] as const;
  for (const [method, path, allow] of cases) {
    const response = await opened.app.request(path, { method });
    assertEquals([response.status, response.headers.get("allow")], [405, allow]);
    assertEquals((await response.json()).error, {
      message: `${path} takes ${allow.replace(", ", " and ")} requests, not ${method}`,
      type: "invalid_request_error",
      param: null,
      code: "method_not_allowed",
    });
  }
  assertEquals((await opened.app.request("/health", { method: "HEAD" })).status, 200);
});

Deno.test("the page allows no requests but to this server", async () => {
  await using opened = await openApp();
  const page = await opened.app.request("/");
  assertEquals(page.status, 200);
  assertMatch(page.headers.get("content-type") ?? "", /^text\/html/);
  const policy = page.headers.get("content-security-policy") ?? "";
  assertStringIncludes(policy, "default-src 'none'");
  assertEquals(policy.includes("unsafe"), false);
  const html = await page.text();
  assertEquals(html.match(/https?:|style=| on\w+=|<script(?! type="module" src="page.js")/g), null);
  assertEquals([html.includes('id="key-row" hidden'), html.includes("dashboard/")], [true, false]);
  for (const path of PAGE_PATHS) assertEquals((await opened.app.request(path)).status, 200, path);
});

Deno.test("a full queue answers 429 and when to come back", async () => {
  await using opened = await openApp({ limits: { maxRunning: 1, maxWaiting: 0 } });
  const held = await post(opened, JSON.stringify({ ...REQUEST, stream: true }));
  const refused = await post(opened, JSON.stringify(REQUEST));
  assertEquals([refused.status, refused.headers.get("retry-after")], [429, "1"]);
  const { error } = await refused.json();
  assertEquals([error.type, error.code], ["rate_limit_error", "rate_limit_exceeded"]);
  await held.body?.cancel();
  await opened.engine.disposed(0);
  assertEquals((await post(opened, JSON.stringify(REQUEST))).status, 200);
});

Deno.test("tokens are made as they are read, and none once the reader has left", async () => {
  await using opened = await openApp({ context: 100_000 });
  const request = { prompt: "a", max_tokens: 50_000, stream: true };
  const response = await post(opened, JSON.stringify(request));
  const reader = response.body?.getReader();
  for (let i = 0; i < 5; i++) await reader?.read();
  assertEquals(opened.engine.steps.length, 5);
  await reader?.cancel();
  await opened.engine.disposed(0);
  assertEquals(opened.engine.steps.length, 5);
  assertEquals(opened.failures, []);
});

Deno.test("a reader that stalls loses its place", async () => {
  await using opened = await openApp({ context: 100_000, limits: { stallMs: 1 } });
  const request = { prompt: "a", max_tokens: 50_000, stream: true };
  const response = await post(opened, JSON.stringify(request));
  const reader = response.body?.getReader();
  await reader?.read();
  await opened.engine.disposed(0);
  const error = await reader?.read().catch((error: unknown) => error);
  assertStringIncludes(String(error), "nothing was read for 1 ms");
});

Deno.test("a failure is reported to the operator, and to the client without details", async () => {
  await using opened = await openApp();
  const stream = await post(opened, JSON.stringify({ ...REQUEST, stream: true }));
  opened.engine.failure = new Error("secret detail");
  const data = await events(stream);
  const message = "The server failed to process the request";
  const error = { message, type: "server_error", param: null, code: null };
  assertEquals(JSON.parse(data.at(-1) ?? ""), { error });
  const response = await post(opened, JSON.stringify(REQUEST));
  assertEquals(response.status, 500);
  assertEquals(await response.json(), { error });
  assertEquals(opened.failures, [opened.engine.failure, opened.engine.failure]);
});
