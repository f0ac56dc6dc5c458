import { assert, assertEquals, assertRejects } from "@std/assert";
import OpenAI from "openai";
import { type GoldenServer, openServer } from "../../golden_app.ts";

const MESSAGES = [{ role: "user" as const, content: "2%" }];
const OPTIONS = { model: "golden", messages: MESSAGES, temperature: 0, max_tokens: 8 };

function client({ url }: GoldenServer): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
}

Deno.test("OpenAI's client chats, whole and streaming, with the same text", async () => {
  await using server = await openServer();
  const openai = client(server);
  const whole = await openai.chat.completions.create(OPTIONS);
  const [choice] = whole.choices;
  assertEquals(choice?.message.role, "assistant");
  assertEquals(choice?.message.content?.length, 8);
  assertEquals([choice?.finish_reason, choice?.logprobs], ["length", null]);
  const prompt = "User:\n2%\n\nAssistant:\n";
  assertEquals(whole.usage, {
    prompt_tokens: prompt.length,
    completion_tokens: 8,
    total_tokens: prompt.length + 8,
    prompt_tokens_details: { cached_tokens: 0 },
  });
  // The default template is that text and nothing else.
  const { messages: _, ...rest } = OPTIONS;
  const completed = await openai.completions.create({ ...rest, prompt });
  assertEquals(choice?.message.content, completed.choices[0]?.text);

  const chunks = await Array.fromAsync(
    await openai.chat.completions.create({
      ...OPTIONS,
      stream: true,
      stream_options: { include_usage: true },
    }),
  );
  const [first, ...others] = chunks;
  assertEquals(first?.choices[0]?.delta, { role: "assistant", content: "", refusal: null });
  const last = others.pop();
  assertEquals([last?.choices, last?.usage], [[], whole.usage]);
  const end = others.pop();
  assertEquals([end?.choices[0]?.delta, end?.choices[0]?.finish_reason], [{}, "length"]);
  const text = others.map(({ choices }) => choices[0]?.delta.content).join("");
  assertEquals(text, choice?.message.content);
  assertEquals(others.length, 8);
  for (const { id, object, usage } of [...others]) {
    assertEquals([id, object, usage], [first?.id, "chat.completion.chunk", null]);
  }
});

Deno.test("OpenAI's client gets logprobs of a chat", async () => {
  await using server = await openServer();
  const { choices } = await client(server).chat.completions.create({
    ...OPTIONS,
    logprobs: true,
    top_logprobs: 3,
  });
  const content = choices[0]?.logprobs?.content ?? [];
  assertEquals(content.map(({ token }) => token).join(""), choices[0]?.message.content);
  for (const { token, logprob, bytes, top_logprobs } of content) {
    assertEquals(bytes, [token.charCodeAt(0)]);
    assertEquals(top_logprobs.length, 3);
    assertEquals(top_logprobs[0], { token, logprob, bytes }); // greedy
    assert(logprob < 0);
  }
});

Deno.test("content may come in text parts, and other parts are refused", async () => {
  await using server = await openServer();
  const openai = client(server);
  const ask = (content: OpenAI.ChatCompletionContentPart[]) =>
    openai.chat.completions.create({ ...OPTIONS, messages: [{ role: "user", content }] });
  const parts = await ask([{ type: "text", text: "2" }, { type: "text", text: "%" }]);
  const whole = await openai.chat.completions.create(OPTIONS);
  assertEquals(parts.choices[0]?.message, whole.choices[0]?.message);
  const image = { type: "image_url" as const, image_url: { url: "data:," } };
  const refused = await assertRejects(() => ask([image]), OpenAI.BadRequestError);
  assertEquals(refused.param, "messages.0.content.0.type");
});
