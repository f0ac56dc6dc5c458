/**
 * The owner's side of a pool of workers over one shared memory: writes a round's input, wakes the
 * workers, and awaits the end without blocking.
 *
 * @module
 */
import type { PoolMessage } from "./pool_worker.ts";
import { PoolWord, publish } from "./pool_words.ts";

/** Workers that run rounds together; a failed one ends this round and all later ones. */
export class WorkerPool implements AsyncDisposable {
  readonly #words: Int32Array;
  readonly #workers: Worker[] = [];
  readonly #failure = Promise.withResolvers<never>();
  /** Rejects the current round; a handler per round on the failure promise would leak. */
  #interrupt: (reason: unknown) => void = () => {};
  #round = 0;

  /**
   * A pool without workers yet: {@linkcode WorkerPool.start} brings them in.
   *
   * @param words the control area: {@linkcode PoolWord}
   */
  constructor(words: Int32Array) {
    this.#words = words;
    this.#failure.promise.catch((reason: unknown) => this.#interrupt(reason));
  }

  /** Spawns a worker for each first message; resolves when all are ready. */
  async start<Message>(
    messages: readonly Message[],
    spawn: (worker: number) => Worker,
  ): Promise<void> {
    const ready = messages.map((message, worker) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const thread = spawn(worker);
      this.#workers.push(thread);
      thread.addEventListener("message", ({ data }: MessageEvent<PoolMessage>) => {
        switch (data.kind) {
          case "ready":
            return resolve();
          case "failed":
            return this.#fail(
              `${data.task === undefined ? "" : `${data.task} on `}worker ${worker}`,
              data.cause,
            );
        }
      });
      thread.addEventListener("error", (event) => {
        event.preventDefault();
        this.#fail(`worker ${worker}`, event.error ?? event.message);
      });
      thread.postMessage(message);
      return promise;
    });
    await Promise.race([Promise.all(ready), this.#failure.promise]);
  }

  /** Whether a worker has failed: shared memory may then be half-written, and no round works. */
  get failed(): boolean {
    return Atomics.load(this.#words, PoolWord.poison) !== 0;
  }

  /**
   * Runs one round, whose input is already written, until every worker is done.
   *
   * @throws {Error} naming the worker that failed, now or before
   */
  async run(): Promise<void> {
    if (this.failed) await this.#failure.promise;
    const words = this.#words;
    Atomics.store(words, PoolWord.arrivals, 0);
    const before = this.#round;
    // The 32-bit word wraps below zero on a busy server.
    this.#round = (before + 1) | 0;
    publish(words, PoolWord.round, this.#round);
    const done = Atomics.waitAsync(words, PoolWord.done, before);
    if (done.async) {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      this.#interrupt = reject;
      done.value.then(resolve);
      await promise;
    }
  }

  /** Ends the workers, also in the middle of a round, which then rejects. */
  [Symbol.asyncDispose](): Promise<void> {
    Atomics.store(this.#words, PoolWord.stop, 1);
    Atomics.store(this.#words, PoolWord.poison, 1);
    publish(this.#words, PoolWord.round, (this.#round + 1) | 0);
    for (const worker of this.#workers) worker.terminate();
    this.#failure.reject(new Error("Cannot go on: the workers are closed"));
    return Promise.resolve();
  }

  #fail(what: string, cause: unknown): void {
    Atomics.store(this.#words, PoolWord.poison, 1);
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#failure.reject(new Error(`Cannot go on: ${what} failed: ${reason}`, { cause }));
  }
}
