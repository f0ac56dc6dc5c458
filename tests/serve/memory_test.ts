/**
 * What clients leave behind in a server's memory, by kind of client. `CLLM_CLIENTS` says how many ask
 * at once, `CLLM_SECONDS` how long those that read do so at least.
 */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { judgeMemory, type MemorySample, openLoadServer } from "../../bench/load_server.ts";
import { leave, stall, streamed } from "./load_clients.ts";

const CLIENTS = Number(Deno.env.get("CLLM_CLIENTS") ?? 32);
const SECONDS = Number(Deno.env.get("CLLM_SECONDS") ?? 0);
/** Requests of a round, at least. */
const REQUESTS = Math.max(CLIENTS, 400);
/** Rounds that are judged. */
const ROUNDS = SECONDS > 0 ? 10 : 3;
const WARM_ROUNDS = 2;
const READ = 8, UNREAD = 64;
/** How much of a request is sent by those who stall. */
const STALLS = [0, 0.5, 1];

/** Makes requests for a round, told apart by their number; gives how many. */
type Round = (port: number, from: number) => Promise<number>;

/** As many requests as a round has, and for as long, by `CLIENTS` clients. */
async function share(leastMs: number, ask: (i: number) => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  let count = 0;
  const isOver = () => count >= REQUESTS && performance.now() - begun >= leastMs;
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    while (!isOver()) await ask(count++);
  }));
  return count;
}

/** Asks from an address and with an id that no request had before. */
async function post(port: number, i: number, body: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/completions`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-forwarded-for": `10.${i >> 16}.${i >> 8 & 255}.${i & 255}`,
      "x-request-id": `request-${i}`,
    },
    body,
  });
  await response.bytes();
  return response.status;
}

const ROUND_MS = 1000 * SECONDS / ROUNDS;
const KINDS: Record<string, Round> = {
  "read their streams": (port, from) =>
    share(ROUND_MS, (i) => streamed(`Text ${from + i}`, { port, maxTokens: READ })),
  "leave in the middle of a text": (port, from) =>
    share(0, (i) => leave(`Text ${from + i}`, { port, maxTokens: UNREAD })),
  async "stall, and go"(port, from) {
    using stalled = new DisposableStack();
    return await share(0, async (i) => {
      const part = STALLS[i % STALLS.length] ?? 0;
      stalled.use(await stall(`Text ${from + i}`, { port, maxTokens: READ, part }));
    });
  },
  "take whole answers, each from an address of its own": (port, from) =>
    share(0, async (i) => {
      const body = JSON.stringify({ prompt: `Text ${from + i}`, max_tokens: 2 });
      assertEquals(await post(port, from + i, body), 200);
    }),
  "ask what is refused": (port, from) =>
    share(0, async (i) => assertEquals(await post(port, from + i, `{"prompt": ${i}`), 400)),
};

Deno.test("clients that come and go leave nothing in the server's memory", async (t) => {
  await using server = await openLoadServer({ workers: 1, cacheBytes: 16 << 20 });
  let requests = 0;
  // Code is compiled, and the heap comes to the size that it keeps.
  for (let i = 0; i < WARM_ROUNDS; i++) {
    for (const round of Object.values(KINDS)) requests += await round(server.port, requests);
    await server.memory();
  }
  for (const [kind, round] of Object.entries(KINDS)) {
    await t.step(`${CLIENTS} at once ${kind}`, async () => {
      const samples: MemorySample[] = [];
      for (let i = 0; i <= ROUNDS; i++) {
        if (i > 0) requests += await round(server.port, requests);
        samples.push({ requests, ...await server.memory() });
      }
      const growth = judgeMemory(samples);
      if (SECONDS > 0) console.log(growth);
      assert(growth.isFlat, JSON.stringify({ growth, samples }));
      assertEquals(samples.at(-1)?.cacheUsedBytes, 0);
    });
  }
});

Deno.test("the passes of a long text leave nothing either", async () => {
  await using server = await openLoadServer({ workers: 2, cacheBytes: 16 << 20 });
  const samples: MemorySample[] = [];
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < 5; j++) await streamed("Text", { port: server.port, maxTokens: 400 });
    // The first ones compile the code.
    if (i > 1) samples.push({ requests: 5 * i, ...await server.memory() });
  }
  const { liveBytesPerRequest } = judgeMemory(samples);
  assert(liveBytesPerRequest < 20_000, `${liveBytesPerRequest} bytes for 400 passes`);
});

/** Samples of 100 requests each, with the live bytes given. */
function samplesOf(...liveBytes: number[]): MemorySample[] {
  return liveBytes.map((liveBytes, i) => ({
    liveBytes,
    requests: 100 * i,
    rssBytes: 1e8,
    cacheUsedBytes: 0,
  }));
}

Deno.test("a thousand bytes that each request leaves are seen, a socket that is closed late is not", () => {
  const leak = judgeMemory(samplesOf(1e7, 1e7 + 1e5, 1e7 + 2e5, 1e7 + 3e5));
  assertAlmostEquals(leak.liveBytesPerRequest, 1000);
  assertEquals(leak.isFlat, false);
  const late = judgeMemory(samplesOf(1e7, 1e7 + 3e6, 1e7 + 5e6, 1e7));
  assertEquals([late.liveBytesPerRequest, late.isFlat], [0, true]);
  assertThrows(() => judgeMemory(samplesOf(1e7)), RangeError, "fewer than two samples");
});
