import { assertEquals, assertThrows } from "@std/assert";
import { Hono } from "hono";
import { parseApiKeys } from "../../serve/api_keys.ts";
import { createApp } from "../../serve/app.ts";
import { openOnnxEngine } from "../../engine/onnx/engine.ts";
import { Scheduler } from "../../engine/scheduler.ts";
import { PAGE_PATHS } from "../../serve/playground/mod.ts";
import { characterCodec, goldenModel } from "../engine/golden.ts";
import { openApp } from "./golden_app.ts";

const [FIRST, SECOND] = ["first-key-0123456789", "second-key-0123456789"];

Deno.test("with keys, the API and the dashboard ask for one; health and the page do not", async () => {
  const { model, config } = await goldenModel();
  await using engine = await openOnnxEngine({ model, config });
  const options = {
    scheduler: new Scheduler(engine),
    codec: characterCodec({ endOfTextId: 61 }),
    modelName: "golden",
    onFailure: () => {},
  };
  const locked = createApp({ ...options, apiKeys: parseApiKeys(`# two\n${FIRST}\n\n${SECOND}\n`) });
  const open = createApp(options);
  const completion = {
    method: "POST",
    body: JSON.stringify({ model: "golden", prompt: "a", max_tokens: 1 }),
  };
  const ask = async (app: typeof open, path: string, authorization?: string) => {
    const headers = new Headers({ "content-type": "application/json" });
    if (authorization !== undefined) headers.set("authorization", authorization);
    const init = path === "/v1/completions" ? { ...completion, headers } : { headers };
    const response = await app.request(path, init);
    const text = await response.text();
    return { status: response.status, text, headers: response.headers };
  };
  const wrong = [
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong-key-0123456789",
    `Bearer ${FIRST}x`,
    `Bearer ${FIRST.slice(0, -1)}`,
    `Basic ${FIRST}`,
    FIRST,
    `Bearer ${FIRST} ${SECOND}`,
  ];
  for (const path of ["/v1/completions", "/v1/models", "/v1/models/golden", "/v1/none"]) {
    for (const authorization of wrong) {
      const { status, text, headers } = await ask(locked, path, authorization);
      assertEquals([status, headers.get("www-authenticate")], [401, "Bearer"], `${authorization}`);
      assertEquals(JSON.parse(text).error.code, "invalid_api_key");
      assertEquals(text.includes("key-0123"), false);
    }
    for (const key of [FIRST, SECOND]) {
      const { status } = await ask(locked, path, `Bearer ${key}`);
      assertEquals(status, path === "/v1/none" ? 404 : 200, path);
    }
    assertEquals((await ask(open, path)).status, path === "/v1/none" ? 404 : 200);
  }
  assertEquals((await ask(locked, "/dashboard/")).status, 401);
  for (const path of ["/health", "/"]) assertEquals((await ask(locked, path)).status, 200);
});

Deno.test("every route asks for a key, but for the page, health and the description", async () => {
  const dashboard = new Hono().get("/", (context) => context.text("runs"))
    .get("/history", (context) => context.text("history"));
  await using opened = await openApp({ apiKeys: parseApiKeys(FIRST), dashboard });
  const isOpen = async (method: string, path: string) => {
    const { status, body } = await opened.app.request(path, { method });
    await body?.cancel();
    return status !== 401;
  };
  const routes = (opened.app as Hono).routes.filter(({ method }) => method !== "ALL");
  const found: string[] = [];
  for (const { method, path } of routes) if (await isOpen(method, path)) found.push(path);
  assertEquals(found.sort(), [...PAGE_PATHS, "/health", "/openapi.json"].sort());
  for (const path of ["/dashboard/", "/dashboard/history"]) {
    assertEquals(await isOpen("GET", path), false, path);
  }
  // Nor is there a way around, by another spelling or method.
  const around = [
    "//v1/models",
    "/v1/models/",
    "/V1/models",
    "/v1/%6dodels",
    "/health/../v1/models",
  ];
  for (const path of [...around, "/page.css/../metrics", "/metrics?x=/health", "/none"]) {
    for (const method of ["GET", "HEAD", "POST", "OPTIONS"]) {
      assertEquals(await isOpen(method, path), false, `${method} ${path}`);
    }
  }
});

Deno.test("the dashboard takes a key as a browser's password, and nothing else does", async () => {
  const dashboard = new Hono().get("/", (context) => context.text("runs"));
  await using opened = await openApp({ apiKeys: parseApiKeys(FIRST), dashboard });
  const ask = async (path: string, authorization = "") => {
    const { status, headers } = await opened.app.request(path, { headers: { authorization } });
    return [status, headers.get("www-authenticate")];
  };
  const basic = (text: string) => `Basic ${btoa(text)}`;
  const asked = [401, 'Basic realm="an API key, as the password"'];
  assertEquals(await ask("/dashboard"), asked);
  for (const good of [basic(`:${FIRST}`), basic(`me:${FIRST}`), `Bearer ${FIRST}`]) {
    assertEquals(await ask("/dashboard/", good), [200, null]);
  }
  const bad = [FIRST, `${FIRST}:`, `:${SECOND}`, `:${FIRST}x`, `: ${FIRST}`, `a:b:${FIRST}`];
  for (const wrong of [...bad.map(basic), "Basic", "Basic !", `Basic ${FIRST}`]) {
    assertEquals(await ask("/dashboard/", wrong), asked, wrong);
  }
  for (const path of ["/v1/models", "/metrics", "/dashboards", "/dashboard/../metrics"]) {
    assertEquals(await ask(path, basic(`:${FIRST}`)), [401, "Bearer"], path);
  }
});

Deno.test("a key may have a name, and a name more than one key", () => {
  const named = (text: string) => parseApiKeys(text).names;
  assertEquals(named(`a ${FIRST}\n  a\t${SECOND}  \n# b ${FIRST}\n${FIRST}`), ["a", "a", "key-3"]);
  for (
    const [text, message] of [
      [`a b ${FIRST}`, "line 1: a key has at least 16 characters"],
      [`${FIRST} scopes=models`, "line 1: a key that has rights needs a name before it"],
      [`\na.b ${FIRST}`, "line 2: a name has up to 64 letters, digits, _ and -"],
      [`a short`, "line 1: a key has at least 16 characters"],
    ] as const
  ) assertThrows(() => parseApiKeys(text), RangeError, message);
});

Deno.test("a file without keys, or with one that is short, is refused without telling it", () => {
  assertThrows(() => parseApiKeys("\n# none\n"), RangeError, "there is no key in it");
  const error = assertThrows(
    () => parseApiKeys(`${FIRST}\nshort\n`),
    RangeError,
    "line 2: a key has at least 16 characters",
  );
  assertEquals((error as Error).message.includes("short"), false);
});
