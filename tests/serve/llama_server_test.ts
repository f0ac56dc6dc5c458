/**
 * What the tests of llama.cpp's server assert of the protocol, where no other test here does; which
 * of them each stands for is in docs/llama-server-tests.md.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import OpenAI from "openai";
import { openWasmEngine, Scheduler } from "../../engine/mod.ts";
import { presetConfig } from "../../model/config.ts";
import { createLayout } from "../../model/layout.ts";
import { randomStream } from "../../model/random.ts";
import { createApp } from "../../serve/app.ts";
import { openClient } from "./openai/client.ts";
import { tokenizer } from "./scripted_server.ts";

const PROMPT = "What is the best book";
const model = "random";

/** A tiny model of random weights, of which two answers are generated at once. */
async function openRandom() {
  const config = presetConfig("tiny", tokenizer);
  const random = randomStream(1, { name: "llama-server" });
  const parameters = Float32Array.from(
    { length: createLayout(config).length },
    (_, i) => random.normal(i) / 4,
  );
  const engine = await openWasmEngine({ config, parameters, workers: 1, cacheBytes: 1 << 20 });
  const scheduler = new Scheduler(engine, { maxRunning: 2 });
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => failures.push(error);
  const app = createApp({ scheduler, codec: tokenizer, modelName: model, onFailure });
  const client = await openClient(app);
  return {
    openai: client.openai,
    async post(path: string, body: unknown) {
      const response = await app.request(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return { status: response.status, json: await response.json() };
    },
    async [Symbol.asyncDispose]() {
      assertEquals(failures, []);
      await client[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}

Deno.test("what llama.cpp's tests assert of the protocol", async (t) => {
  await using server = await openRandom();
  const { openai, post } = server;
  const complete = async (fields: object = {}) => {
    const asked = { model, prompt: PROMPT, max_tokens: 8, temperature: 0, ...fields };
    const { choices, usage } = await openai.completions.create({ ...asked, stream: false });
    return { text: choices[0]?.text ?? "", reason: choices[0]?.finish_reason, usage };
  };
  const ids = tokenizer.encode(PROMPT);

  await t.step("a text is the same streamed, again, among others and from the cache", async () => {
    const whole = await complete();
    assertEquals(whole.reason, "length");
    assertEquals([whole.usage?.prompt_tokens, whole.usage?.completion_tokens], [ids.length, 8]);
    let streamed = "";
    const stream = await openai.completions.create({
      ...{ model, prompt: PROMPT, max_tokens: 8, temperature: 0, stream: true },
    });
    for await (const { choices, system_fingerprint } of stream) {
      assert(system_fingerprint);
      streamed += choices[0]?.text ?? "";
    }
    assertEquals(streamed, whole.text);
    const drawn = { temperature: 1, seed: 42, prompt: PROMPT.repeat(9) };
    const alone = await complete(drawn);
    // More requests than are generated at once, and other seeds among them.
    const seeds = [42, 0, 42, 1, 42, 2];
    const many = await Promise.all(seeds.map((seed) => complete({ ...drawn, seed })));
    assertEquals(
      many.filter((_, i) => i % 2 === 0).map(({ text }) => text),
      Array(3).fill(alone.text),
    );
    assertEquals(new Set(many.map(({ text }) => text)).size, 4);
    assert((many[0]?.usage?.prompt_tokens_details?.cached_tokens ?? 0) > 0);
  });

  await t.step("prompts of ids are the text's, several at once, and none is cut", async () => {
    const { text } = await complete();
    assertEquals((await complete({ prompt: [...ids] })).text, text);
    const { choices } = await openai.completions.create({
      ...{ model, prompt: [[...ids], [...ids]], max_tokens: 8, temperature: 0 },
    });
    assertEquals(choices.map((choice) => choice.text), [text, text]);
    // OpenAI's API has no mixed prompts, so they are refused.
    for (const prompt of [[[...ids], PROMPT], [1, 2, PROMPT, 3]]) {
      const { status, json } = await post("/v1/completions", { prompt });
      assertEquals([status, json.error.param], [400, "prompt"]);
    }
    for (const stream of [false, true]) {
      const { status, json } = await post("/v1/completions", { prompt: PROMPT.repeat(99), stream });
      assertEquals([status, json.error.code], [400, "context_length_exceeded"]);
      const messages = Array(100).fill({ role: "user", content: PROMPT });
      const chat = await post("/v1/chat/completions", { messages, stream });
      assertEquals([chat.status, chat.json.error.code], [400, "context_length_exceeded"]);
    }
    assertEquals((await complete({ max_tokens: 10_000 })).reason, "length");
  });

  await t.step(
    "tokens that a bias rules out do not come, and those that come are scored",
    async () => {
      const messages = [{ role: "user", content: PROMPT }] as const;
      const asked = {
        model,
        messages: [...messages],
        max_tokens: 5,
        temperature: 0,
        logprobs: true,
      };
      const chat = { ...asked, top_logprobs: 10 };
      const { choices } = await openai.chat.completions.create(chat);
      const scored = choices[0]?.logprobs?.content ?? [];
      assertEquals(scored.length, 5);
      const decoder = new TextDecoder();
      const bytes = scored.flatMap((token) => token.bytes ?? []);
      assertEquals(decoder.decode(Uint8Array.from(bytes)), choices[0]?.message.content);
      for (const { logprob, top_logprobs } of scored) {
        assertEquals([logprob <= 0, top_logprobs.length], [true, 10]);
      }
      let streamed: number[] = [];
      const stream = await openai.chat.completions.create({ ...chat, stream: true });
      for await (const { choices: [choice] } of stream) {
        streamed = streamed.concat(
          choice?.logprobs?.content?.flatMap((token) => token.bytes ?? []) ?? [],
        );
      }
      assertEquals(streamed, bytes);
      const tokens = async (logit_bias: Record<string, number>) => {
        const fields = { model, prompt: PROMPT, max_tokens: 12, temperature: 0, logprobs: 0 };
        const { choices } = await openai.completions.create({ ...fields, logit_bias });
        return choices[0]?.logprobs?.tokens ?? [];
      };
      const ruled = new Set(await tokens({}));
      const ruledIds = [...ruled].flatMap((token) => [...tokenizer.encode(token)]);
      const others = await tokens(Object.fromEntries(ruledIds.map((id) => [id, -100])));
      assertEquals([others.length, others.filter((token) => ruled.has(token))], [12, []]);
      const { choices: several } = await openai.chat.completions.create({ ...asked, n: 2 });
      assertEquals(several.map(({ index, message }) => [index, message.role]), [
        [0, "assistant"],
        [1, "assistant"],
      ]);
    },
  );

  await t.step("formats are held to or refused, and so are messages", async () => {
    const ask = async (fields: object) => {
      const messages = [{ role: "user", content: "Write an example" }];
      return await post("/v1/chat/completions", { messages, max_tokens: 20, ...fields });
    };
    const text = async (response_format: object) =>
      (await ask({ response_format })).json.choices[0].message.content;
    assertEquals(await text({ type: "json_object", schema: { const: "42" } }), '"42"');
    const json_schema = { name: "x", schema: { const: "fooo" } };
    assertEquals(await text({ type: "json_schema", json_schema }), '"fooo"');
    assertEquals((await text({ type: "json_object" }))[0], "{");
    const schemas = [123, { type: 123 }, { type: "hiccup" }];
    const bad = [{ type: "sound" }, { type: "text", schema: {} }, { type: "json_schema" }]
      .concat(schemas.map((schema) => ({ type: "json_object", schema })) as []);
    for (const response_format of bad) {
      const { status, json } = await ask({ response_format });
      assertEquals([status, json.error.param.split(".")[0]], [400, "response_format"]);
    }
    const call = { id: "call_123", type: "function", function: { name: "test", arguments: "{" } };
    const half = [{ role: "assistant", content: null, tool_calls: [call] }];
    const wrong = [null, "string", [123], [{}], [{ role: 123 }], [{ content: "hello" }], half];
    for (const messages of wrong) {
      const { status, json } = await ask({ messages });
      assertEquals([status, json.error.param.split(".")[0]], [400, "messages"]);
    }
    const responses = async (format: object) =>
      await post("/v1/responses", { input: "x", max_output_tokens: 20, text: { format } });
    const held = await responses({ type: "json_schema", ...json_schema });
    assertEquals(held.json.output[0].content[0].text, '"fooo"');
    assertEquals((await responses({ type: "json_schema", name: "test" })).status, 400);
  });

  await t.step("embeddings are of length 1, the same in every place and form", async () => {
    const texts = ["I believe", "Write a joke", "I believe"];
    const { data, usage } = await openai.embeddings.create({ model, input: texts });
    for (const { embedding } of data) {
      assert(Math.abs(embedding.reduce((sum, x) => sum + x * x, 0) - 1) < 1e-5);
    }
    assertEquals(data[0]?.embedding, data[2]?.embedding);
    assertEquals(usage.prompt_tokens, texts.flatMap((text) => [...tokenizer.encode(text)]).length);
    const input = [...tokenizer.encode("Write a joke")];
    const floats = await openai.embeddings.create({ model, input, encoding_format: "float" });
    assertEquals(
      Float32Array.from(data[1]?.embedding ?? []),
      Float32Array.from(floats.data[0]?.embedding ?? []),
    );
    for (const input of [[], "", [12, "string"], { content: "string" }, PROMPT.repeat(99)]) {
      const { status, json } = await post("/v1/embeddings", { input });
      assertEquals([status, json.error.param.split(".")[0]], [400, "input"]);
    }
    assertEquals((await post("/v1/embeddings", { input: "a", pooling: "none" })).status, 400);
  });

  await t.step(
    "models say their context, and Anthropic's protocol takes what llama.cpp's users send",
    async () => {
      const { data: [only] } = await openai.models.list();
      assertEquals(Object(only).max_model_len, 256);
      await assertRejects(() => openai.models.retrieve("davinci-002"), OpenAI.NotFoundError);
      const messages = [{ role: "user", content: [{ type: "text", text: "What is" }] }];
      const fields = {
        max_tokens: 8,
        top_k: 40,
        metadata: { user_id: "u" },
        stop_sequences: ["END"],
      };
      const { json } = await post("/v1/messages", { model, messages, ...fields });
      assertEquals([json.type, json.role, json.content[0].type], ["message", "assistant", "text"]);
      assertEquals(Object.keys(json.usage).includes("cache_read_input_tokens"), true);
      const counted = await post("/v1/messages/count_tokens", { model, messages });
      assertEquals(counted.json, { input_tokens: json.usage.input_tokens });
      const content = "This is a test with unicode 媽 and emoji 🤗";
      const { tokens } = (await post("/tokenize", { content })).json;
      assertEquals((await post("/detokenize", { tokens })).json.content, content);
    },
  );
});
