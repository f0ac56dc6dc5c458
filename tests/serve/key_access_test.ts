import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { Hono } from "hono";
import OpenAI from "openai";
import parsePrometheus from "parse-prometheus-text-format";
import { type ApiKeys, parseApiKeys } from "../../serve/api_keys.ts";
import { reload } from "../../serve/reload.ts";
import { openFolder } from "../commands/program.ts";
import { openServer } from "./golden_app.ts";

const keyOf = (name: string) => `${name}-key-of-the-test-0123456789`;

const LINES = {
  texts: "scopes=generate",
  vectors: "scopes=embeddings",
  lists: "scopes=models",
  scraper: "scopes=metrics,dashboard",
  other: "models=another",
  few: "requests-per-minute=2",
  short: "tokens-per-minute=20 max-tokens=8",
  single: "concurrent-requests=1",
  all: "",
};

function parseLines(): ApiKeys {
  return parseApiKeys(
    Object.entries(LINES).map(([name, rights]) => `${name} ${keyOf(name)} ${rights}`).join("\n"),
  );
}

async function openLimited(apiKeys = parseLines()) {
  const dashboard = new Hono().get("/", (context) => context.text("runs"));
  const server = await openServer({ apiKeys, dashboard, context: 100_000 });
  const openai = (name: string) =>
    new OpenAI({ baseURL: `${server.url}/v1`, apiKey: keyOf(name), maxRetries: 0 });
  return {
    ...server,
    openai,
    /** Counters of a key, as an independent parser reads them. */
    async figures(name: string): Promise<Record<string, number>> {
      const headers = { authorization: `Bearer ${keyOf("all")}` };
      const text = await (await fetch(`${server.url}/metrics`, { headers })).text();
      assertEquals(/key-of-the-test/.test(text), false);
      const found: Record<string, number> = {};
      for (const family of parsePrometheus(text)) {
        for (const { labels = {}, value } of family.metrics) {
          const { key, ...rest } = labels;
          const kind = family.name.replace("cllm_serve_key_", "");
          if (key === name) found[[kind, ...Object.values(rest)].join(" ")] = Number(value);
        }
      }
      return found;
    },
  };
}

const PROMPT = { model: "golden", prompt: "abcd", max_tokens: 4 } as const;

Deno.test("a key reaches the routes of its scopes and no others", async () => {
  await using server = await openLimited();
  const routes = {
    generate: ["/v1/completions", "/v1/chat/completions", "/v1/responses", "/v1/messages"]
      .concat("/v1/messages/count_tokens", "/api/generate", "/api/chat"),
    embeddings: ["/v1/embeddings", "/api/embed"],
    both: ["/tokenize", "/detokenize"],
    models: [
      "/v1/models",
      "/v1/models/golden",
      "/api/tags",
      "/api/ps",
      "/api/version",
      "/prompts.json",
    ],
    metrics: ["/metrics", "/dashboard/"],
  };
  const reached = {
    texts: [...routes.generate, ...routes.both],
    vectors: [...routes.embeddings, ...routes.both],
    lists: [...routes.models, "/api/show"],
    scraper: routes.metrics,
    all: [...Object.values(routes).flat(), "/api/show"],
  };
  for (const [name, own] of Object.entries(reached)) {
    for (const path of reached.all) {
      const takesBody = ![...routes.models, ...routes.metrics].includes(path);
      const response = await fetch(`${server.url}${path}`, {
        headers: { authorization: `Bearer ${keyOf(name)}`, "content-type": "application/json" },
        ...takesBody && { method: "POST", body: "{}" },
      });
      const text = await response.text();
      assertEquals(response.status === 403, !own.includes(path), `${name} ${path}`);
      if (response.status !== 403) continue;
      assertMatch(text, /lacks the scope/);
      const { error } = JSON.parse(text);
      // In the words of each protocol.
      if (path.startsWith("/v1/messages")) assertEquals(error.type, "permission_error");
      else if (!path.startsWith("/api/")) assertEquals(error.code, "missing_scope");
    }
  }
  const denied = await assertRejects(
    () => server.openai("lists").completions.create(PROMPT),
    OpenAI.PermissionDeniedError,
  );
  assertEquals(denied.code, "missing_scope");
});

Deno.test("models of other keys do not exist for a key", async () => {
  await using server = await openLimited();
  const openai = server.openai("other");
  assertEquals((await openai.models.list()).data, []);
  await assertRejects(() => openai.models.retrieve("golden"), OpenAI.NotFoundError);
  for (const model of ["golden", "none"]) {
    await assertRejects(
      () => openai.completions.create({ ...PROMPT, model }),
      OpenAI.NotFoundError,
      `The model "${model}" does not exist`,
    );
  }
  const response = await fetch(`${server.url}/v1/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${keyOf("other")}`, "content-type": "application/json" },
    body: JSON.stringify({ prompt: "a" }),
  });
  assertEquals([response.status, (await response.json()).error.code], [404, "model_not_found"]);
});

