/**
 * Every field of every route, by the API's own description, with values of every kind: whatever comes,
 * it is the client's fault. `CLLM_MALFORMED` says how many requests are made of each route.
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createApp } from "../../../serve/app.ts";
import { Scheduler } from "../../../engine/scheduler.ts";
import { readTokenizer } from "../../../tokenizer/mod.ts";
import { uniformEngine } from "../../engine/uniform_engine.ts";

const COUNT = Number(Deno.env.get("CLLM_MALFORMED") ?? 300);
const SEED = Deno.env.has("CLLM_MALFORMED") ? Date.now() % 2 ** 31 : 1;

const { tokenizer } = await readTokenizer(
  new URL("../../fixtures/bpe/tokenizer.json", import.meta.url).pathname,
);
const failures: unknown[] = [];
const app = createApp({
  scheduler: new Scheduler(uniformEngine(tokenizer.vocabSize)),
  codec: tokenizer,
  modelName: "uniform",
  onFailure: (error) => failures.push(error),
});

const FORMATS = "date-time email hostname ipv4 ipv6 duration uuid date time".split(" ");

/** An object of so many strings, each of some format. */
function formats(count: number, areRequired: boolean) {
  const names = Array.from({ length: count }, (_, i) => `p${i}`);
  return {
    type: "object",
    properties: Object.fromEntries(
      names.map((name, i) => [name, { type: "string", format: FORMATS[i % FORMATS.length] }]),
    ),
    ...(areRequired && { required: names }),
  };
}

function held(schema: unknown) {
  return { type: "json_schema", json_schema: { name: "a", schema } };
}

async function post(path: string, body: string) {
  const response = await app.request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  return { status: response.status, text: await response.text() };
}

Deno.test("a schema of many formats is held to, however many there are", async () => {
  for (const count of [9, 140, 280, 600]) {
    for (const areRequired of [true, false]) {
      const { status, text } = await post(
        "/v1/completions",
        JSON.stringify({
          prompt: "a",
          max_tokens: 8,
          response_format: held(formats(count, areRequired)),
        }),
      );
      assertEquals(status, 200, `${count} formats: ${text}`);
    }
  }
  assertEquals(failures, []);
});

/** The names of a route's fields, and of what is within them. */
async function fieldsOf(path: string): Promise<string[]> {
  const description = await (await app.request("/openapi.json")).json();
  const { schema } = description.paths[path].post.requestBody.content["application/json"];
  const own = schema.$ref ? description.components.schemas[schema.$ref.split("/").at(-1)] : schema;
  return Object.keys(own.properties);
}

const deep = (depth: number) => `${"[".repeat(depth)}1${"]".repeat(depth)}`;

/** JSON of every kind. */
const value = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc.constantFrom(
    ...["null", "true", "0", "-0", "1e308", "-1", "1e999", "0.5", '""', "[]", "{}", "[[]]", "[{}]"],
    ...[deep(40), deep(70), `[${"1,".repeat(20_000)}1]`, `[${'"a",'.repeat(12_000)}"a"]`],
    ...['"\\ud800"', '"\\u0000"', `"${"a".repeat(30_000)}"`, `"${"\\uffff".repeat(5000)}"`],
    ...['{"__proto__":{"a":1}}', '{"constructor":1}', `{${'"a":1,'.repeat(9000)}"b":2}`],
    `"${"\u0301".repeat(5000)}"`,
  ),
  fc.constantFrom(
    held({ $defs: { a: { $ref: "#/$defs/a" } }, $ref: "#/$defs/a" }),
    held({ type: "string", pattern: `^${"(a?)".repeat(200)}$` }),
    held({ type: "string", pattern: `${"(".repeat(400)}a${")".repeat(400)}` }),
    held({ type: "string", pattern: "^((a{1,1000}){1,1000}){1,1000}$" }),
    held({ allOf: FORMATS.map((format) => ({ type: "string", format })) }),
    held(formats(250, true)),
    held(formats(150, false)),
    held({ type: "array", prefixItems: Array(900).fill({ type: "integer", minimum: 3 }) }),
  ).map((schema) => JSON.stringify(schema)),
);

/** Whether a refusal says which field is at fault, or that the whole body is. */
function namesField(text: string, fields: readonly string[]): boolean {
  const { error } = JSON.parse(text);
  const message: string = error.message ?? error;
  if (message.includes("request body")) return true;
  const named = error.param ?? message;
  return fields.some((field) => named.includes(field)) || message.includes("Unrecognized");
}

const VALID: Readonly<Record<string, string>> = {
  "/v1/completions": '"prompt":"a","max_tokens":1',
  "/v1/chat/completions": '"messages":[{"role":"user","content":"a"}],"max_tokens":1',
  "/v1/embeddings": '"input":"a"',
  "/v1/responses": '"input":"a","max_output_tokens":1',
  "/v1/messages": '"messages":[{"role":"user","content":"a"}],"max_tokens":1',
  "/v1/messages/count_tokens": '"messages":[{"role":"user","content":"a"}]',
  "/api/generate": '"model":"uniform","prompt":"a","options":{"num_predict":1}',
  "/api/chat":
    '"model":"uniform","messages":[{"role":"user","content":"a"}],"options":{"num_predict":1}',
  "/api/embed": '"model":"uniform","input":"a"',
  "/api/show": '"model":"uniform"',
  "/tokenize": '"content":"a"',
  "/detokenize": '"tokens":[1]',
};

for (const [path, valid] of Object.entries(VALID)) {
  Deno.test(`${path}: no value of any field is the server's failure`, async () => {
    const fields = await fieldsOf(path);
    assert(fields.length > 1);
    const member = fc.tuple(fc.constantFrom(...fields), value)
      .map(([name, json]) => `${JSON.stringify(name)}:${json}`);
    const body = fc.tuple(fc.boolean(), fc.array(member, { minLength: 1, maxLength: 3 }))
      .map(([isWhole, members]) => `{${[...(isWhole ? [valid] : []), ...members].join()}}`);
    await fc.assert(
      fc.asyncProperty(body, async (body) => {
        const { status, text } = await post(path, body);
        assert(status < 500, `${status} ${text.slice(0, 300)}`);
        if (status >= 400) assert(namesField(text, fields), `${body.slice(0, 300)} ${text}`);
        assert(!text.includes('"type":"server_error"'), text.slice(0, 300));
      }),
      { numRuns: COUNT, seed: SEED },
    );
    assertEquals(failures, []);
  });
}
