/** `CLLM_SCHEMAS` says how many schemas of tools are called by. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import OpenAI from "openai";
import { zodFunction } from "openai/helpers/zod";
import { z } from "zod";
import { createApp } from "../../../../serve/app.ts";
import { createChatTemplate, Scheduler } from "../../../../engine/mod.ts";
import { uniformEngine } from "../../../engine/uniform_engine.ts";
import { openScripted, type ScriptedServer, tokenizer } from "../../scripted_server.ts";
import { argumentSchemas } from "../../../engine/constrained/random_schemas.ts";

const SCHEMAS = Number(Deno.env.get("CLLM_SCHEMAS") ?? 50);

const messages = [{ role: "user" as const, content: "What is 1 + 2?" }];
const tools = [{
  type: "function" as const,
  function: {
    name: "add",
    description: "Adds",
    parameters: {
      type: "object",
      properties: { a: { type: "integer" }, b: { type: "integer" } },
      required: ["a", "b"],
    },
  },
}, { type: "function" as const, function: { name: "now" } }];

function client({ url }: ScriptedServer): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
}

/** One call, as Hermes and Qwen write it. */
const call = (name: string, json: string) =>
  `<tool_call>\n{"name": "${name}", "arguments": ${json}}\n</tool_call>`;

/** Templates of each form, and what a model of it says to call a tool twice, or once. */
const FORMS: [name: string, source: string | undefined, says: string][] = [
  ["generic", undefined, `${call("add", '{"a": 1, "b":2}')}\n${call("now", "{}")}`],
  [
    "hermes",
    "{% if tools %}{% for t in tools %}{{ t | tojson }}{% endfor %}<tool_call>{% endif %}" +
    "{% for m in messages %}{{ m.role }}{{ m.content }}{% endfor %}",
    `${call("add", '{"a": 1, "b":2}')}\n${call("now", "{}")}`,
  ],
  [
    "llama3",
    "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}{{ m.role }}" +
    "{% if m.tool_calls %}{{ '\"parameters\": ' }}{% endif %}<|eot_id|>{% endfor %}",
    '{"name": "add", "parameters": {"a": 1, "b":2}}',
  ],
  [
    "mistral",
    "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}{{ m.content }}" +
    "{% if m.tool_calls %}[TOOL_CALLS] [{% endif %}{% endfor %}",
    '[TOOL_CALLS] [{"name": "add", "arguments": {"a": 1, "b":2}}, {"name": "now", "arguments": {}}]',
  ],
  [
    "mistral-args",
    "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}{{ m.content }}" +
    "{% if m.tool_calls %}[TOOL_CALLS]f[ARGS]{% endif %}{% endfor %}",
    '[TOOL_CALLS]add[ARGS]{"a": 1, "b":2}[TOOL_CALLS]now[ARGS]{}',
  ],
];

for (const [name, source, says] of FORMS) {
  Deno.test(`a model of the ${name} form calls tools, whole and streaming`, async () => {
    const chatTemplate = source === undefined
      ? undefined
      : createChatTemplate(source, { name: "of the test" });
    await using server = await openScripted(chatTemplate && { chatTemplate });
    assertEquals(chatTemplate?.toolForm.name ?? "generic", name);
    server.engine.script = says;
    const openai = client(server);
    const whole = await openai.chat.completions.create({ model: "scripted", messages, tools });
    const [choice] = whole.choices;
    assertEquals([choice?.finish_reason, choice?.message.content], ["tool_calls", null]);
    const called = (choice?.message.tool_calls ?? []).map((each) =>
      each.type === "function" ? [each.function.name, each.function.arguments] : []
    );
    const twice = [["add", '{"a": 1, "b":2}'], ["now", "{}"]];
    assertEquals(called, name === "llama3" ? twice.slice(0, 1) : twice);
    // The prompt tells of the tools.
    const prompt = tokenizer.decode(server.engine.prompts[0] ?? []);
    assert(prompt.includes('"name": "add"') || prompt.includes('"name":"add"'), prompt);

    const streamed: string[][] = [];
    let pieces = 0;
    const stream = await openai.chat.completions.create({
      model: "scripted",
      messages,
      tools,
      stream: true,
    });
    for await (const chunk of stream) {
      assert(!chunk.choices[0]?.delta.content);
      for (const { index, id, function: delta } of chunk.choices[0]?.delta.tool_calls ?? []) {
        if (id !== undefined) streamed[index] = [delta?.name ?? "", ""];
        pieces++;
        const own = streamed[index];
        if (own) own[1] += delta?.arguments ?? "";
      }
    }
    assertEquals(streamed, called);
    assert(pieces > 2 * called.length, "arguments come in pieces");

    // The calls and their results go back into the conversation.
    server.engine.script = "It is 3.";
    const results = (choice?.message.tool_calls ?? []).map(({ id }) => ({
      role: "tool" as const,
      tool_call_id: id,
      content: "three",
    }));
    const next = await openai.chat.completions.create({
      model: "scripted",
      messages: [...messages, ...choice?.message ? [choice.message] : [], ...results],
      tools,
    });
    assertEquals(next.choices[0]?.message.content, "It is 3.");
    assertEquals(next.choices[0]?.finish_reason, "stop");
    assertEquals(server.failures, []);
  });
}

