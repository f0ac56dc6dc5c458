import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import Anthropic from "@anthropic-ai/sdk";
import { createApp } from "../../../serve/app.ts";
import { parseApiKeys } from "../../../serve/api_keys.ts";
import { createChatTemplate, Scheduler } from "../../../engine/mod.ts";
import { uniformEngine } from "../../engine/uniform_engine.ts";
import { describedBy } from "../described.ts";
import { openScripted, type ScriptedServer, tokenizer } from "../scripted_server.ts";

const messages = [{ role: "user" as const, content: "What is 1 + 2?" }];
const ASK = { model: "scripted", max_tokens: 500, messages };
const tools: Anthropic.Tool[] = [{
  name: "add",
  description: "Adds",
  input_schema: {
    type: "object",
    properties: { a: { type: "integer" }, b: { type: "integer" } },
    required: ["a", "b"],
  },
}];
const CALL = '<tool_call>\n{"name": "add", "arguments": {"a": 1, "b": 2}}\n</tool_call>';

function client({ url }: ScriptedServer): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: "none", maxRetries: 0 });
}

function lastPrompt({ engine }: ScriptedServer): string {
  return tokenizer.decode(engine.prompts.at(-1) ?? []);
}

Deno.test("Anthropic's client gets a message, and the end that a stop sequence makes", async () => {
  await using server = await openScripted();
  const anthropic = client(server);
  const assertFits = await describedBy(server.url);
  server.engine.script = "It is 3.";
  const message = await anthropic.messages.create({ ...ASK, system: "Be brief." });
  assertFits("Message", message);
  assertEquals(message.content, [{ type: "text", text: "It is 3.", citations: null }]);
  assertEquals([message.stop_reason, message.stop_sequence], ["end_turn", null]);
  assertEquals(lastPrompt(server), "System:\nBe brief.\n\nUser:\nWhat is 1 + 2?\n\nAssistant:\n");
  const prompt = server.engine.prompts.at(-1)?.length ?? 0;
  const { usage } = message;
  assertEquals([usage.input_tokens, usage.cache_read_input_tokens], [prompt - 3, 3]);
  const counted = await anthropic.messages.countTokens({
    model: "scripted",
    system: "Be brief.",
    messages,
  });
  assertEquals(counted.input_tokens, prompt);
  const stopped = await anthropic.messages.create({ ...ASK, stop_sequences: ["is "] });
  assertEquals([stopped.stop_reason, stopped.stop_sequence], ["stop_sequence", "is "]);
  const cut = await anthropic.messages.create({ ...ASK, max_tokens: 1 });
  assertEquals(cut.stop_reason, "max_tokens");
  // The answer goes on with what was begun.
  const begun = { role: "assistant" as const, content: "It" };
  await anthropic.messages.create({ ...ASK, messages: [...messages, begun] });
  assertEquals(lastPrompt(server), "User:\nWhat is 1 + 2?\n\nAssistant:\nIt");
  assertEquals(server.failures, []);
});

Deno.test("Anthropic's client calls tools, whole and streaming, and tells their results", async () => {
  const source = "{% for m in messages %}{{ m.role }}:{{ m.content }}{% if m.tool_calls %}" +
    "{{ m.tool_calls[0].function.name }}{% endif %};{% endfor %}{# </think> #}" +
    "{% if tools %}<tool_call>{% endif %}";
  const chatTemplate = createChatTemplate(source, { name: "of the test" });
  await using server = await openScripted({ chatTemplate });
  const anthropic = client(server);
  const assertFits = await describedBy(server.url);
  server.engine.script = `<think>\nHm.\n</think>\n\nWait.${CALL}`;
  const whole = await anthropic.messages.create({ ...ASK, tools });
  assertFits("Message", whole);
  const stream = anthropic.messages.stream({ ...ASK, tools });
  const types: string[] = [];
  for await (const { type } of stream) if (types.at(-1) !== type) types.push(type);
  const block = ["content_block_start", "content_block_delta", "content_block_stop"];
  assertEquals(types, [
    "message_start",
    ...block,
    ...block,
    ...block,
    "message_delta",
    "message_stop",
  ]);
  const streamed = await stream.finalMessage();
  const plain = (content: readonly object[]) =>
    JSON.parse(JSON.stringify(content), (key, value) => key === "id" ? undefined : value);
  assertEquals(plain(streamed.content), plain(whole.content));
  assertEquals([whole.stop_reason, streamed.stop_reason], ["tool_use", "tool_use"]);
  const call = whole.content.find((each) => each.type === "tool_use");
  assertEquals([call?.name, call?.input], ["add", { a: 1, b: 2 }]);
  server.engine.script = "It is 3.";
  const after = await anthropic.messages.create({
    ...ASK,
    tools,
    messages: [...messages, { role: "assistant", content: whole.content }, {
      role: "user",
      content: [
        {
          type: "tool_result",
          tool_use_id: call?.id ?? "",
          is_error: true,
          content: [{ type: "text", text: "3" }],
        },
        { type: "text", text: "So?" },
      ],
    }],
  });
  assertEquals(
    lastPrompt(server),
    "user:What is 1 + 2?;assistant:Wait.add;tool:3;user:So?;<tool_call>",
  );
  assertEquals(after.content.map((each) => each.type === "text" ? each.text : ""), ["It is 3."]);
  server.engine.script = CALL;
  for (const type of ["any", "tool"] as const) {
    const forced = await anthropic.messages.create({
      ...ASK,
      tools,
      tool_choice: type === "any" ? { type } : { type, name: "add" },
    });
    assertEquals(forced.stop_reason, "tool_use");
  }
  assertEquals(server.failures, []);
});

