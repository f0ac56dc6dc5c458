import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { createPromptEncoder } from "../../../engine/chat/prompt.ts";
import { TemplateThread } from "../../../engine/chat/template_thread.ts";
import { atOnce, type Steps } from "../../../engine/turns.ts";
import { readChatTemplate, readTemplateSource } from "../../../engine/chat/template_file.ts";
import {
  type ChatTemplate,
  ChatTemplateError,
  createChatTemplate,
  DEFAULT_TEMPLATE,
} from "../../../engine/chat/template.ts";
import { createApp } from "../../../serve/app.ts";
import { Scheduler } from "../../../engine/scheduler.ts";
import { trainTokenizer } from "../../../tokenizer/mod.ts";
import { characterCodec } from "../golden.ts";
import { openApp } from "../../serve/golden_app.ts";

const MESSAGES = [
  { role: "system", content: "Be brief." },
  { role: "user", content: " Hi\n" },
];

/** ChatML, and the text that OpenAI's description of it gives. */
const CHATML = "{% for message in messages %}" +
  "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] | trim + '<|im_end|>' + '\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
const CHATML_TEXT = "<|im_start|>system\nBe brief.<|im_end|>\n" +
  "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";

function rendered(source: string, messages = MESSAGES): string {
  return createChatTemplate(source, { name: "of the test" }).render(messages);
}

Deno.test("a template writes a conversation down", () => {
  assertEquals(rendered(CHATML), CHATML_TEXT);
  assertEquals(
    DEFAULT_TEMPLATE.render(MESSAGES),
    "System:\nBe brief.\n\nUser:\n Hi\n\n\nAssistant:\n",
  );
});

Deno.test("what a template does is bounded, and its faults name it", async (t) => {
  const cases: [what: string, source: string, reason: string][] = [
    [
      "many steps",
      "{% for i in range(1000) %}{% for j in range(1000) %}{{ i * j }}" +
      "{% endfor %}{% endfor %}",
      "more than 400000 steps",
    ],
    ["a long range", "{% for i in range(10 ** 9) %}x{% endfor %}", "range() has more than"],
    ["an endless range", "{{ range(0, 1, 0) }}", "step of 0"],
    [
      "text that doubles",
      `{% set ns = namespace(x='xxxxxxxx') %}{% for i in range(64) %}` +
      "{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
      "more than",
    ],
    [
      "lists within lists",
      "{% set ns = namespace(l=['a']) %}{% for i in range(40) %}" +
      "{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
      "more than 4194304 characters",
    ],
    [
      "lists that are sorted",
      "{% for i in range(10000) %}{% set x = range(10000) | sort(reverse=true) %}{% endfor %}",
      "more than 400000 steps",
    ],
    ["endless recursion", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", ""],
    ["a refusal", "{{ raise_exception('Turns must alternate') }}", "Turns must alternate"],
    ["an unknown filter", "{{ messages | nonsense }}", "nonsense"],
  ];
  for (const [what, source, reason] of cases) {
    await t.step(what, () => {
      const error = assertThrows(() => rendered(source), ChatTemplateError);
      assertStringIncludes(error.message, "with the chat template of the test: ");
      assertStringIncludes(error.message, reason);
    });
  }
  const error = assertThrows(() => rendered("{% for %}"), ChatTemplateError);
  assertStringIncludes(error.message, "Cannot read the chat template of the test: ");
  const spaces = assertThrows(() => rendered(" ".repeat(401) + "x"), ChatTemplateError);
  assertStringIncludes(spaces.message, "more than 400 characters of white space in a row");
  assertEquals(rendered("x" + `${" ".repeat(400)}x`.repeat(100)).length, 40_101);
});

Deno.test("a long conversation fits the bound", () => {
  const turns = Array.from({ length: 1024 }, () => ({ role: "user", content: "x".repeat(1000) }));
  assertEquals(rendered(CHATML, turns).split("<|im_start|>").length, 1024 + 2);
});

/** Calls that call twice each: all the steps that there may be. */
const FORK =
  "{% macro f(x) %}{% if x < 40 %}{{ f(x + 1) }}{{ f(x + 1) }}{% endif %}{% endmacro %}{{ f(0) }}";

Deno.test({
  name: "a long conversation is written down in another thread, as it would be in this one",
  // The thread stays for those that may follow.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const template = createChatTemplate(CHATML, { name: "of the test" });
    const long = Array.from({ length: 1024 }, () => ({ role: "user", content: "x".repeat(1000) }));
    const one = [{ role: "user", content: "x".repeat(100_000) }];
    for (const messages of [MESSAGES, long, one]) {
      assertEquals(await template.write(messages), template.render(messages));
    }
    // This thread is free meanwhile.
    let isWriting = true, turns = 0;
    const writing = template.write(long).finally(() => isWriting = false);
    for (; isWriting; turns++) await setImmediate();
    assert(turns > 2, `${turns} turns`);
    await writing;
    // Several at once come in order.
    const texts = await Promise.all([long, one, MESSAGES].map((each) => template.write(each)));
    assertEquals(texts, [long, one, MESSAGES].map((each) => template.render(each)));
    const endless = createChatTemplate(FORK, { name: "endless" });
    const error = await assertRejects(() => endless.write(MESSAGES), ChatTemplateError);
    assertStringIncludes(
      error.message,
      "the chat template endless: it takes more than 400000 steps",
    );
  },
});

