/**
 * What do clients that stall and clients that leave cost the others, and what do all of them leave in
 * the server's memory? Rounds with and without 200 of each, in pairs, over sockets, on the tiny
 * reference model.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { SWITCH, TEXT } from "./flags.ts";
import { judgeMemory, type MemorySample, openLoadServer } from "./load_server.ts";
import { median } from "./median.ts";

/** Clients that read their streams to the end. */
const READERS = 16;
/** Streams that each of them reads in a round, and tokens of each. */
const STREAMS = 12;
const TOKENS = 400;
/** Clients that stall, and as many that leave. */
const STRANGERS = 200;
/** Those that leave have asked for so many tokens; they read the first. */
const UNREAD_TOKENS = 1000;

/** Requests and connections of a pair of rounds. */
const REQUESTS = 2 * READERS * STREAMS + 2 * STRANGERS;

/** Runs `bench load [--rounds N] [--json]`. */
export async function run(args: string[]): Promise<void> {
  const flags = parseArgs({ args, options: { rounds: TEXT, json: SWITCH } }).values;
  const rounds = Number(flags.rounds ?? 3);
  await using server = await openLoadServer({
    workers: navigator.hardwareConcurrency,
    cacheBytes: 256 << 20,
  });
  const alone: number[] = [], beside: number[] = [];
  const memory: MemorySample[] = [];
  // The first pair warms the code up.
  for (let round = 0; round <= rounds; round++) {
    const [calm, busy] = [await readAll(server.port), await readBesideStrangers(server.port)];
    memory.push({ requests: round * REQUESTS, ...await server.memory() });
    if (round === 0) continue;
    alone.push(calm);
    beside.push(busy);
  }
  const { isFlat, ...growth } = judgeMemory(memory);
  const result = {
    readers: READERS,
    stalled: STRANGERS,
    leaving: STRANGERS,
    rounds,
    tokensPerSecondAlone: median(alone),
    tokensPerSecondBeside: median(beside),
    besideTimesAlone: median(beside.map((rate, i) => rate / (alone[i] ?? NaN))),
    // Of the bytes that were set aside, once all have gone.
    cacheBytesHeld: memory.at(-1)?.cacheUsedBytes,
    memory: isFlat ? "flat" : "grows",
    ...growth,
    liveMiB: memory.map(({ liveBytes }) => mebibytes(liveBytes)),
    rssMiB: memory.map(({ rssBytes }) => mebibytes(rssBytes)),
  };
  console.log(flags.json ? JSON.stringify(result) : result);
}

function mebibytes(bytes: number): number {
  return Math.round(10 * bytes / 2 ** 20) / 10;
}

/** Tokens per second of all readers. */
async function readAll(port: number): Promise<number> {
  const begun = performance.now();
  await Promise.all(Array.from({ length: READERS }, async (_, reader) => {
    for (let i = 0; i < STREAMS; i++) await stream(port, `reader ${reader}, ${i}`, TOKENS);
  }));
  return 1000 * READERS * STREAMS * TOKENS / (performance.now() - begun);
}

/** The same while strangers come and stall, or come and go. */
async function readBesideStrangers(port: number): Promise<number> {
  using stalled = new DisposableStack();
  for (let i = 0; i < STRANGERS; i++) {
    const connection = stalled.use(await Deno.connect({ hostname: "127.0.0.1", port }));
    const bytes = request("stalls", TOKENS);
    // Nothing, half of the headers, half of the body.
    await connection.write(bytes.subarray(0, [0, 40, bytes.length - 20][i % 3]));
  }
  let isOver = false;
  const leaving = (async () => {
    // One after the other, as they come in the course of a day.
    for (let i = 0; i < STRANGERS; i++) await leave(port, `leaves ${i}`);
    if (isOver) throw new Error("the readers were done before the last had left: read more");
  })();
  const rate = await readAll(port);
  isOver = true;
  await leaving;
  return rate;
}

async function stream(port: number, prompt: string, tokens: number): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(request(prompt, tokens));
  let last = "";
  for await (const text of texts(connection)) {
    last = (last + text).slice(-32);
    if (last.includes("[DONE]")) return;
  }
  throw new Error(`Cannot measure: a stream ended with ${last}`);
}

/** Reads the first token and hangs up. */
async function leave(port: number, prompt: string): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(request(prompt, UNREAD_TOKENS));
  for await (const text of texts(connection)) if (text.includes("data: ")) return;
}

async function* texts(connection: Deno.Conn): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(1 << 14);
  for (let count; (count = await connection.read(chunk)) !== null;) {
    yield decoder.decode(chunk.subarray(0, count), { stream: true });
  }
}

function request(prompt: string, tokens: number): Uint8Array {
  const body = JSON.stringify({ prompt, max_tokens: tokens, temperature: 0, stream: true });
  return new TextEncoder().encode(
    "POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
}