Deno.test("text comes before calls, and instead of them", async () => {
  await using server = await openScripted();
  const ask = async (script: string, fields = {}) => {
    server.engine.script = script;
    const body = { messages, tools, ...fields };
    const { json } = await server.post("/v1/chat/completions", body);
    const [{ message, finish_reason }] = json.choices as [
      { message: unknown; finish_reason: string },
    ];
    return [finish_reason, message];
  };
  const message = { role: "assistant", refusal: null };
  assertEquals(await ask("a < b <tool_cal"), ["stop", { ...message, content: "a < b <tool_cal" }]);
  const [reason, both] = await ask(`Wait.${call("now", "{}")}`);
  assertEquals([reason, Object(both).content], ["tool_calls", "Wait."]);
  // Without a choice of tools the same text is text.
  const text = call("now", "{}");
  assertEquals(await ask(text, { tool_choice: "none" }), ["stop", { ...message, content: text }]);
  // What is cut off is no call.
  const [cut, part] = await ask(call("add", '{"a": 1, "b": 2}'), { max_tokens: 40 });
  assertEquals(cut, "length");
  assert('{"a": 1, "b": 2}'.startsWith(Object(part).tool_calls?.[0].function.arguments ?? ""));
  // One call where several are not wanted: the model's second one cannot come.
  const twice = `${call("now", "{}")}\n${call("now", "{}")}`;
  const [, single] = await ask(twice, { parallel_tool_calls: false });
  assertEquals(Object(single).tool_calls.length, 1);
  assertEquals(server.failures, []);
});

Deno.test("thoughts are told apart from text, whole and streaming", async () => {
  const source = "{% for m in messages %}{{ m.content }}{% endfor %}{% if tools %}<tool_call>" +
    "{% endif %}";
  const thinks = createChatTemplate(`${source}{# </think> #}`, { name: "of the test" });
  const begins = createChatTemplate(`${source}<think>\n`, { name: "of the test" });
  for (const chatTemplate of [thinks, begins]) {
    await using server = await openScripted({ chatTemplate });
    const opening = chatTemplate === thinks ? "<think>\n" : "";
    const ask = (fields: object) => server.post("/v1/chat/completions", { messages, ...fields });
    server.engine.script = `${opening}Hm, <b> </thin?\n</think>\n\nThree.`;
    const { json } = await ask({});
    assertEquals(Object(json).choices[0].message, {
      role: "assistant",
      content: "Three.",
      refusal: null,
      reasoning_content: "Hm, <b> </thin?",
    });
    const stream = await client(server).chat.completions.create({
      model: "scripted",
      messages,
      stream: true,
    });
    let text = "", reasoning = "";
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? "";
      reasoning += Object(choices[0]?.delta).reasoning_content ?? "";
    }
    assertEquals([text, reasoning], ["Three.", "Hm, <b> </thin?"]);
    server.engine.script = `${opening}Hm.\n</think>\n\n${call("now", "{}")}`;
    const called = Object((await ask({ tools, tool_choice: "required" })).json).choices[0];
    assertEquals(called.message.reasoning_content, "Hm.");
    assertEquals(called.message.tool_calls[0].function.name, "now");
    // JSON by a schema comes after thoughts as well, where the prompt begins them.
    const response_format = { type: "json_object" };
    server.engine.script = `${opening}Hm.\n</think>\n\n{"a":1}`;
    const formatted = Object((await ask({ response_format })).json).choices[0].message;
    assertEquals([formatted.reasoning_content, formatted.content], ["Hm.", '{"a":1}']);
    assertEquals(server.failures, []);
  }
});

Deno.test("OpenAI's client parses a call by a zod schema", async () => {
  await using server = await openScripted();
  server.engine.script = call("add", '{"a":1,"b":"2"}');
  const parameters = z.object({ a: z.number(), b: z.enum(["2", "3"]) });
  const { choices } = await client(server).chat.completions.parse({
    model: "scripted",
    messages,
    tools: [zodFunction({ name: "add", parameters })],
    tool_choice: { type: "function", function: { name: "add" } },
  });
  const [parsed] = choices[0]?.message.tool_calls ?? [];
  assert(parsed?.type === "function");
  assertEquals(parsed.function.parsed_arguments, { a: 1, b: "2" });
});

Deno.test("OpenAI's client allows some of the tools, and the model knows them all", async () => {
  await using server = await openScripted();
  server.engine.script = call("add", "{}");
  const now = { type: "function" as const, function: { name: "now" } };
  const names = async (mode: "auto" | "required", allowed: (typeof now)[]) => {
    const { choices } = await client(server).chat.completions.create({
      model: "scripted",
      messages,
      tools,
      tool_choice: { type: "allowed_tools", allowed_tools: { mode, tools: allowed } },
    });
    return choices[0]?.message.tool_calls?.map((each) => Object(each).function.name);
  };
  assertEquals((await names("required", [now]))?.[0], "now");
  const prompt = tokenizer.decode(server.engine.prompts.at(-1) ?? []);
  assert(prompt.includes('"add"') && prompt.includes('"now"'), prompt);
  assertEquals(await names("auto", [now, { ...now, function: { name: "add" } }]), ["add"]);
});

