import { assertEquals, assertNotEquals } from "@std/assert";
import { parseApiKeys } from "../../../serve/api_keys.ts";
import { createLoadingApp } from "../../../serve/loading.ts";
import { type GoldenApp, openApp } from "../golden_app.ts";

const PROMPTS = ["The lighthouse stands on", 'It\'s "quoted" here'];

Deno.test("GET /prompts.json has what is known of the model, behind the key where there is one", async () => {
  await using opened = await openApp({ prompts: PROMPTS });
  const response = await opened.app.request("/prompts.json");
  assertEquals(response.headers.get("content-type"), "application/json");
  assertEquals(await response.json(), { prompts: PROMPTS });
  await using bare = await openApp();
  assertEquals(await (await bare.app.request("/prompts.json")).json(), { prompts: [] });
  await using locked = await openApp({
    prompts: PROMPTS,
    apiKeys: parseApiKeys("prompts-key-0123456789"),
  });
  assertEquals((await locked.app.request("/prompts.json")).status, 401);
  const headers = { authorization: "Bearer prompts-key-0123456789" };
  assertEquals((await locked.app.request("/prompts.json", { headers })).status, 200);
  assertEquals((await createLoadingApp().request("/prompts.json")).status, 503);
});

async function completion({ app }: GoldenApp, fields: Record<string, unknown>): Promise<string> {
  const response = await app.request("/v1/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt: "abc", max_tokens: 24, seed: 3, ...fields }),
  });
  const { choices: [{ text }] } = await response.json();
  return text;
}

async function chat({ app }: GoldenApp, fields: Record<string, unknown>): Promise<string> {
  const response = await app.request("/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      messages: [{ role: "user", content: "abc" }],
      max_tokens: 24,
      seed: 3,
      ...fields,
    }),
  });
  const { choices: [{ message: { content } }] } = await response.json();
  return content;
}

Deno.test("a field that a request leaves out is as the model says, else as OpenAI's", async () => {
  await using plain = await openApp();
  await using greedy = await openApp({ sampling: { temperature: 0 } });
  await using single = await openApp({ sampling: { topK: 1 } });
  await using narrow = await openApp({ sampling: { topP: 0.01, minP: 0.5 } });
  for (const ask of [completion, chat]) {
    const likeliest = await ask(plain, { temperature: 0 });
    const drawn = await ask(plain, {});
    assertNotEquals(drawn, likeliest);
    assertEquals(await ask(plain, { temperature: 1, top_p: 1, top_k: 0 }), drawn);

    assertEquals(await ask(greedy, {}), likeliest);
    assertEquals(await ask(greedy, { temperature: null }), likeliest);
    assertEquals(await ask(greedy, { temperature: 1 }), drawn);

    assertEquals(await ask(single, {}), likeliest);
    assertEquals(await ask(single, { temperature: 1, top_k: 0 }), drawn);

    assertEquals(await ask(narrow, {}), likeliest);
    assertEquals(await ask(narrow, { top_p: 1, min_p: 0 }), drawn);
  }
});

Deno.test("the playground's fields show how the model is sampled", async () => {
  const values = async ({ app }: GoldenApp) => {
    const page = await (await app.request("/")).text();
    return ["temperature", "top_k", "top_p", "min_p"].map((id) =>
      new RegExp(`id="${id}" value="([^"]*)"`).exec(page)?.[1]
    );
  };
  await using plain = await openApp();
  assertEquals(await values(plain), ["1", "0", "1", "0"]);
  await using model = await openApp({ sampling: { temperature: 0.8, topK: 40, topP: 0.95 } });
  assertEquals(await values(model), ["0.8", "40", "0.95", "0"]);
});
