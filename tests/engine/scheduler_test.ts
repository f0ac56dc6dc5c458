import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openOnnxEngine } from "../../engine/onnx/engine.ts";
import { DeadlineError, DrainingError, QueueFullError, type Slot } from "../../engine/admission.ts";
import { Scheduler } from "../../engine/scheduler.ts";
import { countEngine } from "./counted_engine.ts";
import { goldenModel } from "./golden.ts";

async function openCounted({ promptChunk = 128 }: { promptChunk?: number } = {}) {
  return countEngine(await openOnnxEngine({ ...await goldenModel(), promptChunk }));
}

/** Takes `count` tokens, always token 5. */
async function take(slot: Slot, count: number): Promise<void> {
  await slot.next();
  for (let i = 1; i < count; i++) await slot.next(5);
}

Deno.test("sequences advance together, one token each", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine);
  using a = await scheduler.admit([1]);
  using b = await scheduler.admit([2]);
  using c = await scheduler.admit([3]);
  assertEquals(scheduler.running, 3);
  await Promise.all([take(a, 3), take(b, 4), take(c, 2)]);
  assertEquals(engine.steps.map((step) => step.toSorted()), [[0, 1, 2], [0, 1, 2], [0, 1], [1]]);
});

Deno.test("a long prompt does not hold up the others", async () => {
  await using engine = await openCounted({ promptChunk: 10 });
  const scheduler = new Scheduler(engine);
  using long = await scheduler.admit(new Array(40).fill(3));
  using short = await scheduler.admit([2]);
  await Promise.all([take(long, 1), take(short, 4)]);
  assertEquals(engine.steps.map((step) => step.toSorted()), [[0, 1], [0, 1], [0, 1], [0, 1]]);
});

Deno.test("those who wait are admitted in order of arrival", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine, { maxRunning: 1, maxWaiting: 3 });
  const first = await scheduler.admit([1]);
  const order: number[] = [];
  const others = [10, 11, 12].map(async (n) => {
    using slot = await scheduler.admit([n]);
    order.push(n);
    await slot.next();
  });
  assertEquals([scheduler.running, scheduler.waiting], [1, 3]);
  first[Symbol.dispose]();
  first[Symbol.dispose](); // frees one place, not two
  await Promise.all(others);
  assertEquals(order, [10, 11, 12]);
  assertEquals([scheduler.running, scheduler.waiting], [0, 0]);
});

Deno.test("a full queue refuses at once", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine, { maxRunning: 1, maxWaiting: 1 });
  const running = await scheduler.admit([1]);
  const waiting = scheduler.admit([2]);
  await assertRejects(
    () => scheduler.admit([3]),
    QueueFullError,
    "Cannot take the request: 1 are running and 1 waiting",
  );
  running[Symbol.dispose]();
  (await waiting)[Symbol.dispose]();
  assertEquals([scheduler.running, scheduler.waiting], [0, 0]);
});

Deno.test("leaving the queue makes room in it", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine, { maxRunning: 1, maxWaiting: 1 });
  using _running = await scheduler.admit([1]);
  const leaving = new AbortController();
  const waiting = scheduler.admit([2], { signal: leaving.signal });
  leaving.abort(new Error("left"));
  await assertRejects(() => waiting, Error, "left");
  assertEquals([scheduler.running, scheduler.waiting], [1, 0]);
  await assertRejects(() => scheduler.admit([2], { signal: leaving.signal }), Error, "left");
});

Deno.test("aborting in the middle of a step rejects at once and frees after the step", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine);
  const leaving = new AbortController();
  const leaver = await scheduler.admit([1], { signal: leaving.signal });
  using stayer = await scheduler.admit([2]);
  const began = Promise.withResolvers<void>();
  const { step } = engine;
  engine.step = (sequences) => {
    began.resolve();
    return step(sequences);
  };
  const [left, stayed] = [leaver.next(), stayer.next()];
  await began.promise;
  leaving.abort(new Error("left"));
  await assertRejects(() => left, Error, "left");
  assertEquals(scheduler.running, 2); // the engine still reads its cache
  await stayed;
  await engine.disposed(0);
  assertEquals(scheduler.running, 1);
  await stayer.next(5);
  assertEquals(engine.steps, [[0, 1], [1]]);
});

