/**
 * Takes documents apart in a thread, where no process may be started. Deno cannot stop a thread that
 * does not return: a document that was given up keeps it busy until it is through.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import type { DocumentReader } from "./document_reader.ts";
import { MAX_HEAP_MIB } from "./sandboxed/limits.ts";
import { type Answer, buffersOf, type Request } from "./sandboxed/task.ts";

/** Starts the thread. */
export function startThread(): DocumentReader {
  const worker = new Worker(new URL("./sandboxed/worker.ts", import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
    // Without it Deno copies all of the process's, and asks for the permission to.
    env: {},
  });
  return {
    async ask(request: Request): Promise<Answer> {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      const ended = () => reject(new Error("the thread has ended"));
      worker.on("message", resolve).on("error", ended).on("exit", ended);
      try {
        worker.postMessage(request, buffersOf(request));
        return await promise;
      } finally {
        worker.off("message", resolve).off("error", ended).off("exit", ended);
      }
    },
    async end(): Promise<void> {
      // An error that comes while it ends is about a document that was given up.
      worker.on("error", () => {});
      await worker.terminate();
    },
  };
}
