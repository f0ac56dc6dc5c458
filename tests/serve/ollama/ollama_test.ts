import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type ChatResponse, type GenerateResponse, Ollama } from "ollama";
import { createApp } from "../../../serve/app.ts";
import { createChatTemplate, openWasmEngine, Scheduler } from "../../../engine/mod.ts";
import { listen } from "../../../serve/listen.ts";
import { characterCodec, readGolden } from "../../engine/golden.ts";
import { describedBy } from "../described.ts";
import { openScripted, type ScriptedServer, tokenizer } from "../scripted_server.ts";

const messages = [{ role: "user", content: "What is 1 + 2?" }];
const ASK = { model: "scripted", messages };
const tools = [{
  type: "function",
  function: {
    name: "add",
    description: "Adds",
    parameters: {
      type: "object",
      properties: { a: { type: "integer" }, b: { type: "integer" } },
      required: ["a", "b"],
    },
  },
}];
const CALL = '<tool_call>\n{"name": "add", "arguments": {"a": 1, "b": 2}}\n</tool_call>';
const SOURCE = "{% for m in messages %}{{ m.role }}:{{ m.content }}{% if m.tool_calls %}" +
  "{{ m.tool_calls[0].function.name }}{% endif %};{% endfor %}{# </think> #}" +
  "{% if tools %}<tool_call>{% endif %}";
const chatTemplate = createChatTemplate(SOURCE, { name: "of the test" });

function client({ url }: { url: string }): Ollama {
  return new Ollama({ host: url });
}

function lastPrompt({ engine }: ScriptedServer): string {
  return tokenizer.decode(engine.prompts.at(-1) ?? []);
}

/** The same answer without what differs each time. */
function timeless(answer: GenerateResponse | ChatResponse): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(answer).filter(([name]) => !/_duration$|^created_at$/.test(name)),
  );
}

Deno.test("Ollama's client continues a prompt, whole and streaming", async () => {
  await using server = await openScripted();
  const ollama = client(server);
  const assertFits = await describedBy(server.url);
  server.engine.script = "It is 3.";
  const whole = await ollama.generate({ model: "scripted:latest", prompt: "1 + 2?" });
  assertFits("OllamaGenerated", whole);
  // Without a template of the model's own, the prompt is what it is.
  assertEquals(lastPrompt(server), "1 + 2?");
  assertEquals([whole.response, whole.done, whole.done_reason], ["It is 3.", true, "stop"]);
  assert(whole.total_duration >= whole.eval_duration && whole.eval_duration > 0);
  let text = "";
  let last: GenerateResponse | undefined;
  for await (
    const piece of await ollama.generate({ model: "scripted", prompt: "1 + 2?", stream: true })
  ) {
    assertFits("OllamaGenerated", piece);
    text += piece.response;
    last = piece;
  }
  assertEquals(text, "It is 3.");
  assert(last);
  assertEquals(timeless(last), { ...timeless(whole), response: "" });
  const cut = await ollama.generate({
    model: "scripted",
    prompt: "a",
    options: { num_predict: 2, temperature: 0, num_ctx: 2048, num_thread: 2 },
  });
  assertEquals([cut.done_reason, cut.eval_count], ["length", 2]);
  const json = await ollama.generate({
    model: "scripted",
    prompt: "a",
    format: { type: "integer" },
  });
  assert(Number.isInteger(JSON.parse(json.response ?? "")));
  const loaded = await ollama.generate({ model: "scripted", prompt: "" });
  assertEquals([loaded.response, loaded.done_reason], ["", "load"]);
  assertEquals(server.failures, []);
});

Deno.test("Ollama's client chats, thinks and calls tools, whole and streaming", async () => {
  await using server = await openScripted({ chatTemplate });
  const ollama = client(server);
  const assertFits = await describedBy(server.url);
  server.engine.script = `<think>\nHm.\n</think>\n\nWait.${CALL}`;
  const whole = await ollama.chat({ ...ASK, tools, think: true });
  assertFits("OllamaTurn", whole);
  const { content, thinking, tool_calls = [] } = whole.message;
  assertEquals([content, thinking], ["Wait.", "Hm."]);
  const calls = tool_calls.map((call) => call.function);
  assertEquals(calls, [{ name: "add", arguments: { a: 1, b: 2 } }]);
  let text = "", thoughts = "";
  const streamed: unknown[] = [];
  for await (const piece of await ollama.chat({ ...ASK, tools, stream: true })) {
    assertFits("OllamaTurn", piece);
    text += piece.message.content;
    thoughts += piece.message.thinking ?? "";
    streamed.push(...piece.message.tool_calls?.map((call) => call.function) ?? []);
  }
  assertEquals([text, thoughts, streamed], ["Wait.", "Hm.", calls]);
  server.engine.script = "It is 3.";
  await ollama.chat({
    ...ASK,
    tools,
    messages: [...messages, whole.message, { role: "tool", tool_name: "add", content: "3" }],
  });
  const conversation = "user:What is 1 + 2?;assistant:Wait.add;tool:3;<tool_call>";
  assertEquals(lastPrompt(server), conversation);
  // A prompt with a template is a conversation of one turn.
  await ollama.generate({ model: "scripted", prompt: "Hi", system: "Be brief." });
  assertEquals(lastPrompt(server), "system:Be brief.;user:Hi;");
  await ollama.generate({ model: "scripted", prompt: "Hi", raw: true });
  assertEquals(lastPrompt(server), "Hi");
  assertEquals(server.failures, []);
});

