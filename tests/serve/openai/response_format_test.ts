import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { createApp } from "../../../serve/app.ts";
import { openClient } from "./client.ts";
import { Scheduler } from "../../../engine/scheduler.ts";
import { readTokenizer } from "../../../tokenizer/mod.ts";
import { openApp, post } from "../golden_app.ts";
import { uniformEngine } from "../../engine/uniform_engine.ts";

const { tokenizer } = await readTokenizer(
  new URL("../../fixtures/bpe/tokenizer.json", import.meta.url).pathname,
);

/** Serves a model that finds every token equally likely. */
async function openUniform() {
  const engine = uniformEngine(tokenizer.vocabSize);
  const failures: unknown[] = [];
  const app = createApp({
    scheduler: new Scheduler(engine),
    codec: tokenizer,
    modelName: "uniform",
    onFailure: (error) => failures.push(error),
  });
  const client = await openClient(app);
  return {
    openai: client.openai,
    failures,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
    },
  };
}

const messages = [{ role: "user" as const, content: "Who?" }];

Deno.test("OpenAI's client parses what was asked for by a zod schema", async () => {
  await using opened = await openUniform();
  const Person = z.object({
    name: z.string().max(8),
    age: z.int().nullable(),
    pets: z.array(z.object({ kind: z.enum(["cat", "dog"]) })).max(2),
  });
  const { choices } = await opened.openai.chat.completions.create({
    model: "uniform",
    messages,
    n: 4,
    seed: 5,
    response_format: zodResponseFormat(Person, "person"),
  });
  const names = choices.map(({ message, finish_reason }) => {
    assertEquals(finish_reason, "stop");
    return Person.parse(JSON.parse(message.content ?? "")).name;
  });
  assertEquals(new Set(names).size, 4);
  assertEquals(opened.failures, []);
});

Deno.test("a stream and a completion keep to the schema too", async () => {
  await using opened = await openUniform();
  const schema = {
    type: "array",
    items: { type: "string", maxLength: 3 },
    minItems: 2,
    maxItems: 3,
  };
  const validate = new Ajv2020().compile(schema);
  const response_format = {
    type: "json_schema" as const,
    json_schema: { name: "words", schema },
  };
  let text = "";
  for await (
    const { choices } of await opened.openai.chat.completions.create({
      model: "uniform",
      messages,
      response_format,
      stream: true,
      seed: 2,
    })
  ) text += choices[0]?.delta.content ?? "";
  assert(validate(JSON.parse(text)), text);
  // Completions take the field as well, which the client's types do not know.
  const request = { model: "uniform", prompt: "", max_tokens: 500, seed: 2, response_format };
  const completed = await opened.openai.completions.create(request);
  assertEquals(completed.choices[0]?.finish_reason, "stop");
  assert(validate(JSON.parse(completed.choices[0]?.text ?? "")));
});

Deno.test("json_object gives an object, or what is left of one at max_tokens", async () => {
  await using opened = await openUniform();
  const { choices } = await opened.openai.chat.completions.create({
    model: "uniform",
    messages,
    n: 8,
    seed: 1,
    max_tokens: 400,
    response_format: { type: "json_object" },
  });
  for (const { message: { content }, finish_reason } of choices) {
    assert(content !== null && content.startsWith("{"));
    if (finish_reason === "stop") assertEquals(typeof JSON.parse(content), "object");
  }
  assert(choices.some(({ finish_reason }) => finish_reason === "stop"));
});

Deno.test("formats that cannot be kept to are refused, naming what is at fault", async () => {
  await using opened = await openUniform();
  const ask = (response_format: OpenAI.ChatCompletionCreateParams["response_format"]) =>
    assertRejects(
      () =>
        opened.openai.chat.completions.create({
          model: "uniform",
          messages,
          ...(response_format && { response_format }),
        }),
      OpenAI.BadRequestError,
    );
  const named = (schema: Record<string, unknown>) =>
    ask({ type: "json_schema", json_schema: { name: "x", schema } });
  const unsupported = await named({ type: "array", uniqueItems: true });
  assertStringIncludes(unsupported.message, "#: uniqueItems is not supported");
  assertEquals(unsupported.param, "response_format");
  const nameless = await ask({ type: "json_schema", json_schema: { name: "no spaces" } });
  assertEquals(nameless.param, "response_format.json_schema.name");
  assertEquals(opened.failures, []);
});

Deno.test("a vocabulary that cannot spell JSON is no use for it", async () => {
  await using opened = await openApp();
  const request = { prompt: "2%", response_format: { type: "json_object" } };
  const response = await post(opened, JSON.stringify(request));
  assertEquals(response.status, 400);
  assertStringIncludes((await response.json()).error.message, "does not have every byte");
});
