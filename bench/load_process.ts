/**
 * The server that load_server.ts opens, in a process of its own, so that what its clients take does
 * not count as its memory. It prints its port, and then, for every line that it is sent, what it
 * holds.
 *
 * @module
 */
import { createLayout } from "../model/layout.ts";
import { initParameters } from "../model/init.ts";
import { createApp, listen } from "../serve/mod.ts";
import { openWasmEngine, Scheduler, type TextCodec } from "../engine/mod.ts";
import type { LoadJob, ServerMemory } from "./load_server.ts";
import { CONFIGS, modelConfig } from "./train.ts";

/** With `--v8-flags=--expose-gc`. */
declare const gc: () => void;

/** Collections that free less than this free nothing: V8 keeps accounts of its own. */
const NOTHING_BYTES = 16 << 10;
const MAX_COLLECTIONS = 50;

const { workers, cacheBytes }: LoadJob = JSON.parse(Deno.args[0] ?? "");
const config = { ...modelConfig(CONFIGS.tiny), max_position_embeddings: 2048 };
const layout = createLayout(config);
const parameters = new Float32Array(layout.length);
initParameters(parameters, { config, layout, seed: 1 });
await using engine = await openWasmEngine({ config, parameters, workers, cacheBytes });
const scheduler = new Scheduler(engine, { maxWaiting: 4096 });
const stopping = new AbortController();
const { port, finished } = await listen(
  createApp({
    scheduler,
    codec: codec(config.vocab_size),
    modelName: "bench",
    trustProxy: true,
    onFailure: (error) => console.error(error),
  }),
  { port: 0, signal: stopping.signal, limits: { drainMs: 0 } },
);
console.log(port);
for await (const _lines of Deno.stdin.readable) console.log(JSON.stringify(await memory()));
stopping.abort();
await finished;

/** What lives once nothing runs any more and a collection finds nothing more to free. */
async function memory(): Promise<ServerMemory> {
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  while (scheduler.running + scheduler.waiting > 0) await turn();
  let liveBytes = Infinity;
  for (let i = 0; i < MAX_COLLECTIONS; i++) {
    // Sockets close, and what is only weakly held goes, in later turns.
    for (let turns = 0; turns < 4; turns++) await turn();
    gc();
    const { heapUsed, external } = Deno.memoryUsage();
    const isSettled = heapUsed + external > liveBytes - NOTHING_BYTES;
    liveBytes = Math.min(liveBytes, heapUsed + external);
    if (isSettled) break;
  }
  const { rss: rssBytes } = Deno.memoryUsage();
  return { liveBytes, rssBytes, cacheUsedBytes: engine.cache.usedBytes };
}

/** A character a token; none of them ends a text. */
function codec(vocabSize: number): TextCodec {
  return {
    vocabSize,
    endOfTextId: vocabSize,
    encode: (text) => Array.from(text, (character) => character.charCodeAt(0)),
    decodeStream: () => ({ push: (id) => String.fromCharCode(33 + id % 90), flush: () => "" }),
    bytesOf: (id) => Uint8Array.of(33 + id % 90),
    isSpecial: () => false,
  };
}