Deno.test("beyond a key's requests there is 429 with what clients read, for that key alone", async () => {
  await using server = await openLimited();
  const few = server.openai("few");
  const { response } = await few.completions.create(PROMPT).withResponse();
  const header = (name: string) => response.headers.get(`x-ratelimit-${name}`);
  assertEquals([header("limit-requests"), header("remaining-requests")], ["2", "1"]);
  assertMatch(header("reset-requests") ?? "", /^(30s|2\ds|\d+ms)$/);
  assertEquals(header("limit-tokens"), null);
  // A stream counts as well, and a refused field.
  await assertRejects(
    () => few.completions.create({ ...PROMPT, temperature: -1 }),
    OpenAI.BadRequestError,
  );
  const refused = await assertRejects(
    () => few.completions.create(PROMPT),
    OpenAI.RateLimitError,
    "This API key may use 2 requests per minute; try again in ",
  );
  assertEquals(refused.code, "rate_limit_exceeded");
  assertEquals(refused.headers?.get("x-ratelimit-remaining-requests"), "0");
  assertEquals(Number(refused.headers?.get("retry-after")) > 20, true);
  // Looking costs nothing, and other keys have their own.
  assertEquals((await few.models.list()).data.length, 1);
  await server.openai("all").completions.create(PROMPT);
  assertEquals(await server.figures("few"), {
    "requests_total 200": 2,
    "requests_total 400": 1,
    "requests_total 429": 1,
    "prompt_tokens_total": 4,
    "generated_tokens_total": 4,
    "refused_total requests": 1,
  });
});

Deno.test("a key's tokens are counted as they are made, and an answer ends at its most", async () => {
  await using server = await openLimited();
  const short = server.openai("short");
  const { data, response } = await short.completions.create({ ...PROMPT, max_tokens: 50 })
    .withResponse();
  assertEquals([data.usage?.completion_tokens, data.choices[0]?.finish_reason], [8, "length"]);
  assertEquals(response.headers.get("x-ratelimit-remaining-tokens"), "8");
  await short.completions.create(PROMPT);
  await assertRejects(() => short.completions.create(PROMPT), OpenAI.RateLimitError, "20 tokens");
  const figures = await server.figures("short");
  assertEquals([figures["prompt_tokens_total"], figures["generated_tokens_total"]], [8, 12]);
});

Deno.test("a stream holds the place of a key's only request until it has ended", async () => {
  await using server = await openLimited();
  const single = server.openai("single");
  const stream = await single.completions.create({ ...PROMPT, max_tokens: 90_000, stream: true });
  await assertRejects(
    () => single.completions.create(PROMPT),
    OpenAI.RateLimitError,
    "1 requests at once; try again in 1 s",
  );
  stream.controller.abort();
  await server.engine.disposed(0);
  assertEquals((await server.figures("single"))["refused_total concurrent"], 1);
  // What is left is given back when the connection has ended, at the latest with the server.
  await server.stop();
});

Deno.test("keys are read again while a stream goes on, and bad ones change nothing", async () => {
  await using folder = await openFolder();
  const path = join(folder.path, "keys.txt");
  const apiKeys = parseLines();
  await using server = await openLimited(apiKeys);
  const values = {
    hostname: "127.0.0.1",
    "api-key-file": path,
    "host-name": [],
    "tls-cert": undefined,
    "tls-key": undefined,
  };
  const read = async (text: string) => {
    await Deno.writeTextFile(path, text);
    return await reload(values, { apiKeys, renewTls: () => {} });
  };
  const all = server.openai("all");
  const endless = { ...PROMPT, max_tokens: 90_000, stream: true } as const;
  const stream = await all.completions.create(endless);
  const pieces = stream[Symbol.asyncIterator]();
  await pieces.next();
  await server.openai("few").completions.create(PROMPT);
  await server.openai("few").completions.create(PROMPT);
  for (const bad of ["", "short", `all ${keyOf("all")} scopes=nothing`]) {
    assertMatch(await read(bad), /^Cannot reload, all stays as it was: .*keys\.txt: /);
    await all.completions.create(PROMPT);
  }
  const lines = `few ${keyOf("few")} requests-per-minute=2\nnew ${keyOf("new")}\n`;
  assertEquals(await read(lines), "Read again: 2 API keys");
  await server.openai("new").completions.create(PROMPT);
  await assertRejects(() => all.completions.create(PROMPT), OpenAI.AuthenticationError);
  // What was used stays used.
  await assertRejects(
    () => server.openai("few").completions.create(PROMPT),
    OpenAI.RateLimitError,
  );
  for (let i = 0; i < 20; i++) assert(!(await pieces.next()).done);
  stream.controller.abort();
});
