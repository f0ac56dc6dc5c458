import type { Hono } from "hono";
import { assert, assertEquals } from "@std/assert";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parseApiKeys } from "../../../../serve/api_keys.ts";
import { PAGE_PATHS } from "../../../../serve/playground/mod.ts";
import { type GoldenApp, openApp } from "../../golden_app.ts";

const KEYS = parseApiKeys("openapi-key-0123456789");

async function documentOf({ app }: GoldenApp) {
  const response = await app.request("/openapi.json");
  assertEquals(response.headers.get("content-type"), "application/json");
  return await response.json();
}

Deno.test("the description is valid OpenAPI 3.1, with keys and without", async () => {
  for (const apiKeys of [undefined, KEYS]) {
    await using opened = await openApp(apiKeys ? { apiKeys } : {});
    const document = await documentOf(opened);
    const validator = new Validator();
    const { valid, errors } = await validator.validate(document);
    assertEquals([valid, errors], [true, undefined]);
    assertEquals(validator.version, "3.1");
    const { security } = document.paths["/v1/completions"].post;
    assertEquals(security, apiKeys ? [{ key: [] }] : []);
    assertEquals(document.paths["/health"].get.security, []);
  }
});

Deno.test("the description has every route, and no other", async () => {
  await using opened = await openApp();
  const served = (opened.app as Hono).routes.filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`)
    .filter((route) => !PAGE_PATHS.slice(1).includes(route.replace("GET ", "")));
  const { paths } = await documentOf(opened);
  const described = Object.entries<Record<string, unknown>>(paths)
    .flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`)
    );
  assertEquals(described.sort(), served.sort());
});

Deno.test("what is asked and answered is as the description has it", async () => {
  await using opened = await openApp();
  const document = await documentOf(opened);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema({ $id: "api", ...document });
  const check = (name: string, value: unknown) => {
    const validate = ajv.getSchema(`api#/components/schemas/${name}`);
    assert(validate, name);
    const isValid = validate(value);
    return { isValid, errors: JSON.stringify(validate.errors) };
  };
  const assertFits = (name: string, value: unknown) => {
    const { isValid, errors } = check(name, value);
    assert(isValid, `${name}: ${errors}\n${JSON.stringify(value)}`);
  };
  const ask = async (path: string, body: unknown) => {
    const response = await opened.app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  };
  const kinds = [
    ["/v1/completions", "Completion", { prompt: "2%", logprobs: 2 }],
    ["/v1/chat/completions", "ChatCompletion", {
      messages: [{ role: "user", content: "a" }],
      logprobs: true,
    }],
  ] as const;
  for (const [path, name, given] of kinds) {
    for (const change of [{}, { n: 2 }, { logprobs: null }]) {
      const body = { ...given, max_tokens: 3, ...change };
      assertFits(`${name}Request`, body);
      const whole = await ask(path, body);
      assertEquals(whole.status, 200, whole.text);
      assertFits(name, JSON.parse(whole.text));
      const stream = { ...body, stream: true, stream_options: { include_usage: true } };
      assertFits(`${name}Request`, stream);
      const events = (await ask(path, stream)).text.split("\n\n").slice(0, -2);
      assert(events.length >= 4);
      for (const event of events) assertFits(`${name}Chunk`, JSON.parse(event.slice(6)));
    }
    for (const change of [{ max_tokens: -1 }, { odd: 1 }, { temperature: 3 }, { stop: [] }]) {
      const { status, text } = await ask(path, { ...given, ...change });
      // Where the description refuses, so does the server.
      assertEquals(status === 200, check(`${name}Request`, { ...given, ...change }).isValid);
      if (status !== 200) assertFits("Error", JSON.parse(text));
    }
  }
  for (
    const [path, name] of [
      ["/v1/models", "Models"],
      ["/v1/models/golden", "Model"],
      ["/v1/models/other", "Error"],
      ["/health", "Health"],
      ["/none", "Error"],
    ] as const
  ) assertFits(name, await (await opened.app.request(path)).json());
});