Deno.test("aborting between steps frees at once", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine);
  const leaving = new AbortController();
  const slot = await scheduler.admit([1], { signal: leaving.signal });
  await slot.next();
  leaving.abort(new Error("left"));
  await engine.disposed(0);
  assertEquals(scheduler.running, 0);
  await assertRejects(() => slot.next(5), Error, "left");
  slot[Symbol.dispose]();
  assertEquals(scheduler.running, 0);
});

Deno.test("a refused prompt takes no place", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine, { maxRunning: 1 });
  await assertRejects(() => scheduler.admit([999]), RangeError, "999");
  assertEquals(scheduler.running, 0);
  (await scheduler.admit([1]))[Symbol.dispose]();
});

Deno.test("a failed step is told to those in it, and later ones go on", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine);
  using a = await scheduler.admit([1]);
  using b = await scheduler.admit([2]);
  engine.failure = new Error("out of memory");
  const failed = [a.next(), b.next()];
  for (const next of failed) await assertRejects(() => next, Error, "out of memory");
  engine.failure = undefined;
  using c = await scheduler.admit([3]);
  assertEquals((await c.next()).length, 61);
});

Deno.test("limits out of range are refused", async () => {
  await using engine = await openCounted();
  assertThrows(() => new Scheduler(engine, { maxRunning: 0 }), RangeError, "maxRunning");
  assertThrows(() => new Scheduler(engine, { maxWaiting: -1 }), RangeError, "maxWaiting");
});

Deno.test("waiting clients take turns, however much one of them asks for", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine, { maxRunning: 1 });
  const first = await scheduler.admit([1], { client: "greedy", maxTokens: 9 });
  const order: string[] = [];
  const ask = async (name: string, client: string) => {
    using _slot = await scheduler.admit([1], { client, maxTokens: 9 });
    order.push(name);
  };
  const asked = [
    ask("greedy 2", "greedy"),
    ask("greedy 3", "greedy"),
    ask("greedy 4", "greedy"),
    ask("modest 1", "modest"),
    ask("modest 2", "modest"),
  ];
  first[Symbol.dispose]();
  await Promise.all(asked);
  assertEquals(order, ["modest 1", "greedy 2", "modest 2", "greedy 3", "greedy 4"]);
});

Deno.test("a place and some of the cache are kept for a client of whom nothing runs", async () => {
  const { model, config } = await goldenModel();
  const sizes = config.num_hidden_layers * config.num_key_value_heads * config.head_dim;
  const cacheBytes = 170 * 2 * 4 * sizes;
  await using engine = await openOnnxEngine({ model, config, cacheBytes });
  for (
    const [maxTokens, maxRunning, most] of [[1, 32, 30], [1, 15, 15], [8, 128, 16]] as const
  ) {
    const scheduler = new Scheduler(engine, { maxRunning });
    const leave = new AbortController();
    const ask = (client: string) =>
      scheduler.admit([1, 2], { client, maxTokens, signal: leave.signal });
    const greedy = Promise.allSettled(Array.from({ length: 40 }, () => ask("greedy")));
    assertEquals(scheduler.running, most);
    const modest = ask("modest");
    assertEquals(scheduler.running, Math.min(maxRunning, most + 1));
    leave.abort();
    await Promise.allSettled([greedy, modest]);
    assertEquals(engine.cache.usedBytes, 0);
  }
});

Deno.test("a client has its limit, and others are not touched by it", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine, { maxRunning: 2, maxPerClient: 1 });
  using _a = await scheduler.admit([1], { client: "a" });
  await assertRejects(
    () => scheduler.admit([1], { client: "a" }),
    QueueFullError,
    "its client has 1 under way",
  );
  (await scheduler.admit([1], { client: "b" }))[Symbol.dispose]();
  (await scheduler.admit([1], { client: "b" }))[Symbol.dispose]();
});

