import { assert, assertEquals, assertRejects } from "@std/assert";
import OpenAI from "openai";
import { createChatTemplate } from "../../../../engine/mod.ts";
import { ResponseStore } from "../../../../serve/openai/responses/store.ts";
import { describedBy } from "../../described.ts";
import { openScripted, type ScriptedServer, tokenizer } from "../../scripted_server.ts";

const tools = [{
  type: "function" as const,
  name: "add",
  strict: true,
  parameters: {
    type: "object",
    properties: { a: { type: "integer" }, b: { type: "integer" } },
    required: ["a", "b"],
    additionalProperties: false,
  },
}];
const CALL = '<tool_call>\n{"name": "add", "arguments": {"a": 1, "b": 2}}\n</tool_call>';
const ASK = { model: "scripted", input: "What is 1 + 2?" };

function client({ url }: ScriptedServer): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
}

/** What the model was asked last. */
function lastPrompt({ engine }: ScriptedServer): string {
  return tokenizer.decode(engine.prompts.at(-1) ?? []);
}

Deno.test("OpenAI's client gets a response, and goes on with it", async () => {
  await using server = await openScripted();
  const openai = client(server);
  const assertFits = await describedBy(server.url);
  server.engine.script = "It is 3.";
  const first = await openai.responses.create({ ...ASK, instructions: "Be brief." });
  const { output_text, ...sent } = first;
  assertFits("Response", sent);
  assertEquals([output_text, first.status, first.usage?.input_tokens_details.cached_tokens], [
    "It is 3.",
    "completed",
    3,
  ]);
  assertEquals(lastPrompt(server), "System:\nBe brief.\n\nUser:\nWhat is 1 + 2?\n\nAssistant:\n");
  const next = { ...ASK, input: "Sure?", previous_response_id: first.id };
  await openai.responses.create({ ...next, store: false });
  // Instructions are those of each request alone.
  const conversation =
    "User:\nWhat is 1 + 2?\n\nAssistant:\nIt is 3.\n\nUser:\nSure?\n\nAssistant:\n";
  assertEquals(lastPrompt(server), conversation);
  const cut = await openai.responses.create({ ...ASK, max_output_tokens: 1 });
  assertEquals([cut.status, cut.incomplete_details?.reason], ["incomplete", "max_output_tokens"]);
  const json = await openai.responses.create({
    ...ASK,
    text: { format: { type: "json_schema", name: "n", schema: { type: "integer" } } },
  });
  assert(Number.isInteger(JSON.parse(json.output_text)));
  assertEquals(server.failures, []);
});

Deno.test("OpenAI's client streams a response with thoughts, text and a call, event by event", async () => {
  const source = "{% for m in messages %}{{ m.role }}{{ m.content }}{{ m.reasoning_content }}" +
    "{% if m.tool_calls %}{{ m.tool_calls | tojson }}{% endif %}{% endfor %}{# </think> #}" +
    "{% if tools %}<tool_call>{% endif %}";
  const chatTemplate = createChatTemplate(source, { name: "of the test" });
  await using server = await openScripted({ chatTemplate });
  const openai = client(server);
  const assertFits = await describedBy(server.url);
  server.engine.script = `<think>\nHm.\n</think>\n\nWait.${CALL}`;
  const stream = openai.responses.stream({ ...ASK, tools });
  const types: string[] = [];
  let number = 0, text = "", thoughts = "", json = "";
  for await (const event of stream) {
    if (types.at(-1) !== event.type) types.push(event.type);
    assertEquals(event.sequence_number, number++);
    if (event.type === "response.output_text.delta") text += event.delta;
    if (event.type === "response.reasoning_text.delta") thoughts += event.delta;
    if (event.type === "response.function_call_arguments.delta") json += event.delta;
  }
  const around = (kind: string, hasPart: boolean) => [
    "response.output_item.added",
    ...hasPart ? ["response.content_part.added"] : [],
    `response.${kind}.delta`,
    `response.${kind}.done`,
    ...hasPart ? ["response.content_part.done"] : [],
    "response.output_item.done",
  ];
  assertEquals(types, [
    "response.created",
    "response.in_progress",
    ...around("reasoning_text", true),
    ...around("output_text", true),
    ...around("function_call_arguments", false),
    "response.completed",
  ]);
  assertEquals([text, thoughts, json], ["Wait.", "Hm.", '{"a": 1, "b": 2}']);
  const final = await stream.finalResponse();
  assertEquals(final.output.map(({ type }) => type), ["reasoning", "message", "function_call"]);
  assert((final.usage?.output_tokens_details.reasoning_tokens ?? 0) > 0);
  // The same without a stream.
  const whole = await openai.responses.create({ ...ASK, tools });
  const { output_text: _, ...sent } = whole;
  assertFits("Response", sent);
  const plain = (output: readonly object[]) =>
    JSON.parse(
      JSON.stringify(output),
      (key, value) =>
        ["id", "call_id", "parsed_arguments", "parsed"].includes(key) ? undefined : value,
    );
  assertEquals(plain(final.output), plain(whole.output));
  // Its items and the call's result are the next input.
  const call = whole.output.find((item) => item.type === "function_call");
  const output = {
    type: "function_call_output" as const,
    call_id: call?.call_id ?? "",
    output: "3",
  };
  server.engine.script = "<think>\n</think>\n\nIt is 3.";
  const said = { role: "user" as const, content: ASK.input };
  const byItems = await openai.responses.create({
    ...ASK,
    tools,
    input: [said, ...whole.output as OpenAI.Responses.ResponseInput, output],
  });
  const prompt = lastPrompt(server);
  const kept = await openai.responses.create({
    ...ASK,
    tools,
    input: [output],
    previous_response_id: whole.id,
  });
  assertEquals(lastPrompt(server), prompt);
  assertEquals([byItems.output_text, kept.output_text], ["It is 3.", "It is 3."]);
  assertEquals(server.failures, []);
});

