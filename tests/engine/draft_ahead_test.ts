import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  generate,
  type GenerateOptions,
  type Piece,
  type TokenConstraint,
} from "../../engine/generate.ts";
import { Scheduler } from "../../engine/scheduler.ts";
import { openWasmEngine } from "../../engine/wasm/mod.ts";
import { randomStream } from "../../model/random.ts";
import { characterCodec, readGolden } from "./golden.ts";

/** Prompts that are continued with and without guesses. */
const PROMPTS = Number(Deno.env.get("CLLM_LOOKUP") ?? 60);

const { config, parameters } = await readGolden("gqa_untied");
const codec = characterCodec();

function open(weights: "f32" | "int8" = "f32") {
  return openWasmEngine({ config, parameters, weights, workers: 2, cacheBytes: 1 << 20 });
}

/** Prompts of every length, half of which repeat themselves. */
function promptOf(n: number): number[] {
  const random = randomStream(7, { name: "prompt", epoch: n });
  const length = 1 + Math.floor(random.uniform(0) * 40);
  const period = n % 2 === 0 ? length : 1 + n % 7;
  return Array.from({ length }, (_, i) => 3 + Math.floor(random.uniform(1 + i % period) * 58));
}

/** Lets two of three tokens come, other ones each time. */
function twoOfThree(): TokenConstraint {
  let count = 0;
  return {
    allowed: () =>
      Promise.resolve(Uint8Array.from({ length: 61 }, (_, id) => Number((id + count) % 3 > 0))),
    accept: (id) => void (count += 1 + id % 2),
  };
}

const WAYS: readonly ((n: number) => Partial<GenerateOptions>)[] = [
  () => ({ temperature: 0 }),
  () => ({ temperature: 0, topLogprobs: 3, scoresPrompt: true }),
  () => ({ temperature: 0, constraint: twoOfThree() }),
  (seed) => ({ temperature: 0.3, seed }),
  (seed) => ({ temperature: 0.3, topK: 5, topP: 0.9, seed, topLogprobs: 2 }),
  (seed) => ({ temperature: 0.2, constraint: twoOfThree(), seed }),
  (seed) => ({ temperature: 0.2, repetitionPenalty: 1.1, frequencyPenalty: 0.1, seed }),
  () => ({ temperature: 0, stop: ["!!", "aa"], stopIds: new Set([9, 30]) }),
];

function countDrafts() {
  const sums = { read: 0, accepted: 0, tokens: 0 };
  return {
    sums,
    meter: {
      admitted: () => {},
      token: () => void sums.tokens++,
      drafted: ({ read, accepted }: { read: number; accepted: number }) => {
        sums.read += read;
        sums.accepted += accepted;
      },
    },
  };
}

for (const weights of ["f32", "int8"] as const) {
  Deno.test(`${weights}: guesses change no token, score or reason to stop`, async () => {
    await using engine = await open(weights);
    const plain = new Scheduler(engine);
    const guessing = new Scheduler(engine, { maxDraft: 7 });
    const { sums, meter } = countDrafts();
    const texts = async (scheduler: Scheduler, from: number) =>
      await Promise.all(Array.from({ length: 4 }, (_, i) => {
        const n = from + i;
        const promptIds = promptOf(n);
        const options = { codec, promptIds, maxTokens: 80, seed: 0, ...WAYS[n % WAYS.length]?.(n) };
        const meters = scheduler === guessing ? { meter } : {};
        return Array.fromAsync(generate({ ...options, ...meters, scheduler }), without);
      }));
    for (let n = 0; n < PROMPTS; n += 4) {
      const expected = await texts(plain, n);
      assertEquals(await texts(guessing, n), expected, `prompts from ${n}`);
    }
    assert(sums.accepted > sums.tokens / 10, JSON.stringify(sums));
    assert(sums.read > sums.accepted, "some guesses are wrong");
  });
}

/** What does not depend on the texts before. */
function without({ reused: _, ...piece }: Piece): Omit<Piece, "reused"> {
  return piece;
}

Deno.test("guesses leave limits, aborts and other clients as they are", async (t) => {
  await using engine = await open();
  await t.step("among several clients nobody's guesses take the time of others", async () => {
    const drafts: number[] = [];
    const watched = {
      ...engine,
      config: engine.config,
      maxDraft: engine.maxDraft ?? 0,
      get cache() {
        return engine.cache;
      },
      createSequence: engine.createSequence.bind(engine),
      step: (...[sequences, options]: Parameters<typeof engine.step>) => {
        if (sequences.length === 2) drafts.push(options?.drafts?.flat().length ?? 0);
        return engine.step(sequences, options);
      },
    };
    const run = async (clients: readonly string[]) => {
      const scheduler = new Scheduler(watched, { maxDraft: 15 });
      const options = { scheduler, codec, promptIds: [9, 9, 9, 9, 9], maxTokens: 60 };
      await Promise.all(
        clients.map((client) =>
          Array.fromAsync(generate({ ...options, client, temperature: 0, seed: 0 }))
        ),
      );
      return Math.max(...drafts.splice(0));
    };
    assertEquals(await run(["a", "b"]), 0);
    const most = await run(["a", "a"]);
    assert(most > 0 && most <= 14, `${most} guesses beside two texts`);
  });

  await t.step("an abort ends a text among its guessed tokens", async () => {
    const scheduler = new Scheduler(engine, { maxDraft: 15 });
    const { sums, meter } = countDrafts();
    const ending = new AbortController();
    const pieces = generate({
      scheduler,
      codec: characterCodec({ endOfTextId: 61 }),
      promptIds: [9, 9, 9, 9, 9],
      // A bias makes the text one long loop.
      logitBias: new Map([[9, 100]]),
      maxTokens: 60,
      temperature: 0,
      seed: 0,
      meter,
      signal: ending.signal,
    });
    for (let i = 0; i < 5; i++) await pieces.next();
    ending.abort(new Error("Cannot go on: enough"));
    await assertRejects(() => pieces.next(), Error, "enough");
    assertEquals([sums.tokens, scheduler.running], [5, 0]);
  });

  await t.step("the last token allowed is never passed by a guess", async () => {
    const scheduler = new Scheduler(engine, { maxDraft: 15 });
    for (const maxTokens of [1, 2, 3, 17, 1000]) {
      const pieces = await Array.fromAsync(generate({
        scheduler,
        codec: characterCodec({ endOfTextId: 61 }),
        promptIds: [9, 9, 9, 9, 9],
        logitBias: new Map([[9, 100]]),
        maxTokens,
        temperature: 0,
        seed: 0,
      }));
      const { tokens, finishReason } = pieces.at(-1) ?? {};
      const most = Math.min(maxTokens, engine.config.max_position_embeddings - 5);
      assertEquals([tokens, finishReason], [most, "length"]);
    }
  });
});