Deno.test("Ollama's client lists and describes the model", async () => {
  await using server = await openScripted({ chatTemplate });
  const ollama = client(server);
  const assertFits = await describedBy(server.url);
  const list = await ollama.list();
  assertFits("OllamaModels", list);
  assertEquals(list.models.map(({ name }) => name), ["scripted:latest"]);
  const running = await ollama.ps();
  assertFits("OllamaModels", running);
  const [{ expires_at, size_vram, ...details } = {}] = running.models;
  assertEquals([details, size_vram], [list.models[0], 0]);
  assert(new Date(expires_at ?? 0) > new Date());
  const shown = await ollama.show({ model: "scripted" });
  assertFits("OllamaModel", shown);
  assertEquals(shown.capabilities, ["completion", "tools", "thinking"]);
  assertEquals(Object(shown.model_info)["llama.context_length"], 8192);
  assertEquals(typeof (await ollama.version()).version, "string");
});

Deno.test("Ollama's client embeds texts, as OpenAI's route does", async () => {
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
  const stopping = new AbortController();
  const { port, finished } = await listen(app, { port: 0, signal: stopping.signal });
  const url = `http://127.0.0.1:${port}`;
  const ollama = client({ url });
  const assertFits = await describedBy(url);
  const input = ["2%", "another text"];
  const answer = await ollama.embed({ model: "golden", input });
  assertFits("OllamaEmbeddings", answer);
  const response = await fetch(`${url}/v1/embeddings`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ input }),
  });
  const { data } = await response.json();
  assertEquals(answer.embeddings, data.map((each: { embedding: number[] }) => each.embedding));
  const older = await ollama.embeddings({ model: "golden:latest", prompt: "2%" });
  assertFits("OllamaEmbedding", older);
  assertEquals(older.embedding, answer.embeddings[0]);
  // What does not fit is cut off, unless that is not wanted.
  const long = { model: "golden", input: "a".repeat(200) };
  assertEquals((await ollama.embed(long)).embeddings.length, 1);
  await assertRejects(() => ollama.embed({ ...long, truncate: false }), Error, "input");
  stopping.abort();
  await finished;
});

Deno.test("what cannot be answered is refused in Ollama's form, by the name of its field", async () => {
  await using server = await openScripted();
  const assertFits = await describedBy(server.url);
  const generate = { model: "scripted", prompt: "a", stream: false };
  const chat = { ...ASK, stream: false };
  const cases: [path: string, body: object, param: string, status?: number][] = [
    ["generate", { ...generate, model: undefined }, "model"],
    ["generate", { ...generate, model: "other" }, "model", 404],
    ["generate", { ...generate, suffix: "b" }, "suffix"],
    ["generate", { ...generate, images: ["a"] }, "images"],
    ["generate", { ...generate, system: "a" }, "system"],
    ["generate", { ...generate, format: "xml" }, "format"],
    ["generate", { ...generate, format: { not: {} } }, "format"],
    ["generate", { ...generate, options: { mirostat: 1 } }, "options.mirostat"],
    ["generate", { ...generate, options: { num_ctx: 1e6 } }, "options.num_ctx"],
    ["generate", { ...generate, options: { num_predict: 0 } }, "options.num_predict"],
    ["chat", { ...chat, think: true }, "think"],
    ["chat", { ...chat, messages: [{ role: "robot", content: "a" }] }, "messages.0.role"],
    ["chat", { ...chat, messages: [{ role: "tool", content: "a" }] }, "messages.0"],
    ["chat", { ...chat, tools: [{ type: "function" }] }, "tools.0.function"],
    ["show", {}, "model"],
    ["show", { model: "other" }, "model", 404],
    ["embed", { model: "scripted", input: [] }, "input"],
    ["embeddings", { model: "scripted", input: "a" }, "prompt"],
  ];
  for (const [path, body, param, status = 400] of cases) {
    const answer = await server.post(`/api/${path}`, body);
    assertEquals(answer.status, status, JSON.stringify([path, body, answer.json]));
    assertFits("OllamaError", answer.json);
    assertStringIncludes(String(answer.json.error), param);
  }
  await assertRejects(
    () => client(server).generate({ model: "other", prompt: "a" }),
    Error,
    "other",
  );
  assertEquals(server.failures, []);
});

Deno.test("Ollama's client leaves a stream, which then ends", async () => {
  await using server = await openScripted();
  server.engine.script = "and so on ".repeat(4000);
  const stream = await client(server).chat({ ...ASK, stream: true });
  let count = 0;
  try {
    for await (const _ of stream) if (++count === 5) stream.abort();
  } catch (error) {
    assert(error instanceof Error && error.name === "AbortError", String(error));
  }
  await server.scheduler.drain();
  assertEquals(server.failures, []);
});
