import { assert, assertEquals } from "@std/assert";
import { createApp } from "../../../serve/app.ts";
import { Scheduler } from "../../../engine/scheduler.ts";
import { DeadlineError } from "../../../engine/admission.ts";
import { ApiError } from "../../../serve/api_error.ts";
import { refusalOf } from "../../../serve/openai/refusals.ts";
import { characterCodec } from "../../engine/golden.ts";
import { openApp, post } from "../golden_app.ts";

const REQUEST = { prompt: "2%", max_tokens: 4, temperature: 0 };

Deno.test("logprobs: tokens make the text, and the greedy one is the likeliest", async () => {
  await using opened = await openApp();
  const answer = await (await post(opened, JSON.stringify({ ...REQUEST, logprobs: 2 }))).json();
  const [{ text, logprobs }] = answer.choices;
  assertEquals(logprobs.tokens.join(""), text);
  assertEquals(logprobs.text_offset, [0, 1, 2, 3]);
  for (const [i, top] of logprobs.top_logprobs.entries()) {
    assertEquals(Object.keys(top).length, 2);
    assertEquals(top[logprobs.tokens[i]], logprobs.token_logprobs[i]);
    assertEquals(logprobs.token_logprobs[i], Math.max(...Object.values<number>(top)));
    assert(logprobs.token_logprobs[i] < 0);
  }
});

Deno.test("a bias of 100 decides every token", async () => {
  await using opened = await openApp();
  const request = { ...REQUEST, logit_bias: { "7": 100 }, logprobs: 0 };
  const answer = await (await post(opened, JSON.stringify(request))).json();
  assertEquals(new Set(answer.choices[0].logprobs.tokens).size, 1);
});

Deno.test("a draining server and a passed deadline are API errors", async () => {
  await using opened = await openApp();
  const scheduler = new Scheduler(opened.engine);
  void scheduler.drain();
  const failures: unknown[] = [];
  const app = createApp({
    scheduler,
    codec: characterCodec({ endOfTextId: 61 }),
    modelName: "golden",
    onFailure: (error) => failures.push(error),
  });
  const response = await post({ ...opened, app }, JSON.stringify(REQUEST));
  assertEquals([response.status, response.headers.get("retry-after")], [503, "1"]);
  assertEquals((await response.json()).error.code, "server_draining");
  assertEquals(failures, []);
  const late = refusalOf(new DeadlineError("late"), {
    retryAfterSeconds: 1,
    promptField: "prompt",
    shapeField: "response_format",
  });
  assert(late instanceof ApiError);
  assertEquals([late.status, late.code], [504, "deadline_exceeded"]);
});