Deno.test({
  name: "a conversation that hangs is given up with its thread, and the next one is written down",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const messages = [{ role: "user", content: "x".repeat(1000) }];
    const open = (source: string, maxMs?: number) =>
      new TemplateThread({ source, name: "x", tokens: {} }, maxMs === undefined ? {} : { maxMs });
    await assertRejects(
      () => open(FORK, 1).render(messages, {}),
      Error,
      "it takes more than 0.001 seconds",
    );
    const next = open("{% for m in messages %}{{ m.content | length }}{% endfor %}");
    assertEquals(await next.render(messages, {}), "1000");
  },
});

Deno.test("a message cannot end its turn: special tokens in it are ordinary text", async () => {
  const trained = await trainTokenizer(["low lower lowest"], { vocabSize: 262 });
  const end = trained.idToToken(trained.endOfTextId) ?? "";
  const template = createChatTemplate(
    `{% for m in messages %}{{ m.content | trim }}${end}{% endfor %}`,
    { name: "of the test" },
  );
  const encode = createPromptEncoder(trained, template);
  const run = <T>(work: Steps<T>) => Promise.resolve(atOnce(work));
  for (const content of ["low", `low${end}lower`, `${end}${end}`, `${end.slice(1)}${end[0]}`]) {
    const { ids } = await encode([{ role: "user", content }], { run });
    assertEquals(ids.filter((id) => id === trained.endOfTextId), [trained.endOfTextId]);
    assertEquals(trained.decode(ids), content + end);
  }
});

Deno.test("a folder's template is found in each place, with its tokens", async () => {
  const folder = await Deno.makeTempDir();
  const write = (config: unknown) =>
    Deno.writeTextFile(join(folder, "tokenizer_config.json"), JSON.stringify(config));
  const render = async () => (await readChatTemplate(folder))?.render(MESSAGES);
  try {
    assertEquals(await readChatTemplate(folder), undefined);
    await write({ model_max_length: 64 });
    assertEquals(await readChatTemplate(folder), undefined);
    const tokens = { bos_token: "<s>", eos_token: { content: "</s>", lstrip: false } };
    await write({ ...tokens, chat_template: "{{ bos_token }}|{{ eos_token }}" });
    assertEquals(await render(), "<s>|</s>");
    const chat_template = [
      { name: "tool_use", template: "no" },
      { name: "default", template: "{{ messages | length }}" },
    ];
    await write({ chat_template });
    assertEquals(await render(), "2");
    await Deno.writeTextFile(join(folder, "chat_template.jinja"), "{{ messages[0].role }}");
    assertEquals(await render(), "system");
    // What is beside it is not looked at, as in transformers, once there is a file.
    const further = join(folder, "additional_chat_templates");
    await Deno.mkdir(further);
    await Deno.writeTextFile(join(further, "tool_use.jinja"), "tools");
    await Deno.writeTextFile(join(further, "notes.txt"), "no template");
    assertEquals(await render(), "system");
    const { others, file } = await readTemplateSource(folder) ?? {};
    const toolUse = "additional_chat_templates/tool_use.jinja";
    assertEquals(file, "chat_template.jinja");
    assertEquals(others, [{ name: "tool_use", template: "tools", file: toolUse }]);
    await Deno.remove(join(folder, "chat_template.jinja"));
    assertEquals(await render(), "tools");
    await Deno.writeTextFile(join(further, "rag.jinja"), "documents");
    await assertRejects(render, ChatTemplateError, "its templates (rag, tool_use)");
    await Deno.writeTextFile(join(further, "default.jinja"), "default");
    assertEquals(await render(), "default");
    await Deno.writeTextFile(join(further, "a b.jinja"), "");
    await assertRejects(render, SyntaxError, "a b.jinja: name it by letters");
    await Deno.remove(further, { recursive: true });
    await write({ chat_template: 5 });
    const error = await assertRejects(() => readChatTemplate(folder), ChatTemplateError);
    assertStringIncludes(error.message, "tokenizer_config.json: chat_template");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("messages that the template refuses are the client's fault", async () => {
  await using opened = await openApp();
  const failures: unknown[] = [];
  const ask = async (chatTemplate: ChatTemplate) => {
    const app = createApp({
      scheduler: new Scheduler(opened.engine),
      codec: characterCodec(),
      chatTemplate,
      modelName: "golden",
      onFailure: (error: unknown) => failures.push(error),
    });
    return await app.request("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ messages: MESSAGES, max_tokens: 2 }),
    });
  };
  const source = "{{ raise_exception('Turns must alternate') }}";
  const refused = await ask(createChatTemplate(source, { name: "of the test" }));
  assertEquals([refused.status, (await refused.json()).error], [400, {
    message: "Cannot write the messages down with the chat template of the test: " +
      "Turns must alternate",
    type: "invalid_request_error",
    param: "messages",
    code: "chat_template_error",
  }]);
  assertEquals((await ask(createChatTemplate("{{ 'Hi' }}", { name: "short" }))).status, 200);
  assertEquals(failures, []);
});
