/**
 * Conversations with tools in every protocol, in which one value anywhere is another one or missing:
 * whatever it is, it is the client's fault, and the refusal says where. `CLLM_MALFORMED` says how many
 * requests are made.
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createApp } from "../../serve/app.ts";
import { createChatTemplate, Scheduler } from "../../engine/mod.ts";
import { uniformEngine } from "../engine/uniform_engine.ts";
import { tokenizer } from "./scripted_server.ts";

const COUNT = Number(Deno.env.get("CLLM_MALFORMED") ?? 300);
const SEED = Deno.env.has("CLLM_MALFORMED") ? Date.now() % 2 ** 31 : 2;

const parameters = {
  type: "object",
  properties: { a: { type: "integer", minimum: 1 }, b: { enum: ["x", "y"] } },
  required: ["a"],
};
const named = { name: "f", description: "d", parameters, strict: true };
const fn = { type: "function", function: named };
const call = { id: "call00001", type: "function", function: { name: "f", arguments: '{"a":1}' } };
const text = [{ type: "text", text: "Hi" }];
const use = { type: "tool_use", id: "call00001", name: "f", input: { a: 1 } };
const options = { num_predict: 3, temperature: 1, stop: ["q"], seed: 1 };

/** A request for each route with much that can be wrong. */
const REQUESTS: Readonly<Record<string, object>> = {
  "/v1/chat/completions": {
    model: "uniform",
    messages: [
      { role: "system", content: "Be brief" },
      { role: "user", content: text },
      { role: "assistant", content: null, reasoning_content: "Hm", tool_calls: [call] },
      { role: "tool", content: "3", tool_call_id: "call00001" },
    ],
    tools: [fn],
    tool_choice: { type: "function", function: { name: "f" } },
    parallel_tool_calls: true,
    max_tokens: 3,
    stream: false,
    response_format: { type: "text" },
  },
  "/v1/responses": {
    model: "uniform",
    instructions: "Be brief",
    input: [
      { role: "user", content: [{ type: "input_text", text: "Hi" }] },
      {
        type: "reasoning",
        id: "r",
        summary: [],
        content: [{ type: "reasoning_text", text: "Hm" }],
      },
      { type: "function_call", call_id: "call00001", name: "f", arguments: '{"a":1}' },
      { type: "function_call_output", call_id: "call00001", output: "3" },
    ],
    tools: [{ type: "function", ...named }],
    tool_choice: "auto",
    text: { format: { type: "text" } },
    max_output_tokens: 3,
    stream: true,
    metadata: { a: "b" },
  },
  "/v1/messages": {
    model: "uniform",
    system: text,
    messages: [
      { role: "user", content: text },
      { role: "assistant", content: [{ type: "thinking", thinking: "Hm", signature: "" }, use] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "call00001", content: text }] },
    ],
    tools: [{ name: "f", description: "d", input_schema: parameters, strict: true }],
    tool_choice: { type: "tool", name: "f" },
    stop_sequences: ["q"],
    max_tokens: 3,
    stream: true,
  },
  "/api/chat": {
    model: "uniform",
    messages: [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "", tool_calls: [{ function: { name: "f", arguments: {} } }] },
      { role: "tool", tool_name: "f", content: "3" },
    ],
    tools: [fn],
    format: "",
    options,
  },
  "/api/generate": { model: "uniform", prompt: "Hi", format: parameters, options, think: false },
};

type Path = readonly (string | number)[];

/** The places of all values in a value. */
function* placesIn(value: unknown, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path;
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield* placesIn(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

/** A copy with another value at a place, or none. */
function changed(value: unknown, [key, ...rest]: Path, to: { value?: unknown }): unknown {
  if (key === undefined) return to.value;
  const copy = Array.isArray(value) ? [...value] : { ...Object(value) };
  if (rest.length === 0 && !("value" in to)) {
    if (Array.isArray(copy)) copy.splice(Number(key), 1);
    else delete copy[key];
  } else copy[key] = changed(Object(value)[key], rest, to);
  return copy;
}

const other = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    null,
    -1,
    0,
    1e308,
    "",
    "f",
    "function",
    [],
    {},
    [[]],
    [{}],
    true,
    false,
  ),
  fc.constantFrom<unknown>(
    "none",
    "required",
    "tool",
    "assistant",
    "user",
    "\u0000",
    "é".repeat(3000),
  ),
  fc.constantFrom<unknown>({ type: "object" }, { type: "function", function: { name: "f" } }),
);

const request = fc.constantFrom(...Object.keys(REQUESTS)).chain((path) => {
  const body = REQUESTS[path];
  const change = fc.oneof(
    { weight: 4, arbitrary: other.map((value) => ({ value })) },
    { weight: 1, arbitrary: fc.constant({}) },
  );
  return fc.tuple(fc.constantFrom(...placesIn(body)), change).map(([place, to]) => ({
    path,
    place,
    body: JSON.stringify(changed(body, place, to)),
  }));
});

Deno.test(`${COUNT} conversations with one wrong value: each is answered or refused by its place`, async () => {
  const failures: unknown[] = [];
  const source = "{% for m in messages %}{{ m.role }}{{ m.content }}{{ m.tool_calls | tojson }}" +
    "{% endfor %}{% if tools %}{{ tools | tojson }}<tool_call>{% endif %}";
  const app = createApp({
    scheduler: new Scheduler(uniformEngine(tokenizer.vocabSize)),
    codec: tokenizer,
    modelName: "uniform",
    chatTemplate: createChatTemplate(source, { name: "of the test" }),
    onFailure: (error) => failures.push(error),
  });
  const statuses = new Map<number, number>();
  for (const [path, body] of Object.entries(REQUESTS)) {
    const response = await app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assertEquals(response.status, 200, `${path} ${await response.text()}`);
  }
  await fc.assert(
    fc.asyncProperty(request, async ({ path, place, body }) => {
      const response = await app.request(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      const { status } = response;
      const text = await response.text();
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      assert([200, 400, 404].includes(status), `${status} ${path} ${body} ${text}`);
      assert(!/"(server_error|api_error)"/.test(text), `${path} ${body} ${text}`);
      if (status === 200) return;
      const { error } = JSON.parse(text);
      const param: string = error.param ?? error.message ?? error;
      // The fault is where the change was made, or where it is seen.
      assert(
        param.includes(String(place[0])) || /^(messages|input|tool_choice)/.test(param),
        `${place.join(".")}: ${text}`,
      );
    }),
    { numRuns: COUNT, seed: SEED },
  );
  assertEquals(failures, []);
  assert((statuses.get(400) ?? 0) > COUNT / 4 && (statuses.get(200) ?? 0) > COUNT / 8);
});
