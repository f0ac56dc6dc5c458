/**
 * Many clients at once over sockets. `CLLM_CLIENTS` says how many, `CLLM_SECONDS` how long at least.
 */
import { assert, assertEquals, assertLess } from "@std/assert";
import { createApp } from "../../serve/app.ts";
import { listen } from "../../serve/listen.ts";
import { Scheduler } from "../../engine/scheduler.ts";
import { openWasmEngine } from "../../engine/wasm/mod.ts";
import { characterCodec, readGolden } from "../engine/golden.ts";
import { insist, leave, type LoadOptions, stall, streamed } from "./load_clients.ts";

const CLIENTS = Number(Deno.env.get("CLLM_CLIENTS") ?? 60);
const SECONDS = Number(Deno.env.get("CLLM_SECONDS") ?? 0);
/** Streams that each client reads, on average and at least. */
const ROUNDS = 8;
/** As a server has by default where the clients are many, and fewer than ask where they are few. */
const MAX_RUNNING = CLIENTS > 128 ? 128 : Math.ceil(CLIENTS / 4);
const MAX_TOKENS = 24;
/** Clients that stall, and as many that leave in the middle of a text. */
const STRANGERS = 200;
const PROMPTS = ["2%", "the", "K", "a nation", "z9", "Peace."];

/** How much of a request is sent by those who stall: nothing, half of it, or all, to read nothing. */
const STALLS = [0, 0.5, 1];

/** A server over the golden model that notes how many steps a client's leaving goes unnoticed. */
async function openLoaded() {
  const { config, parameters } = await readGolden("gqa_untied");
  const engine = await openWasmEngine({ config, parameters, workers: 2, cacheBytes: 16 << 20 });
  let steps = 0;
  const left = new Map<string, number>();
  const late: number[] = [];
  const scheduler = new Scheduler({
    config,
    fingerprint: "golden",
    cache: engine.cache,
    createSequence(promptIds, options) {
      const sequence = engine.createSequence(promptIds, options);
      const key = Array.from(promptIds).join();
      const dispose = sequence[Symbol.dispose].bind(sequence);
      sequence[Symbol.dispose] = () => {
        dispose();
        const since = left.get(key);
        if (since !== undefined) late.push(steps - since);
        left.delete(key);
      };
      return sequence;
    },
    step(sequences) {
      steps++;
      return engine.step(sequences);
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }, { maxRunning: MAX_RUNNING, maxWaiting: 2 * CLIENTS + 2 * STRANGERS });
  const codec = characterCodec({ endOfTextId: 61 });
  const failures: unknown[] = [];
  const app = createApp({
    scheduler,
    codec,
    modelName: "golden",
    onFailure: (error) => failures.push(error),
  });
  const stopping = new AbortController();
  const { port, finished } = await listen({
    fetch(request) {
      const key = request.headers.get("x-key");
      request.signal.addEventListener("abort", () => {
        if (key) left.set(Array.from(codec.encode(key)).join(), steps);
      });
      return app.fetch(request);
    },
  }, { port: 0, signal: stopping.signal });
  return {
    port,
    scheduler,
    engine,
    failures,
    late,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await finished;
      await engine[Symbol.asyncDispose]();
    },
  };
}

/** Lets every client read until enough is read and enough time is over. */
async function load(
  options: LoadOptions & { expected: readonly string[]; leastMs: number },
): Promise<{ perClient: number[]; perSecond: number; rss: number; growth: number }> {
  const begun = performance.now();
  const perClient = new Array<number>(CLIENTS).fill(0);
  const enough = CLIENTS * ROUNDS * MAX_TOKENS;
  let total = 0, early = 0;
  const isOver = () => total >= enough && performance.now() - begun >= options.leastMs;
  await Promise.all(perClient.map((_, i) =>
    insist(PROMPTS[i % PROMPTS.length] ?? "", {
      ...options,
      expected: options.expected[i % PROMPTS.length] ?? "",
      isOver,
      onEnd(tokens) {
        perClient[i] = (perClient[i] ?? 0) + tokens;
        total += tokens;
        const isHalf = total >= enough / 2 && performance.now() - begun >= options.leastMs / 2;
        if (isHalf && early === 0) early = Deno.memoryUsage().rss;
      },
    })
  ));
  const seconds = (performance.now() - begun) / 1000;
  const { rss } = Deno.memoryUsage();
  return { perClient, perSecond: total / seconds, rss, growth: rss / early };
}

Deno.test(`${CLIENTS} clients stream at once, none wrong, none starved`, async () => {
  await using server = await openLoaded();
  const options = { port: server.port, maxTokens: MAX_TOKENS };
  // What each says alone, it must say among others.
  const expected: string[] = [];
  for (const prompt of PROMPTS) expected.push((await streamed(prompt, options)).text);
  assert(new Set(expected).size > 1);

  const calm = await load({ ...options, expected, leastMs: 1000 * SECONDS });
  assertLess(Math.max(...calm.perClient) / Math.min(...calm.perClient), 1.5);
  // The heap takes half a minute to come to the size that it keeps.
  if (SECONDS >= 60) assertLess(calm.growth, 1.2);

  using stack = new DisposableStack();
  const stalled = Array.from({ length: STRANGERS }, async (_, i) => {
    stack.use(await stall("Q", { ...options, part: STALLS[i % STALLS.length] ?? 1 }));
  });
  // Texts of their own, by which they are told apart.
  const name = (i: number) => "<" + String(i).padStart(4, "0") + ">";
  const leaving = Array.from({ length: STRANGERS }, (_, i) => leave(name(i), options));
  const beside = await load({ ...options, expected, leastMs: 250 * SECONDS });
  await Promise.all([...stalled, ...leaving]);
  assertLess(Math.max(...beside.perClient) / Math.min(...beside.perClient), 1.5);

  while (server.scheduler.running > 0) await streamed("K", options);
  assertEquals([server.scheduler.waiting, server.engine.cache.usedBytes], [0, 0]);
  assert(server.late.length > STRANGERS / 2, `${server.late.length} left in the middle of a text`);
  assertLess(Math.max(...server.late), 2);
  assertEquals(server.failures, []);
  if (SECONDS > 0) {
    for (const { perClient, perSecond, rss, growth } of [calm, beside]) {
      const [most, least] = [Math.max(...perClient), Math.min(...perClient)];
      console.log({ perSecond, rss, growth, most, least, ratio: most / least });
    }
    console.log({ left: server.late.length, stepsUnnoticed: Math.max(...server.late) });
  }
});