Deno.test("what cannot be called is refused by the name of its field", async () => {
  await using server = await openScripted();
  const tool = (fields: object) => ({ type: "function", function: { name: "f", ...fields } });
  const said = { role: "assistant", content: null };
  const calls = (fields: object) => ({
    messages: [...messages, { ...said, tool_calls: [{ id: "1", type: "function", ...fields }] }],
  });
  const open = { type: "array", uniqueItems: true };
  const cases: [fields: object, param: string][] = [
    [{ tools: {} }, "tools"],
    [{ tools: [{ type: "custom", custom: { name: "f" } }] }, "tools.0.type"],
    [{ tools: [tool({ name: "f g" })] }, "tools.0.function.name"],
    [{ tools: [tool({}), tool({})] }, "tools.1.function.name"],
    [{ tools: [tool({ parameters: [] })] }, "tools.0.function.parameters"],
    [{ tools: [tool({ odd: 1 })] }, "tools.0.function.odd"],
    [{ tools: [tool({ parameters: open, strict: true })] }, "tools.0.function.parameters"],
    [{ tool_choice: "required" }, "tool_choice"],
    [{ tool_choice: "any", tools }, "tool_choice"],
    [{ tool_choice: { type: "function", function: { name: "no" } }, tools }, "tool_choice"],
    [{
      tool_choice: {
        type: "allowed_tools",
        allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "no" } }] },
      },
      tools,
    }, "tool_choice"],
    [{ parallel_tool_calls: 1, tools }, "parallel_tool_calls"],
    [calls({}), "messages.1.tool_calls.0.function"],
    [
      calls({ function: { name: "f", arguments: "[]" } }),
      "messages.1.tool_calls.0.function.arguments",
    ],
    [{ messages: [...messages, said] }, "messages.1.content"],
    [{ messages: [{ role: "tool", content: "3", tool_call_id: "1" }] }, "messages.0.tool_call_id"],
    [{ messages: [{ role: "tool", content: "3" }] }, "messages.0.tool_call_id"],
    [{ messages: [{ role: "user", content: "3", tool_call_id: "1" }] }, "messages.0.tool_call_id"],
    [{ messages: [{ ...messages[0], reasoning_content: "a" }] }, "messages.0.reasoning_content"],
  ];
  for (const [fields, param] of cases) {
    const { status, json } = await server.post("/v1/chat/completions", { messages, ...fields });
    assertEquals([status, Object(json.error).param], [400, param], JSON.stringify(fields));
  }
  // Where it need not be strict, a schema that is too much leaves any object.
  server.engine.script = call("f", '{"x":[1,1]}');
  const loose = await server.post("/v1/chat/completions", {
    messages,
    tools: [tool({ parameters: open })],
    tool_choice: "required",
  });
  assertEquals(
    Object(loose.json).choices[0].message.tool_calls[0].function.arguments,
    '{"x":[1,1]}',
  );
  assertEquals(server.failures, []);
});

Deno.test(`${SCHEMAS} schemas of tools: streamed arguments are always valid`, async () => {
  const failures: unknown[] = [];
  const app = createApp({
    scheduler: new Scheduler(uniformEngine(tokenizer.vocabSize)),
    codec: tokenizer,
    modelName: "uniform",
    onFailure: (error) => failures.push(error),
  });
  const ajv = new Ajv2020({ strict: false, multipleOfPrecision: 9, validateFormats: false });
  let whole = 0;
  for (const [seed, parameters] of argumentSchemas(SCHEMAS).entries()) {
    const body = {
      messages,
      seed,
      stream: true,
      max_tokens: 700,
      tools: [{ type: "function", function: { name: "f", parameters, strict: true } }],
      tool_choice: "required",
    };
    const response = await app.request("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    assertEquals(response.status, 200, `${text} ${JSON.stringify(parameters)}`);
    assertMatch(text, /data: \[DONE\]\n\n$/);
    const calls: string[] = [];
    let reason: unknown;
    for (const event of text.split("\n\n").slice(0, -2)) {
      const [choice] = JSON.parse(event.slice(6)).choices;
      reason = choice.finish_reason ?? reason;
      for (const { index, function: delta } of choice.delta.tool_calls ?? []) {
        calls[index] = (calls[index] ?? "") + delta.arguments;
      }
    }
    // The last one may have been cut off.
    if (reason === "length") calls.pop();
    const validate = ajv.compile(parameters);
    for (const json of calls) {
      whole++;
      assert(validate(JSON.parse(json)), `${json} is not valid by ${JSON.stringify(parameters)}`);
    }
  }
  assert(whole > SCHEMAS / 2, `${whole} whole calls`);
  assertEquals(failures, []);
});