Deno.test("what a response cannot be is refused by the name of its field", async () => {
  await using server = await openScripted();
  const openai = client(server);
  const cases: [fields: object, param: string][] = [
    [{ input: [] }, "input"],
    [{ input: [1] }, "input"],
    [{ input: [{ type: "image_generation_call" }] }, "input.0.type"],
    [{ input: [{ role: "user", content: [{ type: "input_image" }] }] }, "input.0.content"],
    [{ input: [{ role: "tool", content: "a" }] }, "input.0.role"],
    [{ input: [{ role: "user", content: "a", odd: 1 }] }, "input.0.odd"],
    [{ input: [{ type: "function_call_output", call_id: "1", output: "a" }] }, "input"],
    [
      { input: [{ type: "function_call", call_id: "1", name: "f", arguments: "1" }] },
      "input.0.arguments",
    ],
    [{ previous_response_id: "resp_1" }, "previous_response_id"],
    [{ tools: [{ type: "web_search" }] }, "tools.0.type"],
    [{ tools: [{ ...tools[0], parameters: { type: "object", not: {} } }] }, "tools.0.parameters"],
    [{ tool_choice: "required" }, "tool_choice"],
    [
      { tool_choice: { type: "allowed_tools", mode: "auto", tools: [] }, tools },
      "tool_choice.tools",
    ],
    [{ text: { format: { type: "json_schema", schema: {} } } }, "text.format.name"],
    [{ text: { format: { type: "json_schema", name: "a", schema: { not: {} } } } }, "text.format"],
    [{ reasoning: { effort: "high" } }, "reasoning.effort"],
    [{ background: true }, "background"],
    [{ max_output_tokens: 0 }, "max_output_tokens"],
    [{ include: ["reasoning.encrypted_content"] }, "include.0"],
    [{ stop: "a" }, "stop"],
  ];
  for (const [fields, param] of cases) {
    const error = await assertRejects(
      () => openai.responses.create({ ...ASK, ...fields }),
      OpenAI.BadRequestError,
    );
    assertEquals(error.param, param, JSON.stringify(fields));
  }
  await assertRejects(() => openai.responses.create({ ...ASK, model: "o" }), OpenAI.NotFoundError);
  assertEquals(server.failures, []);
});

Deno.test("OpenAI's client leaves a streamed response, which then ends", async () => {
  await using server = await openScripted();
  server.engine.script = "and so on ".repeat(4000);
  const stream = await client(server).responses.create({ ...ASK, stream: true });
  let count = 0;
  for await (const { type } of stream) {
    if (type === "response.output_text.delta" && ++count === 5) break;
  }
  await server.scheduler.drain();
  assertEquals(server.failures, []);
});

Deno.test("conversations are kept for their clients, and the last ones used", () => {
  const store = new ResponseStore({ maxKept: 2, maxChars: 200 });
  const messages = [{ role: "user", content: "a" }];
  const kept = { client: "a", messages, json: "{}" };
  store.keep("1", kept);
  store.keep("2", kept);
  assertEquals(store.find("1", "b"), undefined);
  assertEquals(store.find("1", "a")?.messages, messages);
  store.keep("3", kept);
  assertEquals(["1", "2", "3"].map((id) => store.find(id, "a") !== undefined), [true, false, true]);
  store.keep("4", { ...kept, json: "a".repeat(150) });
  assertEquals(store.find("4", "a")?.messages, messages);
  assertEquals(store.find("1", "a"), undefined);
  // What is removed leaves its room.
  assertEquals([store.remove("4", "b"), store.remove("4", "a")], [false, true]);
  store.keep("5", { ...kept, json: "a".repeat(150) });
  assertEquals(store.find("5", "a")?.messages, messages);
});

Deno.test("OpenAI's client gets a response again, and forgets it", async () => {
  await using server = await openScripted();
  const { responses } = client(server);
  const assertFits = await describedBy(server.url);
  server.engine.script = "It is 3.";
  const { output_text: _, ...first } = await responses.create(ASK);
  const { output_text, ...again } = await responses.retrieve(first.id);
  assertEquals([again, output_text], [first, "It is 3."]);
  await responses.delete(first.id);
  const deleted = await fetch(`${server.url}/v1/responses/${again.id}`, { method: "DELETE" });
  assertEquals(deleted.status, 404);
  await deleted.body?.cancel();
  await assertRejects(() => responses.retrieve(first.id), OpenAI.NotFoundError);
  const unkept = await responses.create({ ...ASK, store: false });
  await assertRejects(() => responses.retrieve(unkept.id), OpenAI.NotFoundError);
  const { id } = await responses.create(ASK);
  const sent = await fetch(`${server.url}/v1/responses/${id}`, { method: "DELETE" });
  assertFits("ResponseDeleted", await sent.json());
  assertEquals(server.failures, []);
});
