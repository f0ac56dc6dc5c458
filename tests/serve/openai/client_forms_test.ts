/**
 * Requests as clients send them, each accepted or refused by what OpenAI's reference says of its
 * fields: what can be passed over without a lie is, and what cannot is named.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { createPromptEncoder } from "../../../engine/chat/prompt.ts";
import { atOnce, type Steps } from "../../../engine/turns.ts";
import { createChatTemplate, readChatTemplate } from "../../../engine/mod.ts";
import { streamSeed } from "../../../serve/openai/seed.ts";
import { readStopIds } from "../../../model/checkpoint/mod.ts";
import { formatTokenizer, parseTokenizer } from "../../../tokenizer/tokenizer_json.ts";
import { characterCodec } from "../../engine/golden.ts";
import { openApp } from "../golden_app.ts";

const CHAT = "/v1/chat/completions", COMPLETIONS = "/v1/completions";
const MESSAGES = [{ role: "user", content: "2%" }];

async function post(path: string, body: string | Uint8Array<ArrayBuffer>, headers = {}) {
  await using opened = await openApp();
  const response = await opened.app.request(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  const json = await response.json();
  assertEquals(opened.failures, []);
  return { status: response.status, json, param: json.error?.param };
}

Deno.test("fields that change no answer are taken, and their like that would are refused", async () => {
  const taken: Record<string, unknown>[] = [
    {
      metadata: { a: "b" },
      prompt_cache_key: "k",
      safety_identifier: "s",
      user: "u",
      store: false,
    },
    { metadata: null, prompt_cache_key: null, safety_identifier: null, user: null, store: null },
    { parallel_tool_calls: true, tools: [], tool_choice: "auto", functions: null },
    { verbosity: "medium", reasoning_effort: "none", service_tier: "default" },
    { verbosity: null, reasoning_effort: null, prediction: null, audio: null, modalities: null },
    { seed: null, stop: null, logit_bias: null, response_format: null, stream_options: null },
    { model: null, n: null, max_tokens: null, top_logprobs: null, web_search_options: null },
  ];
  for (const fields of taken) {
    const body = JSON.stringify({ messages: MESSAGES, max_completion_tokens: 1, ...fields });
    assertEquals((await post(CHAT, body)).status, 200, body);
  }
  const refused: [field: string, value: unknown][] = [
    ["metadata", "a"],
    ["store", true],
    ["verbosity", "low"],
    ["reasoning_effort", "high"],
    ["prediction", { type: "content", content: "x" }],
    ["audio", { voice: "x" }],
    ["tool_choice", "required"],
    ["no_such_field", null],
  ];
  for (const [field, value] of refused) {
    const { status, param } = await post(
      CHAT,
      JSON.stringify({ messages: MESSAGES, [field]: value }),
    );
    assertEquals([status, param], [400, field]);
  }
});

Deno.test("an answer's message comes back as the client's own library writes it", async () => {
  const empty = { refusal: null, audio: null, function_call: null, tool_calls: null, parsed: null };
  const echo = (fields: object) =>
    JSON.stringify({
      messages: [{ role: "assistant", content: "Yo", ...empty, ...fields }, ...MESSAGES],
      max_tokens: 1,
    });
  assertEquals((await post(CHAT, echo({ annotations: null }))).status, 200);
  assertEquals(
    (await post(CHAT, echo({ annotations: [], tool_calls: [], name: null }))).status,
    200,
  );
  const call = await post(CHAT, echo({ tool_calls: [{ id: "1" }] }));
  assertEquals([call.status, call.param], [400, "messages.0.tool_calls.0.type"]);
});

Deno.test("a seed is any integer of 64 bits", async () => {
  const integers = ["0", "-1", "2147483648", "9223372036854775807", "-9223372036854775808"]
    .concat("18446744073709551615");
  for (const seed of integers) {
    const body = `{"prompt":"a","max_tokens":2,"seed":${seed}}`;
    const first = await post(COMPLETIONS, body);
    assertEquals(first.status, 200, seed);
    assertEquals((await post(COMPLETIONS, body)).json.choices, first.json.choices, seed);
  }
  for (const seed of ["1.5", "1e30", '"1"', "true"]) {
    const { status, param } = await post(COMPLETIONS, `{"prompt":"a","seed":${seed}}`);
    assertEquals([status, param], [400, "seed"], seed);
  }
  assertEquals(streamSeed(7), 7);
  assert(Number.isSafeInteger(streamSeed(-1)) && streamSeed(-1) !== streamSeed(-2));
});

Deno.test("half of a surrogate pair is refused wherever it stands", async () => {
  const half = "\\ud83d";
  const bodies: [path: string, body: string, param: string | null][] = [
    [COMPLETIONS, `{"prompt":"a${half}"}`, "prompt"],
    [COMPLETIONS, `{"prompt":["a","\\ude00"]}`, "prompt.1"],
    [COMPLETIONS, `{"prompt":"a","stop":["${half}"]}`, "stop.0"],
    [CHAT, `{"messages":[{"role":"user","content":"${half}a"}]}`, "messages.0.content"],
    [CHAT, `{"messages":[{"role":"user","content":"a"}],"metadata":{"${half}":"a"}}`, "metadata"],
    ["/tokenize", `{"content":"${half}"}`, "content"],
  ];
  for (const [path, body, expected] of bodies) {
    const { status, param } = await post(path, body);
    assertEquals([status, param], [400, expected], body);
  }
  assertEquals((await post("/tokenize", '{"content":"2%"}')).status, 200);
});

// RFC 9110, 8.4 and 15.5.16.
Deno.test("a packed request is unpacked, within the limit of a body", async () => {
  const body = JSON.stringify({ prompt: "2%", max_tokens: 2, temperature: 0 });
  const plain = await post(COMPLETIONS, body);
  const packed = new Uint8Array(gzipSync(body));
  const gzip = await post(COMPLETIONS, packed, { "content-encoding": "gzip" });
  assertEquals(gzip.json.choices, plain.json.choices);
  const large = new Uint8Array(gzipSync(" ".repeat(2 << 20)));
  assertEquals((await post(COMPLETIONS, large, { "content-encoding": "gzip" })).status, 413);
  assertEquals((await post(COMPLETIONS, body, { "content-encoding": "gzip" })).status, 400);
  assertEquals((await post(COMPLETIONS, body, { "content-encoding": "br" })).status, 415);
});

Deno.test("every noncharacter in a chat is text", async () => {
  const all = Array.from({ length: 32 }, (_, at) => String.fromCharCode(0xfdd0 + at)).join("");
  const encode = createPromptEncoder(
    { ...characterCodec({ endOfTextId: 61 }), encode: (text) => Array.from(text, () => 1) },
    createChatTemplate("{{ messages[0].content }}", { name: "of the test" }),
  );
  const run = <T>(work: Steps<T>) => Promise.resolve(atOnce(work));
  const messages = [{ role: "user", content: `${all}\ufdd00\ufdd1` }];
  assertEquals((await encode(messages, { run })).ids.length, 35);
});

Deno.test("an answer continues the assistant's last message where that is asked for", async () => {
  const codec = characterCodec({ endOfTextId: 61 });
  const messages = [...MESSAGES, { role: "assistant", content: "4" }];
  const ask = (fields: object) =>
    post(CHAT, JSON.stringify({ messages, max_tokens: 1, ...fields }));
  const { json } = await ask({ continue_final_message: true });
  assertEquals(json.usage.prompt_tokens, codec.encode("User:\n2%\n\nAssistant:\n4").length);
  const both = await ask({ continue_final_message: true, add_generation_prompt: true });
  assertEquals([both.status, both.param], [400, "add_generation_prompt"]);
  const last = await post(
    CHAT,
    JSON.stringify({ messages: MESSAGES, continue_final_message: true }),
  );
  assertEquals([last.status, last.param], [400, "continue_final_message"]);
});

// What Jinja2 writes with the variables that apply_chat_template of transformers sets.
Deno.test("templates find what transformers gives them", () => {
  const write = (source: string) =>
    createChatTemplate(source, { name: "of the test" }).render([{ role: "user", content: "Hi" }]);
  assertEquals(write("{% if tools is none and documents is none %}none{% endif %}"), "none");
  assertEquals(write("{% if not tools %}no{% endif %}{{ true }} {{ 1 == 2 }}"), "noTrue False");
  assertEquals(write("{{ true | tojson }}"), "true");
  const year = String(new Date().getFullYear());
  assertEquals(write("{{ strftime_now('%Y 100%%') }}"), `${year} 100%`);
  assertEquals(write("{{ strftime_now('%d %b %Y') | length }}"), "11");
  assertThrows(() => write("{{ strftime_now('%Q') }}"), Error, "does not know %Q");
});

// The texts are Jinja2's own, 3.1.
Deno.test("a template writes none and truth values as Python does", () => {
  const texts: [source: string, text: string][] = [
    ["{{ none }}|{{ tools }}", "None|None"],
    ["{{ 'a' ~ false ~ none ~ 1.0 ~ true }}", "aFalseNone1.0True"],
    ["{% set x = none %}{{ x }}", "None"],
    ["{% if true %}{{ None }}{% else %}b{% endif %}", "None"],
    ["{% for m in [none, true] %}{{ m }},{% endfor %}", "None,True,"],
    ["{% for m in [] %}{% else %}{{ none }}{% endfor %}", "None"],
    ["{% macro f(x) %}{{ x }}{% endmacro %}{{ f(none) }}{{ f(false) }}", "NoneFalse"],
    ["{{ nothing }}{{ 'a' ~ nothing }}", "a"],
    ["{% set x %}{{ none }}{% endset %}{{ x }}", "None"],
    ["{{ none or false }}{{ 'x' if false }}", "False"],
    ["{# nothing #}{{ {}.get('a') }}", "None"],
  ];
  for (const [source, text] of texts) {
    assertEquals(createChatTemplate(source, { name: "of the test" }).render([]), text, source);
  }
});

Deno.test("of several templates the default one is taken, and none is guessed", async () => {
  const folder = await Deno.makeTempDir();
  const several = async (names: readonly string[]) => {
    const chat_template = names.map((name) => ({ name, template: `of ${name}` }));
    await Deno.writeTextFile(
      `${folder}/tokenizer_config.json`,
      JSON.stringify({ chat_template }),
    );
    return (await readChatTemplate(folder))?.render([]);
  };
  assertEquals(await several(["tool_use", "default"]), "of default");
  assertEquals(await several(["rag"]), "of rag");
  const refused = await several(["tool_use", "rag"]).catch((error) => error.message);
  assert(refused.includes("(tool_use, rag) none is named default"), refused);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("every end that a folder names ends an answer", async () => {
  const folder = await Deno.makeTempDir();
  const ids = async (config: unknown, generation?: unknown) => {
    await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
    const path = `${folder}/generation_config.json`;
    if (generation !== undefined) await Deno.writeTextFile(path, JSON.stringify(generation));
    return [...await readStopIds(folder)];
  };
  assertEquals(await ids({ eos_token_id: 2 }), [2]);
  assertEquals(await ids({ eos_token_id: [2, 5] }, { eos_token_id: [5, 7] }), [2, 5, 7]);
  assertEquals(await ids({}, { eos_token_id: null }), []);
  const refused = await ids({}, { eos_token_id: "x" }).catch((error) => error.message);
  assert(refused.includes("generation_config.json: eos_token_id must be"), refused);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a post-processor's first tokens are kept, and what it cannot do is refused", async () => {
  const file = JSON.parse(await Deno.readTextFile("tests/fixtures/bpe/tokenizer.json"));
  const [{ id, content }] = file.added_tokens;
  const sequence = { Sequence: { id: "A", type_id: 0 } };
  const special = { SpecialToken: { id: content, type_id: 0 } };
  const special_tokens = { [content]: { id: content, ids: [id], tokens: [content] } };
  const template = (single: object[]) => ({ type: "TemplateProcessing", single, special_tokens });
  const read = (post_processor: unknown) =>
    parseTokenizer(JSON.stringify({ ...file, post_processor }), { source: "file" });
  const prefixes: [processor: unknown, prefix: number[]][] = [
    [null, []],
    [{ type: "ByteLevel", trim_offsets: true }, []],
    [template([sequence]), []],
    [template([special, sequence]), [id]],
    [template([special, special, sequence]), [id, id]],
    [{ type: "Sequence", processors: [{ type: "ByteLevel" }, template([special, sequence])] }, [
      id,
    ]],
  ];
  for (const [processor, prefix] of prefixes) {
    const tokenizer = read(processor);
    assertEquals(tokenizer.prefixIds, prefix);
    const again = parseTokenizer(formatTokenizer(tokenizer), { source: "again" });
    assertEquals(again.prefixIds, prefix);
    const own = [...tokenizer.encode("low lower")];
    assertEquals([...tokenizer.encode("low lower", { addPrefix: true })], [...prefix, ...own]);
    const document = [...tokenizer.encodeDocument("low lower")];
    assertEquals(document, [...prefix, ...own, tokenizer.endOfTextId]);
  }
  const refused = [
    template([sequence, special]),
    template([special, sequence, special]),
    { type: "RobertaProcessing", sep: ["</s>", 2], cls: ["<s>", 0] },
    { type: "TemplateProcessing", single: [special, sequence], special_tokens: {} },
    "Template",
  ];
  for (const processor of refused) {
    assertThrows(() => read(processor), SyntaxError, "post_processor is not supported");
  }
});
