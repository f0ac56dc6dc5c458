import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { generate, type GenerateOptions, type Piece } from "../../engine/generate.ts";
import { openOnnxEngine } from "../../engine/onnx/engine.ts";
import { argmax } from "../../engine/sampling/distribution.ts";
import { Scheduler } from "../../engine/scheduler.ts";
import type { TextCodec } from "../../engine/text_codec.ts";
import { countEngine } from "./counted_engine.ts";
import { characterCodec, goldenModel } from "./golden.ts";

/** Never made by the golden model. */
const NEVER = 61;

async function openCounted() {
  return countEngine(await openOnnxEngine(await goldenModel()));
}

async function collect(options: GenerateOptions): Promise<{ text: string; last: Piece }> {
  const pieces: Piece[] = [];
  for await (const piece of generate(options)) pieces.push(piece);
  const last = pieces.at(-1);
  assert(last);
  // Only the last piece may say why it ended, or have no text.
  assertEquals(pieces.findIndex(({ finishReason }) => finishReason), pieces.length - 1);
  assertEquals(pieces.slice(0, -1).findIndex(({ text }) => text === ""), -1);
  return { text: pieces.map(({ text }) => text).join(""), last };
}

/** Options that always take the likeliest token. */
function greedy(scheduler: Scheduler, options: Partial<GenerateOptions> = {}): GenerateOptions {
  const codec = characterCodec({ endOfTextId: NEVER });
  return {
    scheduler,
    codec,
    promptIds: [17, 4],
    maxTokens: 12,
    temperature: 0,
    seed: 0,
    ...options,
  };
}

Deno.test("greedy text is the likeliest token after each other", async () => {
  await using engine = await openCounted();
  using sequence = engine.createSequence([17, 4]);
  let expected = "";
  for (let i = 0; i < 12; i++) {
    const [logits] = await engine.step([sequence]);
    assert(logits);
    sequence.append(argmax(logits));
    expected += String.fromCharCode(33 + argmax(logits));
  }
  const { text, last } = await collect(greedy(new Scheduler(engine)));
  assertEquals(text, expected);
  assertEquals([last.tokens, last.finishReason], [12, "length"]);
});

Deno.test("ids past the tokenizer's are never chosen", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine);
  // A model's vocabulary may be rounded up: here its last 40 rows stand for no text.
  const codec = { ...characterCodec({ endOfTextId: NEVER }), vocabSize: 21 };
  for (const temperature of [0, 2]) {
    const { text, last } = await collect(greedy(scheduler, { codec, temperature, topLogprobs: 5 }));
    assertEquals(last.tokens, 12);
    assert([...text].every((character) => character.charCodeAt(0) - 33 < 21), text);
  }
});

Deno.test("the same seed gives the same text, alone and among others", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine);
  const sampled = (seed: number) =>
    collect(greedy(scheduler, { temperature: 1, topK: 40, topP: 0.95, seed, maxTokens: 30 }))
      .then(({ text }) => text);
  const alone = await sampled(3);
  const [among, other] = await Promise.all([sampled(3), sampled(4), sampled(5), sampled(6)]);
  assertEquals(among, alone);
  assert(other !== alone);
});

Deno.test("a stop string ends the text before it, across tokens", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine);
  const { text } = await collect(greedy(scheduler));
  const stop = text.slice(5, 8);
  assertEquals(text.indexOf(stop), 5);
  const { text: stopped, last } = await collect(greedy(scheduler, { stop: ["never", stop] }));
  assertEquals(stopped, text.slice(0, 5));
  assertEquals([last.tokens, last.finishReason], [8, "stop"]);
  const { text: whole } = await collect(greedy(scheduler, { stop: [`${text.slice(-3)}more`] }));
  assertEquals(whole, text);
});

Deno.test("the end-of-text token ends the text and is not part of it", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine);
  const { text } = await collect(greedy(scheduler));
  const end = text.charCodeAt(4) - 33;
  assertEquals(text.indexOf(text.charAt(4)), 4);
  const codec = characterCodec({ endOfTextId: end });
  const { text: ended, last } = await collect(greedy(scheduler, { codec }));
  assertEquals(ended, text.slice(0, 4));
  assertEquals([last.tokens, last.finishReason], [5, "stop"]);
});

Deno.test("text ends where the context does", async () => {
  await using engine = await openCounted();
  const promptIds = new Array(60).fill(9);
  const { last } = await collect(greedy(new Scheduler(engine), { promptIds, maxTokens: 1000 }));
  assertEquals([last.tokens, last.finishReason], [4, "length"]);
});

Deno.test("an empty prompt stands for the beginning of a text", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine);
  const codec = characterCodec({ endOfTextId: 2 });
  const empty = await collect(greedy(scheduler, { codec, promptIds: [] }));
  assertEquals(empty, await collect(greedy(scheduler, { codec, promptIds: [2] })));
});

Deno.test("bytes of a character that is cut off are given out at the end", async () => {
  await using engine = await openCounted();
  // Every token is one byte of a three-byte character.
  const codec: TextCodec = {
    ...characterCodec({ endOfTextId: NEVER }),
    decodeStream() {
      const decoder = new TextDecoder();
      let count = 0;
      return {
        push: () =>
          decoder.decode(Uint8Array.of([0xe2, 0x82, 0xac][count++ % 3] ?? 0), { stream: true }),
        flush: () => decoder.decode(),
      };
    },
  };
  const { text, last } = await collect(greedy(new Scheduler(engine), { codec, maxTokens: 7 }));
  assertEquals(text, "€€\ufffd");
  assertEquals([last.tokens, last.finishReason], [7, "length"]);
});

Deno.test("nothing is computed before it is asked for, and leaving frees the place", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine);
  const pieces = generate(greedy(scheduler));
  assertEquals(engine.steps.length, 0);
  await pieces.next();
  await pieces.next();
  assertEquals([engine.steps.length, scheduler.running], [2, 1]);
  await pieces.return();
  assertEquals([engine.steps.length, scheduler.running], [2, 0]);
});

Deno.test("an abort ends generation within one token", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine);
  const leaving = new AbortController();
  const pieces = generate(greedy(scheduler, { maxTokens: 60, signal: leaving.signal }));
  for (let i = 0; i < 3; i++) await pieces.next();
  const next = pieces.next();
  leaving.abort(new Error("left"));
  const steps = engine.steps.length;
  await assertRejects(() => next, Error, "left");
  await engine.disposed(0);
  assertLess(engine.steps.length - steps, 2);
  assertEquals(scheduler.running, 0);
});
