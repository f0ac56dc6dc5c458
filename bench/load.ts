/**
 * What do clients that stall and clients that leave cost the others? Rounds with and without 200 of
 * each, in pairs, over sockets, on the tiny reference model.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { createLayout } from "../model/layout.ts";
import { initParameters } from "../model/init.ts";
import { createApp, listen, openWasmEngine, Scheduler, type TextCodec } from "../serve/mod.ts";
import { median } from "./median.ts";
import { CONFIGS, modelConfig } from "./train.ts";

/** Clients that read their streams to the end. */
const READERS = 16;
/** Streams that each of them reads in a round, and tokens of each. */
const STREAMS = 12;
const TOKENS = 400;
/** Clients that stall, and as many that leave. */
const STRANGERS = 200;
/** Those that leave have asked for so many tokens; they read the first. */
const UNREAD_TOKENS = 1000;

/** Runs `bench load [--rounds N] [--json]`. */
export async function run(args: string[]): Promise<void> {
  const flags = parseArgs(args, { string: ["rounds"], boolean: ["json"] });
  const rounds = Number(flags.rounds ?? 3);
  await using server = await openServer();
  const alone: number[] = [], beside: number[] = [], rss: number[] = [];
  // The first pair warms the code up.
  for (let round = 0; round <= rounds; round++) {
    const [calm, busy] = [await readAll(server.port), await readBesideStrangers(server.port)];
    while (server.scheduler.running > 0) await stream(server.port, "end", 1);
    rss.push(Math.round(Deno.memoryUsage().rss / 2 ** 20));
    if (round === 0) continue;
    alone.push(calm);
    beside.push(busy);
  }
  const result = {
    ...{ readers: READERS, stalled: STRANGERS, leaving: STRANGERS, rounds },
    tokensPerSecondAlone: median(alone),
    tokensPerSecondBeside: median(beside),
    besideTimesAlone: median(beside.map((rate, i) => rate / (alone[i] ?? NaN))),
    // Of the bytes that were set aside, once all have gone.
    cacheBytesHeld: server.scheduler.engine.cache.usedBytes,
    rssMiBAfterEachPair: rss,
  };
  console.log(flags.json ? JSON.stringify(result) : result);
}

async function openServer() {
  const config = { ...modelConfig(CONFIGS.tiny), max_position_embeddings: 2048 };
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  initParameters(parameters, { config, layout, seed: 1 });
  const engine = await openWasmEngine({ config, parameters });
  const scheduler = new Scheduler(engine);
  const app = createApp({
    ...{ scheduler, codec: codec(config.vocab_size), modelName: "bench" },
    onFailure: (error) => console.error(error),
  });
  const stopping = new AbortController();
  const { port, finished } = await listen(app, {
    ...{ port: 0, signal: stopping.signal },
    limits: { drainMs: 0 },
  });
  return {
    ...{ port, scheduler },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await finished;
      await engine[Symbol.asyncDispose]();
    },
  };
}

/** A character a token; none of them ends a text. */
function codec(vocabSize: number): TextCodec {
  return {
    ...{ vocabSize, endOfTextId: vocabSize },
    encode: (text) => Array.from(text, (character) => character.charCodeAt(0)),
    decodeStream: () => ({ push: (id) => String.fromCharCode(33 + id % 90), flush: () => "" }),
    bytesOf: (id) => Uint8Array.of(33 + id % 90),
    isSpecial: () => false,
  };
}

/** Tokens a second of all readers. */
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
