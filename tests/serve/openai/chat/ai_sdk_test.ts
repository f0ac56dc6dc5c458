import { assert, assertEquals, assertRejects } from "@std/assert";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
// @ts-types="./ai_sdk.d.ts"
import { APICallError, generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import { openScripted, type ScriptedServer } from "../../scripted_server.ts";

const CALL = '<tool_call>\n{"name": "add", "arguments": {"a": 1, "b": 2}}\n</tool_call>';
const ASK = { prompt: "What is 1 + 2?", maxRetries: 0 };

function modelOf({ url }: ScriptedServer, name = "scripted") {
  return createOpenAICompatible({ name: "cllm", baseURL: `${url}/v1`, includeUsage: true })(name);
}

/** Adds, after which the model says something else. */
function toolsOf(server: ScriptedServer) {
  return {
    add: tool({
      description: "Adds",
      inputSchema: jsonSchema<{ a: number; b: number }>({
        type: "object",
        properties: { a: { type: "integer" }, b: { type: "integer" } },
        required: ["a", "b"],
      }),
      execute: ({ a, b }: { a: number; b: number }) => {
        server.engine.script = `It is ${a + b}.`;
        return a + b;
      },
    }),
  };
}

Deno.test("the AI SDK generates and streams, with the same text and tokens", async () => {
  await using server = await openScripted();
  server.engine.script = "It is 3.";
  const whole = await generateText({ ...ASK, model: modelOf(server) });
  assertEquals([whole.text, whole.finishReason], ["It is 3.", "stop"]);
  const stream = streamText({ ...ASK, model: modelOf(server) });
  let text = "";
  for await (const piece of stream.textStream) text += piece;
  assertEquals([text, await stream.finishReason], ["It is 3.", "stop"]);
  assertEquals((await stream.usage).totalTokens, whole.usage.totalTokens);
  assert((whole.usage.totalTokens ?? 0) > 10);
  assertEquals(server.failures, []);
});

for (const isStreamed of [false, true]) {
  Deno.test(`the AI SDK runs a tool and goes on with its result, streamed ${isStreamed}`, async () => {
    await using server = await openScripted();
    server.engine.script = CALL;
    const ask = {
      ...ASK,
      model: modelOf(server),
      tools: toolsOf(server),
      stopWhen: stepCountIs(3),
    };
    const [text, steps] = isStreamed
      ? await (async () => {
        const stream = streamText(ask);
        let text = "";
        for await (const piece of stream.textStream) text += piece;
        return [text, await stream.steps] as const;
      })()
      : await generateText(ask).then(({ text, steps }) => [text, steps] as const);
    assertEquals(text, "It is 3.");
    assertEquals(steps.map(({ finishReason }) => finishReason), ["tool-calls", "stop"]);
    assertEquals(steps[0]?.toolCalls.map(({ input }) => input), [{ a: 1, b: 2 }]);
    assertEquals(steps[0]?.toolResults.map(({ output }) => output), [3]);
    assertEquals(server.failures, []);
  });
}

Deno.test("the AI SDK sees errors, and leaves a stream, which then ends", async () => {
  await using server = await openScripted();
  const unknown = await assertRejects(
    () => generateText({ ...ASK, model: modelOf(server, "other") }),
    APICallError,
  );
  assertEquals(unknown.statusCode, 404);
  const wrong = await assertRejects(
    () => generateText({ ...ASK, model: modelOf(server), temperature: 9 }),
    APICallError,
    "temperature",
  );
  assertEquals(wrong.statusCode, 400);
  server.engine.script = "and so on ".repeat(4000);
  const leaving = new AbortController();
  const stream = streamText({ ...ASK, model: modelOf(server), abortSignal: leaving.signal });
  let count = 0;
  for await (const _ of stream.textStream) if (++count === 5) leaving.abort();
  await server.scheduler.drain();
  assertEquals(server.failures, []);
});
