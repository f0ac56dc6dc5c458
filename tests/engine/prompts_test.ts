/** Several prompts in one request, and prompts that are scored, through the openai client. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import OpenAI from "openai";
import { readGolden } from "./golden.ts";
import { openApp, openServer, post } from "../serve/golden_app.ts";

const PARAMETERS = { model: "golden", max_tokens: 5, temperature: 1.2, seed: 4 };

async function open({ endOfTextId = 61 } = {}) {
  const server = await openServer({ endOfTextId });
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
  return { openai, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

for (
  const prompts of [["2%", "a nation", "Peace."], [[17, 4], [9], [60, 1, 2]]] as const
) {
  const name = typeof prompts[0] === "string" ? "texts" : "arrays of token ids";
  Deno.test(`${name} are answered in one request as they are alone, n to each in order`, async () => {
    await using server = await open();
    const ask = server.openai.completions;
    const alone: string[] = [];
    let tokens = 0;
    for (const each of prompts) {
      const prompt = typeof each === "string" ? each : [...each];
      const { choices, usage } = await ask.create({ ...PARAMETERS, prompt, n: 2, echo: true });
      alone.push(...choices.map(({ text }) => text));
      tokens += usage?.total_tokens ?? 0;
    }
    assertEquals(new Set(alone).size, 6);
    const prompt = prompts.map((each) => typeof each === "string" ? each : [...each]);
    const request = { ...PARAMETERS, prompt: prompt as string[], n: 2, echo: true };
    const together = await ask.create(request);
    assertEquals(together.choices.map(({ text }) => text), alone);
    assertEquals(together.choices.map(({ index }) => index), [0, 1, 2, 3, 4, 5]);
    assertEquals(together.usage?.total_tokens, tokens);
    const streamed = new Array<string>(6).fill("");
    for await (const { choices } of await ask.create({ ...request, stream: true })) {
      for (const { index, text } of choices) streamed[index] += text;
    }
    assertEquals(streamed, alone);
  });
}

Deno.test("of several prompts each has the best of its own answers", async () => {
  await using server = await open();
  const request = { ...PARAMETERS, best_of: 4, n: 2 };
  const ask = async (prompt: string | string[]) =>
    (await server.openai.completions.create({ ...request, prompt })).choices.map(({ text }) =>
      text
    );
  assertEquals(await ask(["2%", "K"]), [...await ask("2%"), ...await ask("K")]);
});

/** The natural logarithm of the probability of `id` by PyTorch's logits. */
function logprobOf(id: number, logits: Float32Array): number {
  const sum = Array.from(logits, (logit) => Math.exp(logit)).reduce((a, b) => a + b);
  return (logits[id] ?? NaN) - Math.log(sum);
}

Deno.test("an echoed prompt has the log-probabilities that PyTorch gives it", async () => {
  await using server = await open();
  const golden = await readGolden("gqa_untied");
  const prompt = golden.inputIds.map((row) => [...row]);
  for (const max_tokens of [0, 1, 3]) {
    const request = {
      model: "golden",
      prompt,
      max_tokens,
      temperature: 0,
      echo: true,
      logprobs: 1,
    };
    const answer = await server.openai.completions.create(request);
    assertEquals(answer.choices.length, prompt.length);
    assertEquals(answer.usage?.completion_tokens, prompt.length * max_tokens);
    for (const { index, text, logprobs, finish_reason } of answer.choices) {
      const row = prompt[index] ?? [];
      const scores = logprobs?.token_logprobs ?? [];
      assertEquals([scores.length, finish_reason], [row.length + max_tokens, "length"]);
      assertEquals([scores[0], logprobs?.top_logprobs?.[0]], [null, null]);
      assertEquals(logprobs?.tokens?.join(""), text);
      assertEquals(logprobs?.text_offset, Array.from(text, (_, i) => i));
      for (const [col, id] of row.slice(1).entries()) {
        const logits = golden.logits(index, col);
        assertAlmostEquals(scores[col + 1] ?? NaN, logprobOf(id, logits), 1e-4);
        const top = Math.max(...Object.values(logprobs?.top_logprobs?.[col + 1] ?? {}));
        assertAlmostEquals(top, logprobOf(logits.indexOf(Math.max(...logits)), logits), 1e-4);
      }
    }
  }
});

Deno.test("a scored prompt is followed by what follows it unscored, streamed or not", async () => {
  await using server = await open({ endOfTextId: 2 });
  const ask = server.openai.completions;
  const request = { ...PARAMETERS, prompt: ["2%", "K", ""], n: 2, echo: true };
  const plain = await ask.create(request);
  const scored = await ask.create({ ...request, logprobs: 2 });
  const texts = plain.choices.map(({ text }) => text);
  assertEquals(scored.choices.map(({ text }) => text), texts);
  const streamed = texts.map(() => ({ text: "", logprobs: new Array<number | null>() }));
  for await (const { choices } of await ask.create({ ...request, logprobs: 2, stream: true })) {
    for (const { index, text, logprobs } of choices) {
      const choice = streamed[index];
      assert(choice && logprobs);
      choice.text += text;
      choice.logprobs.push(...logprobs.token_logprobs ?? []);
    }
  }
  assertEquals(streamed.map(({ text }) => text), texts);
  assertEquals(
    streamed.map(({ logprobs }) => logprobs),
    scored.choices.map(({ logprobs }) => logprobs?.token_logprobs ?? []),
  );
});

Deno.test("a prompt that is scored is held to the limit of prompts", async () => {
  await using opened = await openApp({ limits: { maxPromptTokens: 3 } });
  for (const logprobs of [null, 1]) {
    const request = { prompt: "four", echo: true, logprobs, max_tokens: 1 };
    const response = await post(opened, JSON.stringify(request));
    assertEquals([response.status, (await response.json()).error.code], [
      400,
      "context_length_exceeded",
    ]);
  }
  assertEquals([opened.scheduler.running, opened.failures.length], [0, 0]);
});