Deno.test("what a message cannot be is refused in Anthropic's form, by the name of its field", async () => {
  await using server = await openScripted();
  const anthropic = client(server);
  const assertFits = await describedBy(server.url);
  const blocks = (role: string, ...content: unknown[]) => ({ messages: [{ role, content }] });
  const cases: [fields: object, param: string][] = [
    [{ max_tokens: undefined }, "max_tokens"],
    [{ messages: undefined }, "messages"],
    [{ messages: [] }, "messages"],
    [{ messages: [{ role: "system", content: "a" }] }, "messages.0.role"],
    [blocks("user", { type: "image", source: {} }), "messages.0.content.0.type"],
    [blocks("user", { type: "text" }), "messages.0.content.0.text"],
    [
      blocks("user", { type: "tool_use", id: "1", name: "f", input: {} }),
      "messages.0.content.0.type",
    ],
    [blocks("user", { type: "tool_result", tool_use_id: "1" }), "messages"],
    [{ temperature: 1.5 }, "temperature"],
    [{ thinking: { type: "enabled", budget_tokens: 1024 } }, "thinking.type"],
    [{ tools: [{ type: "bash_20250124", name: "bash" }] }, "tools.0.type"],
    [{ tools: [{ name: "f", strict: true, input_schema: { not: {} } }] }, "tools.0.input_schema"],
    [{ tool_choice: { type: "tool", name: "no" }, tools }, "tool_choice"],
    [{ stop_sequences: [""] }, "stop_sequences.0"],
    [{ response_format: {} }, "response_format"],
  ];
  for (const [fields, param] of cases) {
    const error = await assertRejects(
      () => anthropic.messages.create({ ...ASK, ...fields } as never),
      Anthropic.BadRequestError,
    );
    assertFits("MessageError", error.error);
    assertEquals(error.type, "invalid_request_error");
    assertStringIncludes(error.message, param, JSON.stringify(fields));
  }
  const unknown = await assertRejects(
    () => anthropic.messages.create({ ...ASK, model: "other" }),
    Anthropic.NotFoundError,
  );
  assertEquals(unknown.type, "not_found_error");
  assertEquals(server.failures, []);
});

Deno.test("Anthropic's client leaves a stream, which then ends", async () => {
  await using server = await openScripted();
  server.engine.script = "and so on ".repeat(4000);
  const stream = await client(server).messages.create({ ...ASK, max_tokens: 8000, stream: true });
  let count = 0;
  for await (const { type } of stream) {
    if (type === "content_block_delta" && ++count === 5) break;
  }
  await server.scheduler.drain();
  assertEquals(server.failures, []);
});

Deno.test("a key may come as Anthropic's client sends it", async () => {
  const key = "anthropic-key-0123456789";
  const app = createApp({
    scheduler: new Scheduler(uniformEngine(tokenizer.vocabSize)),
    codec: tokenizer,
    modelName: "uniform",
    apiKeys: parseApiKeys(key),
    onFailure: () => {},
  });
  const ask = async (headers: Record<string, string>) => {
    const response = await app.request("/v1/messages/count_tokens", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ messages }),
    });
    return { status: response.status, json: await response.json() };
  };
  assertEquals((await ask({ "x-api-key": key })).status, 200);
  const { status, json } = await ask({ "x-api-key": "another-key-0123456789" });
  assertEquals([status, json.error.type], [401, "authentication_error"]);
  assert(json.error.message.includes("not known"));
});