Deno.test("generations are admitted as the cache has room", async () => {
  const { model, config } = await goldenModel();
  const tokenBytes = config.num_hidden_layers * 2 * config.num_key_value_heads * config.head_dim *
    4;
  const cacheBytes = 20 * tokenBytes;
  await using engine = countEngine(await openOnnxEngine({ model, config, cacheBytes }));
  const scheduler = new Scheduler(engine);
  const first = await scheduler.admit([1, 2], { maxTokens: 10 });
  assertEquals(engine.cache, { totalBytes: cacheBytes, usedBytes: 12 * tokenBytes });
  const large = scheduler.admit([1, 2], { maxTokens: 10 });
  const small = scheduler.admit([1, 2], { maxTokens: 1 });
  // The small one would fit, but then the large one might never have its turn.
  assertEquals([scheduler.running, scheduler.waiting], [1, 2]);
  first[Symbol.dispose]();
  for (const slot of [await large, await small]) slot[Symbol.dispose]();
  assertEquals(engine.cache.usedBytes, 0);
  await assertRejects(
    () => scheduler.admit([1, 2], { maxTokens: 19 }),
    RangeError,
    "ask for fewer tokens",
  );
});

Deno.test("what runs ends on the engine it began with", async () => {
  const { model, config } = await goldenModel();
  await using before = countEngine(await openOnnxEngine({ model, config, fingerprint: "step-1" }));
  await using after = countEngine(await openOnnxEngine({ model, config, fingerprint: "step-2" }));
  const scheduler = new Scheduler(before, { maxRunning: 2 });
  const old = await scheduler.admit([1]);
  await old.next();
  let retired = false;
  const retiring = scheduler.replaceEngine(after).then(() => retired = true);
  using fresh = await scheduler.admit([1]);
  await Promise.all([old.next(5), fresh.next()]);
  assertEquals([old.fingerprint, fresh.fingerprint], ["step-1", "step-2"]);
  assertEquals([before.steps.length, after.steps.length], [2, 1]);
  assertEquals(retired, false);
  old[Symbol.dispose]();
  await retiring;
  assertEquals(scheduler.engine, after);
});

Deno.test("an engine on which nothing runs is replaced at once", async () => {
  await using before = await openCounted();
  await using after = await openCounted();
  await new Scheduler(before).replaceEngine(after);
});

Deno.test("draining lets what runs end and refuses the rest", async () => {
  await using engine = await openCounted();
  const scheduler = new Scheduler(engine, { maxRunning: 1 });
  const running = await scheduler.admit([1]);
  const waiting = scheduler.admit([2]);
  const drained = scheduler.drain();
  await assertRejects(() => waiting, DrainingError, "about to stop");
  await assertRejects(() => scheduler.admit([3]), DrainingError);
  await running.next();
  running[Symbol.dispose]();
  await drained;
  await scheduler.drain();
});

Deno.test("a request past its deadline ends, running or waiting", async () => {
  const { model, config } = await goldenModel();
  const tokenBytes = config.num_hidden_layers * 2 * config.num_key_value_heads * config.head_dim *
    4;
  const cacheBytes = 8 * tokenBytes;
  await using engine = countEngine(await openOnnxEngine({ model, config, cacheBytes }));
  const scheduler = new Scheduler(engine, { requestMs: 30 });
  const running = await scheduler.admit([1], { maxTokens: 7 });
  await engine.disposed(0);
  await assertRejects(() => running.next(), DeadlineError, "took 30 ms");
  using _full = engine.createSequence([1], { maxTokens: 7 });
  await assertRejects(() => scheduler.admit([2], { maxTokens: 7 }), DeadlineError);
  assertEquals([scheduler.running, scheduler.waiting], [0, 0]);
});
