import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Scheduler } from "../../engine/mod.ts";
import {
  type ApiKeys,
  type App,
  createApp,
  LoadedModels,
  type ModelEntry,
  parseApiKeys,
} from "../../serve/mod.ts";
import { scriptedEngine } from "../engine/scripted_engine.ts";
import { tokenizer } from "./scripted_server.ts";

/** A server of models that say their names. */
function openSeveral(
  sizes: Readonly<Record<string, number>>,
  maxBytes = 10,
  { apiKeys, wait, whileOpening = () => Promise.resolve() }: {
    apiKeys?: ApiKeys;
    wait?: (ms: number) => Promise<void>;
    whileOpening?: (name: string) => Promise<unknown>;
  } = {},
) {
  const log: string[] = [];
  const notes: string[] = [];
  const entries = Object.entries(sizes).map(([name, size]): ModelEntry => ({
    name,
    bytes: () => size < 0 ? Promise.reject(new Error("it is damaged")) : Promise.resolve(size),
    async open() {
      const engine = scriptedEngine(tokenizer);
      engine.script = `I am ${name}`;
      log.push(`+${name}`);
      await whileOpening(name);
      return {
        parts: { scheduler: new Scheduler(engine), codec: tokenizer, modelName: name },
        [Symbol.asyncDispose]: () => Promise.resolve(void log.push(`-${name}`)),
      };
    },
  }));
  const models = new LoadedModels({
    entries: () => Promise.resolve(entries),
    maxBytes,
    note: (line) => notes.push(line),
    ...wait && { wait },
  });
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => failures.push(error);
  const app = createApp({ models, onFailure, ...apiKeys && { apiKeys } });
  return { app, models, entries, log, notes, failures };
}

async function post(app: App, path: string, body: object) {
  const response = await app.request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return response;
}

async function say(app: App, model: string | undefined): Promise<unknown[]> {
  const body = { prompt: "a", ...(model !== undefined && { model }) };
  const response = await post(app, "/v1/completions", body);
  const { choices, error, model: named } = await response.json();
  return response.ok ? [named, choices[0].text] : [response.status, error.code];
}

async function loadedIn(app: App): Promise<string[]> {
  const { data } = await (await app.request("/v1/models")).json();
  return data.filter(({ loaded }: { loaded: boolean }) => loaded).map(({ id }: { id: string }) =>
    id
  );
}

Deno.test("models are loaded as they are asked for, and those not used for longest make room", async () => {
  const { app, log, models, failures } = openSeveral({ a: 4, b: 4, c: 4 });
  assertEquals(await loadedIn(app), []);
  assertEquals(await say(app, "b"), ["b", "I am b"]);
  assertEquals(await say(app, "a"), ["a", "I am a"]);
  assertEquals(await say(app, "b"), ["b", "I am b"]);
  assertEquals(await loadedIn(app), ["a", "b"]);
  assertEquals(await say(app, "c"), ["c", "I am c"]);
  assertEquals(await loadedIn(app), ["b", "c"]);
  // Without a name the first one is meant.
  assertEquals(await say(app, undefined), ["a", "I am a"]);
  assertEquals(log, ["+b", "+a", "-a", "+c", "-b", "+a"]);
  const health = await (await app.request("/health")).json();
  assertEquals(health.fingerprint, "c scripted, a scripted");
  assertStringIncludes(await (await app.request("/metrics")).text(), "cllm_serve_running 0");
  await models[Symbol.asyncDispose]();
  assertEquals(log.slice(-2), ["-c", "-a"]);
  assertEquals(failures, []);
});

Deno.test("a model in use stays, and many who ask for one load it once", async () => {
  const { app, log } = openSeveral({ a: 6, b: 6 });
  const all = await Promise.all(Array.from({ length: 5 }, () => say(app, "a")));
  assertEquals([all, log], [Array(5).fill(["a", "I am a"]), ["+a"]]);
  const stream = await post(app, "/v1/completions", { model: "a", prompt: "a", stream: true });
  const reader = stream.body?.getReader();
  await reader?.read();
  assertEquals(await say(app, "b"), [503, "model_not_loaded"]);
  assertEquals(await say(app, "a"), ["a", "I am a"]);
  await reader?.cancel();
  assertEquals(await say(app, "b"), ["b", "I am b"]);
  assertEquals(log, ["+a", "-a", "+b"]);
});

