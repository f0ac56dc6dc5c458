/**
 * Readers of formats that are read whole run in a thread of their own, under a limit of time and
 * memory: a document that would keep them busy without end costs that document only.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { ReadFailure } from "./failure.ts";
import type { Answer, Piece, Request, Task } from "./sealed/task.ts";

/** Cap on the heap of the thread; what it holds outside is bounded by the task's own caps. */
const MAX_HEAP_MIB = 768;

/** The thread, started with the first document. */
export class Sandbox implements AsyncDisposable {
  readonly #timeoutMs: number;
  #worker: Worker | undefined;

  /** `timeoutMs` is what the thread may take until it hands on something. */
  constructor({ timeoutMs }: { timeoutMs: number }) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * What is in the document of a task. Its bytes are gone afterwards.
   *
   * @throws {ReadFailure} where it cannot be read, or not in time
   */
  async *pieces(task: Task): AsyncGenerator<Piece> {
    const worker = this.#worker ??= new Worker(new URL("./sealed/worker.ts", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
      // Without it Deno copies all of the process's, and asks for the permission to.
      env: {},
    });
    let isOver = false;
    try {
      for (let request: Request = { begin: task }; !isOver; request = "more") {
        const answer = await this.#ask(worker, request);
        if ("reason" in answer) {
          isOver = true;
          throw new ReadFailure(answer.reason, answer.message);
        }
        isOver = answer.isLast;
        yield* answer.pieces;
      }
    } finally {
      // What nobody waits for any more must not answer the next task.
      if (!isOver) await this[Symbol.asyncDispose]();
    }
  }

  async #ask(worker: Worker, request: Request): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const ended = () => reject(new ReadFailure("malformed", "its reader broke down over it"));
    const seconds = this.#timeoutMs / 1000;
    const timer = setTimeout(
      () => reject(new ReadFailure("timeout", `reading it took longer than ${seconds} seconds`)),
      this.#timeoutMs,
    );
    worker.on("message", resolve).on("error", ended).on("exit", ended);
    try {
      worker.postMessage(request, transferable(request));
      return await promise;
    } finally {
      clearTimeout(timer);
      worker.off("message", resolve).off("error", ended).off("exit", ended);
    }
  }

  /** Ends the thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    // An error that comes while it ends is about a document that was given up.
    worker?.on("error", () => {});
    await worker?.terminate();
  }
}

const transferable = (request: Request) =>
  typeof request === "object" && "bytes" in request.begin ? [request.begin.bytes.buffer] : [];
