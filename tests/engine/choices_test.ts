import { assert, assertEquals, assertRejects } from "@std/assert";
import { QueueFullError, type SchedulerLimits } from "../../engine/admission.ts";
import { type ChoicesOptions, generateChoices } from "../../engine/choices.ts";
import type { Sequence } from "../../engine/engine.ts";
import { generate } from "../../engine/generate.ts";
import { openOnnxEngine } from "../../engine/onnx/engine.ts";
import { Scheduler } from "../../engine/scheduler.ts";
import { openWasmEngine } from "../../engine/wasm/mod.ts";
import { countEngine } from "./counted_engine.ts";
import { characterCodec, goldenModel, readGolden } from "./golden.ts";
import { openApp, post } from "../serve/golden_app.ts";

/** A seed whose answers differ, on a model that never ends a text. */
const OPTIONS = {
  codec: characterCodec({ endOfTextId: 61 }),
  promptIds: [17, 4],
  prompts: [[17, 4]],
  maxTokens: 6,
  seed: 3,
};

async function open(limits: SchedulerLimits = {}) {
  const engine = countEngine(await openOnnxEngine(await goldenModel()));
  return { engine, scheduler: new Scheduler(engine, limits) };
}

async function texts(options: ChoicesOptions): Promise<string[]> {
  const texts = new Array<string>(options.prompts.length * options.count).fill("");
  for await (const { choice, text } of generateChoices(options)) texts[choice] += text;
  return texts;
}

Deno.test("each choice is what its number and the seed bring alone", async () => {
  const { engine, scheduler } = await open();
  await using _engine = engine;
  const together = await texts({ ...OPTIONS, scheduler, count: 4 });
  assertEquals(new Set(together).size, 4);
  for (const [choice, text] of together.entries()) {
    let alone = "";
    for await (const piece of generate({ ...OPTIONS, scheduler, choice })) alone += piece.text;
    assertEquals(alone, text);
  }
  assertEquals(scheduler.running, 0);
});

Deno.test("choices step together once the first has read the prompt", async () => {
  const { engine, scheduler } = await open();
  await using _engine = engine;
  await texts({ ...OPTIONS, scheduler, count: 3 });
  assertEquals(engine.steps.map((step) => step.length), [1, 2, 3, 3, 3, 3, 3]);
});

Deno.test("the first choice's pages of the prompt serve the others", async () => {
  const { config, parameters } = await readGolden("gqa_untied");
  const engine = await openWasmEngine({ config, parameters, workers: 1, cacheBytes: 1 << 20 });
  await using counted = countEngine(engine);
  const sequences: Sequence[] = [];
  const create = counted.createSequence;
  counted.createSequence = (ids, options) => {
    const sequence = create(ids, options);
    sequences.push(sequence);
    return sequence;
  };
  const promptIds = Array.from({ length: 40 }, (_, i) => i);
  await texts({ ...OPTIONS, prompts: [promptIds], scheduler: new Scheduler(counted), count: 3 });
  assertEquals(sequences.map(({ reused }) => reused), [0, 32, 32]);
});

Deno.test("choices that must wait for one another's place all come", async () => {
  const { engine, scheduler } = await open({ maxRunning: 1 });
  await using _engine = engine;
  const waiting = await texts({ ...OPTIONS, scheduler, count: 3 });
  const free = new Scheduler(engine);
  assertEquals(waiting, await texts({ ...OPTIONS, scheduler: free, count: 3 }));
});

Deno.test("choices that cannot all wait are refused before any text", async () => {
  const { engine, scheduler } = await open({ maxRunning: 1, maxWaiting: 1 });
  await using _engine = engine;
  const pieces = generateChoices({ ...OPTIONS, scheduler, count: 3 });
  await assertRejects(() => pieces.next(), QueueFullError);
  assertEquals([scheduler.running, scheduler.waiting], [0, 0]);
});

Deno.test("an abort frees every choice, and so does leaving", async () => {
  const { engine, scheduler } = await open({ maxRunning: 2 });
  await using _engine = engine;
  const leaving = new AbortController();
  const options = { ...OPTIONS, scheduler, count: 3, maxTokens: 50 };
  const pieces = generateChoices({ ...options, signal: leaving.signal });
  await pieces.next();
  assertEquals([scheduler.running, scheduler.waiting], [2, 1]);
  const steps = engine.steps.length;
  leaving.abort(new Error("gone"));
  await assertRejects(() => Array.fromAsync(pieces), Error, "gone");
  await Promise.all([0, 1].map((n) => engine.disposed(n)));
  assertEquals([scheduler.running, scheduler.waiting], [0, 0]);
  assert(engine.steps.length <= steps + 1);

  const others = generateChoices(options);
  for (let i = 0; i < 5; i++) await others.next();
  await others.return();
  assertEquals([scheduler.running, scheduler.waiting], [0, 0]);
});

Deno.test("one choice's failure ends them all", async () => {
  const { engine, scheduler } = await open();
  await using _engine = engine;
  const pieces = generateChoices({ ...OPTIONS, scheduler, count: 3, maxTokens: 50 });
  await pieces.next();
  engine.failure = new Error("broken");
  await assertRejects(() => Array.fromAsync(pieces), Error, "broken");
  assertEquals(scheduler.running, 0);
});

Deno.test("n gives choices in order, streamed under their numbers, and usage of all", async () => {
  await using opened = await openApp();
  const request = { prompt: "2%", max_tokens: 6, seed: 3, n: 3 };
  const whole = await (await post(opened, JSON.stringify(request))).json();
  assertEquals(whole.choices.map(({ index }: { index: number }) => index), [0, 1, 2]);
  assertEquals(whole.usage, {
    prompt_tokens: 2,
    completion_tokens: 18,
    total_tokens: 20,
    prompt_tokens_details: { cached_tokens: 0 },
  });
  const stream = await post(opened, JSON.stringify({ ...request, stream: true }));
  const streamed = ["", "", ""];
  for (const event of (await stream.text()).trim().split("\n\n").slice(0, -1)) {
    const { choices: [choice] } = JSON.parse(event.slice("data: ".length));
    streamed[choice.index] += choice.text;
  }
  assertEquals(whole.choices.map(({ text }: { text: string }) => text), streamed);
});

Deno.test("best_of gives the likeliest of what it made", async () => {
  await using opened = await openApp();
  const request = { prompt: "2%", max_tokens: 6, seed: 3, logprobs: 0 };
  const ask = async (change: Record<string, number>) =>
    await (await post(opened, JSON.stringify({ ...request, ...change }))).json();
  const all = await ask({ n: 5 });
  const best = await ask({ n: 2, best_of: 5 });
  type Choice = { text: string; logprobs: { token_logprobs: number[] } };
  const mean = ({ logprobs: { token_logprobs: each } }: Choice) =>
    each.reduce((sum, logprob) => sum + logprob, 0) / each.length;
  const ranked = all.choices.toSorted((a: Choice, b: Choice) => mean(b) - mean(a));
  assertEquals(
    best.choices.map(({ text }: Choice) => text),
    ranked.slice(0, 2).map(({ text }: Choice) => text),
  );
  assert(mean(ranked[0]) > mean(ranked[1]));
  assertEquals(best.usage.completion_tokens, 30);
  const unscored = await ask({ n: 1, best_of: 5 });
  assertEquals(unscored.choices[0].text, ranked[0].text);
});
