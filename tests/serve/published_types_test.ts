/**
 * What the server says, against the types of the clients' packages, which are generated from the
 * published descriptions of OpenAI's and Anthropic's APIs; Ollama's are its own. Each answer is
 * written down as a literal, so the compiler finds fields that are missing and fields too many.
 */
import { assert, assertEquals } from "@std/assert";
import { parseApiKeys } from "../../serve/api_keys.ts";
import { createApp } from "../../serve/app.ts";
import { createChatTemplate, openWasmEngine, Scheduler } from "../../engine/mod.ts";
import { characterCodec, readGolden } from "../engine/golden.ts";
import { openApp } from "./golden_app.ts";
import { openScripted } from "./scripted_server.ts";

/** Values by the names of their types. */
class Answers {
  readonly #lines = new Set<string>();

  add(type: string, value: unknown): void {
    this.#lines.add(`(${JSON.stringify(value, null, 1)}) satisfies Published.${type};`);
  }

  /** Fails with what does not fit. */
  async check(): Promise<void> {
    const path = await Deno.makeTempFile({ suffix: ".ts" });
    const types = new URL("published_types.ts", import.meta.url);
    const lines = [`import type * as Published from "${types}";`, ...this.#lines];
    await Deno.writeTextFile(path, lines.join("\n"));
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--frozen", "--config", config, path],
      env: { NO_COLOR: "1" },
    }).output();
    await Deno.remove(path);
    assert(success, new TextDecoder().decode(stderr));
  }
}

/** The values of a stream: data of events, or lines. */
function valuesOf(text: string): unknown[] {
  return text.split("\n")
    .filter((line) => /^(data: )?\{/.test(line))
    .map((line) => JSON.parse(line.replace("data: ", "")));
}

const call = '<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>';
const SCRIPT = `<think>\nHm.\n</think>\n\nWait.${call}`;
const chatTemplate = createChatTemplate(
  "{% for m in messages %}{{ m.role }}{{ m.content }}{% endfor %}{# </think> #}" +
    "{% if tools %}<tool_call>{% endif %}",
  { name: "of the test" },
);
const parameters = { type: "object", properties: { a: { type: "integer" } } };
const add = { name: "add", description: "Adds", parameters };
const messages = [{ role: "user", content: "1 + 2?" }];
const chat = { messages, tools: [{ type: "function", function: add }] };
const usage = { stream_options: { include_usage: true } };
const flat = { input: "1 + 2?", tools: [{ type: "function", ...add }] };
const format = { type: "json_schema", name: "n", schema: { type: "integer" } };
const said = { model: "scripted", messages, max_tokens: 500 };
const named = [{ name: "add", input_schema: parameters }];
const local = { model: "scripted", messages };

/** Requests, the types of their answers whole and streamed. */
const GENERATED: [path: string, whole: string, event: string, bodies: object[]][] = [
  ["/v1/completions", "Completion", "CompletionChunk", [
    { prompt: ["a", "b"], n: 2 },
    { prompt: "a", logprobs: 2, echo: true },
    { prompt: "a", stop: "t" },
  ]],
  ["/v1/chat/completions", "ChatCompletion", "ChatCompletionChunk", [
    chat,
    { messages, n: 2 },
    { messages, logprobs: true, top_logprobs: 2 },
    { messages, max_tokens: 1 },
  ]],
  ["/v1/responses", "Response", "ResponseEvent", [
    { ...flat, instructions: "Add.", metadata: { a: "b" } },
    { ...flat, tool_choice: "required", parallel_tool_calls: false },
    { ...flat, tool_choice: { type: "function", name: "add" } },
    { input: "1 + 2?", text: { format } },
    { input: "1 + 2?", text: { format: { type: "json_object" } } },
    { input: "1 + 2?", max_output_tokens: 1 },
  ]],
  ["/v1/messages", "Message", "MessageEvent", [
    { ...said, tools: named },
    { ...said, max_tokens: 1 },
    { ...said, stop_sequences: ["it"] },
  ]],
  ["/api/chat", "OllamaTurn", "OllamaTurn", [
    { ...local, tools: chat.tools },
    local,
    { model: "scripted", messages: [] },
  ]],
  ["/api/generate", "OllamaGenerated", "OllamaGenerated", [
    { model: "scripted", prompt: "a" },
    { model: "scripted", prompt: "a", raw: true, options: { num_predict: 1 } },
    { model: "scripted" },
  ]],
];

Deno.test("answers and errors are what the types of the clients' packages say", async () => {
  const answers = new Answers();
  await using scripted = await openScripted({ chatTemplate });
  scripted.engine.script = SCRIPT;
  const ask = async (path: string, body?: unknown) => {
    const response = await fetch(`${scripted.url}${path}`, {
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
      headers: { "content-type": "application/json" },
    });
    return { status: response.status, text: await response.text() };
  };
  for (const [path, whole, event, bodies] of GENERATED) {
    for (const body of bodies) {
      const { status, text } = await ask(path, { ...body, stream: false });
      assertEquals(status, 200, text);
      answers.add(whole, JSON.parse(text));
      const streamed = await ask(path, { ...body, stream: true });
      const values = valuesOf(streamed.text);
      assert(values.length > 0, streamed.text);
      for (const value of values) answers.add(event, value);
      if (!path.endsWith("completions")) continue;
      const { text: counted } = await ask(path, { ...body, ...usage, stream: true });
      for (const value of valuesOf(counted)) answers.add(event, value);
    }
  }
  for (
    const [path, type, body] of [
      ["/v1/messages/count_tokens", "MessageCount", { messages }],
      ["/v1/models", "Models"],
      ["/v1/models/scripted", "Model"],
      ["/api/tags", "OllamaModels"],
      ["/api/ps", "OllamaRunning"],
      ["/api/show", "OllamaModel", { model: "scripted" }],
      ["/api/version", "OllamaVersion"],
    ] as const
  ) {
    const { status, text } = await ask(path, body);
    assertEquals(status, 200, text);
    answers.add(type, JSON.parse(text));
  }
  await addEmbeddings(answers);
  await addErrors(answers);
  assertEquals(scripted.failures, []);
  await answers.check();
});

async function addEmbeddings(answers: Answers): Promise<void> {
  const { config, parameters } = await readGolden("gqa_untied");
  await using engine = await openWasmEngine({
    config,
    parameters,
    workers: 1,
    cacheBytes: 1 << 20,
  });
  const app = createApp({
    scheduler: new Scheduler(engine),
    codec: characterCodec(),
    modelName: "golden",
    onFailure: console.error,
  });
  for (
    const [path, type, text] of [
      ["/v1/embeddings", "Embeddings", { input: ["a", "b"] }],
      ["/api/embed", "OllamaEmbeddings", { input: ["a", "b"] }],
      ["/api/embeddings", "OllamaEmbedding", { prompt: "a" }],
    ] as const
  ) {
    const response = await app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "golden", ...text }),
    });
    answers.add(type, await response.json());
  }
}

