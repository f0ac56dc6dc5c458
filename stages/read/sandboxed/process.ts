/**
 * The reading process: passes on what comes by standard input to its thread, and what the thread
 * says to standard output. When standard input ends, so does the process, whatever the thread does:
 * it never outlives the one that started it.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { frameOf, readFrames } from "../frames.ts";
import { MAX_HEAP_MIB } from "./limits.ts";
import { buffersOf, type Request } from "./task.ts";

/** Cap on one document. */
const MAX_REQUEST_BYTES = 2 ** 30;

const worker = new Worker(new URL("./worker.ts", import.meta.url), {
  resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
  env: {},
});
const writer = Deno.stdout.writable.getWriter();
worker.on("message", async (answer) => {
  for (const chunk of frameOf(answer)) await writer.write(chunk);
});
// The one who asks sees that there is no answer.
worker.on("error", () => Deno.exit(1)).on("exit", () => Deno.exit(1));
for await (const request of readFrames(Deno.stdin.readable, { maxBytes: MAX_REQUEST_BYTES })) {
  worker.postMessage(request, buffersOf(request as Request));
}
Deno.exit(0);