Deno.test("every protocol names its model, and what cannot be loaded is refused", async () => {
  const { app, models, notes, failures } = openSeveral({ a: 1, b: 1, damaged: -1, large: 11 });
  const messages = [{ role: "user", content: "a" }];
  const routes: [path: string, body: object][] = [
    ["/v1/chat/completions", { messages }],
    ["/v1/responses", { input: "a" }],
    ["/v1/messages", { messages, max_tokens: 100 }],
    ["/api/generate", { prompt: "a", stream: false }],
    ["/api/chat", { messages, stream: false }],
    ["/api/show", {}],
    ["/tokenize", { content: "a" }],
    ["/detokenize", { tokens: [1] }],
  ];
  for (const [path, body] of routes) {
    const response = await post(app, path, { model: "b", ...body });
    assertEquals(response.status, 200, path);
    const text = await response.text();
    if (!/tokenize|show/.test(path)) assertStringIncludes(text, "I am b");
    const unknown = await post(app, path, { model: "other", ...body });
    assertEquals(unknown.status, 404, path);
    await unknown.body?.cancel();
  }
  assertEquals(await say(app, "damaged"), [503, "model_not_loaded"]);
  assertEquals(await say(app, "large"), [400, "model_too_large"]);
  assert(notes.includes("Cannot load damaged: it is damaged"));
  const { models: listed } = await (await app.request("/api/tags")).json();
  const names = listed.map(({ name }: { name: string }) => name);
  assertEquals(names, ["a:latest", "b:latest", "damaged:latest", "large:latest"]);
  assertEquals((await app.request("/v1/models/damaged")).status, 200);
  assertEquals((await app.request("/v1/models/other")).status, 404);
  await models.drain();
  assertEquals(await say(app, "b"), [503, "server_draining"]);
  assertEquals(await say(app, "a"), [503, "server_draining"]);
  assertEquals(failures, []);
});

Deno.test("who loads one model after the other waits in between while others are served", async () => {
  const rests: PromiseWithResolvers<void>[] = [];
  const wait = () => {
    const rest = Promise.withResolvers<void>();
    rests.push(rest);
    return rest.promise;
  };
  const whileOpening = async (name: string) => {
    if (name !== "a") await say(app, "a");
  };
  const { app, log } = openSeveral({ a: 4, b: 4, c: 4 }, 8, { wait, whileOpening });
  await say(app, "a");
  assertEquals(rests.length, 0);
  await say(app, "b");
  const next = say(app, "c");
  // What is loaded is served meanwhile.
  for (let i = 0; i < 3; i++) assertEquals(await say(app, "a"), ["a", "I am a"]);
  assertEquals([log, rests.length], [["+a", "+b"], 1]);
  rests[0]?.resolve();
  assertEquals(await next, ["c", "I am c"]);
  assertEquals(log, ["+a", "+b", "-b", "+c"]);
});

Deno.test("a key has the models that its line names, the first of them without a name", async () => {
  const apiKeys = parseApiKeys("reader key-of-the-test-0123456789 models=c,b");
  const { app, log } = openSeveral({ a: 1, b: 1, c: 1 }, 10, { apiKeys });
  const headers = {
    "content-type": "application/json",
    authorization: "Bearer key-of-the-test-0123456789",
  };
  const ask = async (model?: string) => {
    const body = JSON.stringify({ prompt: "x", model });
    const response = await app.request("/v1/completions", { method: "POST", headers, body });
    const { choices, error } = await response.json();
    return choices?.[0].text ?? error.code;
  };
  assertEquals(await ask("a"), "model_not_found");
  assertEquals([await ask(), await ask("c")], ["I am b", "I am c"]);
  const { data } = await (await app.request("/v1/models", { headers })).json();
  assertEquals(data.map(({ id }: { id: string }) => id), ["b", "c"]);
  const { models } = await (await app.request("/api/tags", { headers })).json();
  assertEquals(models.map(({ name }: { name: string }) => name), ["b:latest", "c:latest"]);
  assertEquals(log, ["+b", "+c"]);
});

Deno.test("an adapter is loaded with its model, listed, and found when it comes later", async () => {
  const { app, models, entries, log } = openSeveral({ a: 1, b: 1 });
  const [a] = entries;
  assert(a);
  const withAdapters = (names: string[]): ModelEntry => ({
    ...a,
    adapters: names,
    async open() {
      const { parts, ...opened } = await a.open();
      const adapters = new Map(names.map((name) => [name, { stopIds: new Set<number>() }]));
      return { ...opened, parts: { ...parts, adapters } };
    },
  });
  entries[0] = withAdapters(["a@x"]);
  assertEquals(await say(app, "a@x"), ["a@x", "I am a"]);
  assertEquals(await say(app, "a"), ["a", "I am a"]);
  assertEquals(await loadedIn(app), ["a", "a@x"]);
  entries[0] = withAdapters(["a@x", "a@y"]);
  const held = await models.lease("a");
  assertEquals(await say(app, "a@y"), [404, "model_not_found"]);
  held[Symbol.dispose]();
  assertEquals(await say(app, "a@y"), ["a@y", "I am a"]);
  assertEquals(await say(app, "a@z"), [404, "model_not_found"]);
  assertEquals(log, ["+a", "-a", "+a"]);
});

Deno.test("models that are there no longer are given up when the list is read again", async () => {
  const { app, models, entries, log } = openSeveral({ a: 1, b: 1, c: 1 });
  assertEquals([await say(app, "a"), await say(app, "b")], [["a", "I am a"], ["b", "I am b"]]);
  const held = await models.lease("a");
  const [a, b] = entries.splice(0, 2);
  assert(a && b);
  await models.refresh();
  assertEquals(log, ["+a", "+b", "-b"]);
  assertEquals(await say(app, "a"), [404, "model_not_found"]);
  // It comes back while it is still in memory.
  entries.unshift(a);
  assertEquals(await say(app, "a"), ["a", "I am a"]);
  held[Symbol.dispose]();
  assertEquals(log, ["+a", "+b", "-b"]);
});