async function addErrors(answers: Answers): Promise<void> {
  const apiKeys = parseApiKeys("published-key-0123456789");
  await using opened = await openApp({ limits: { maxBodyBytes: 2000 } });
  await using closed = await openApp({ apiKeys });
  await using full = await openApp({ limits: { maxRunning: 1, maxWaiting: 0 } });
  const routes = [
    ["/v1/chat/completions", "Failure", {}],
    ["/v1/messages", "MessageFailure", { max_tokens: 30 }],
    ["/api/chat", "OllamaFailure", {}],
  ] as const;
  const ask = async ({ app }: typeof opened, path: string, body: unknown) =>
    await app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const chat = { model: "golden", messages };
  const held = await ask(full, "/v1/chat/completions", { ...chat, stream: true });
  for (const [path, type, needed] of routes) {
    const request = { ...chat, ...needed };
    opened.engine.failure = undefined;
    const refused: [status: number, Response][] = [
      [400, await ask(opened, path, { ...request, messages: "a" })],
      [401, await ask(closed, path, request)],
      [404, await ask(opened, path, { ...request, model: "other" })],
      [405, await opened.app.request(path)],
      [413, await ask(opened, path, "a".repeat(3000))],
      [415, await opened.app.request(path, { method: "POST", body: "{}" })],
      [429, await ask(full, path, request)],
    ];
    opened.engine.failure = new Error("broken");
    refused.push([500, await ask(opened, path, request)]);
    for (const [status, response] of refused) {
      assertEquals(response.status, status, path);
      answers.add(type, await response.json());
    }
  }
  await held.body?.cancel();
}
