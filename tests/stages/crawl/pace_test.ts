import { assertEquals, assertRejects } from "@std/assert";
import { startPace } from "../../../stages/crawl/pace.ts";

/** A pace whose clock moves only when it sleeps or is told to. */
function clockwork({ perHost = 4 } = {}) {
  const clock = { time: 0 };
  const stop = new AbortController();
  const pace = startPace({
    signal: stop.signal,
    perHost,
    backoffMs: 1000,
    maxWaitMs: 60_000,
    now: () => clock.time,
    sleep(ms) {
      clock.time += ms;
      return Promise.resolve();
    },
  });
  /** Makes one request that takes so long and is answered so; returns when it began. */
  async function ask(host: string, gapMs: number, answer: { ms?: number; busy?: boolean } & {
    retryAfterMs?: number;
  } = {}): Promise<number> {
    const end = await pace.turn(host, gapMs);
    const began = clock.time;
    const { ms = 0, busy = false, ...rest } = answer;
    clock.time += ms;
    end({ elapsedMs: ms, busy, ...rest });
    return began;
  }
  return { clock, pace, stop, ask };
}

Deno.test("requests to one host are as far apart as asked for, hosts do not wait for another", async () => {
  const { ask } = clockwork();
  assertEquals(await ask("a", 500), 0);
  assertEquals(await ask("b", 500), 0);
  assertEquals(await ask("a", 500), 500);
  assertEquals(await ask("a", 2000), 1000);
  assertEquals(await ask("a", 500), 3000);
  assertEquals(await ask("a", 0), 3500, "the gap before was asked for");
  assertEquals(await ask("c", 0), 3500);
});

Deno.test("a slow host is given as long to rest as it takes to answer", async () => {
  const { ask } = clockwork();
  const begun: number[] = [];
  for (let i = 0; i < 40; i++) begun.push(await ask("slow", 100, { ms: 2000 }));
  const [before = 0, last = 0] = begun.slice(-2);
  // The mean tends to 2,000 ms; the next may begin no sooner than that after the last began.
  assertEquals(last - before, 2000);
  const quick: number[] = [];
  for (let i = 0; i < 40; i++) quick.push(await ask("slow", 100, { ms: 10 }));
  assertEquals((quick.at(-1) ?? 0) - (quick.at(-2) ?? 0) <= 101, true);
});

Deno.test("a busy host is left alone twice as long each time, and forgiven step by step", async () => {
  const { ask } = clockwork();
  const gaps: number[] = [];
  let before = await ask("a", 10, { busy: true });
  for (const busy of [true, true, false, false, false, false, false]) {
    const began = await ask("a", 10, { busy });
    gaps.push(began - before);
    before = began;
  }
  assertEquals(gaps, [1000, 2000, 4000, 4000, 2000, 1000, 10]);
});

Deno.test("Retry-After holds for the whole host, beyond a minute the page is given up", async () => {
  const { ask, clock, pace } = clockwork();
  await ask("a", 10, { busy: true, retryAfterMs: 30_000 });
  assertEquals(await ask("a", 0), 30_000);
  await ask("a", 10, { busy: true, retryAfterMs: 90_000 });
  await assertRejects(
    () => pace.turn("a", 10),
    Error,
    "a asks to be left alone for 90 s",
  );
  clock.time += 40_000;
  assertEquals(await ask("a", 10), 121_000);
});

Deno.test("few requests to one host run at a time, and a stop reaches those that wait", async () => {
  const { pace, stop } = clockwork({ perHost: 2 });
  const done = { elapsedMs: 0, busy: false };
  const [first] = await Promise.all([pace.turn("a", 1), pace.turn("a", 1)]);
  let third = false;
  const waiting = pace.turn("a", 1).then((end) => {
    third = true;
    return end;
  });
  await pace.turn("b", 1);
  assertEquals(third, false);
  first(done);
  const end = await waiting;
  const fourth = pace.turn("a", 1);
  stop.abort(new Error("stopped"));
  end(done);
  await assertRejects(() => fourth, Error, "stopped");
});
