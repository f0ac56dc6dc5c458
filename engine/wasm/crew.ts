/**
 * The workers of an engine, seen from the thread that owns them: it puts a pass in shared memory,
 * wakes them, and awaits the end without blocking.
 *
 * @module
 */
import { controlWords, publish, Word } from "./control_words.ts";
import type { StartMessage, WorkerMessage } from "./messages.ts";
import type { PassSegment } from "./passes.ts";
import { phaseCount, type Plan, Segment } from "./plan.ts";

/** A set of workers over one memory. */
export class Crew implements AsyncDisposable {
  readonly #plan: Plan;
  readonly #memory: WebAssembly.Memory;
  readonly #ints: Int32Array;
  readonly #words: Int32Array;
  readonly #workers: Worker[] = [];
  readonly #failure = Promise.withResolvers<never>();
  /** Ends the pass in flight. Were it to listen to the failure itself, that would remember it for good. */
  #interrupt: (reason: unknown) => void = () => {};
  #pass = 0;

  constructor({ plan, memory }: { plan: Plan; memory: WebAssembly.Memory }) {
    this.#plan = plan;
    this.#memory = memory;
    this.#ints = new Int32Array(memory.buffer);
    const words = controlWords(phaseCount(plan.config));
    this.#words = new Int32Array(memory.buffer, plan.control, words);
    this.#failure.promise.catch((reason: unknown) => this.#interrupt(reason));
  }

  /** Spawns the workers; resolves when all are ready. */
  async start(module: WebAssembly.Module): Promise<void> {
    const ready = this.#plan.workers.map((_, worker) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const thread = new Worker(new URL("./worker.ts", import.meta.url), {
        type: "module",
        name: `engine-${worker}`,
      });
      this.#workers.push(thread);
      thread.addEventListener("message", ({ data }: MessageEvent<WorkerMessage>) => {
        switch (data.kind) {
          case "ready":
            return resolve();
          case "failed":
            return this.#fail(worker, data.cause);
        }
      });
      thread.addEventListener("error", (event) => {
        event.preventDefault();
        this.#fail(worker, event.error ?? event.message);
      });
      const message: StartMessage = { worker, plan: this.#plan, module, memory: this.#memory };
      thread.postMessage(message);
      return promise;
    });
    await Promise.race([Promise.all(ready), this.#failure.promise]);
  }

  /**
   * Runs one pass. Its logits `[V]` are told by their place among the segments that want some, and
   * valid until the next pass.
   *
   * @throws {Error} naming the worker that failed, now or before
   */
  async run(segments: readonly PassSegment[]): Promise<(output: number) => Float32Array> {
    const words = this.#words;
    if (Atomics.load(words, Word.poison) !== 0) await this.#failure.promise;
    this.#place(segments);
    words.fill(0, Word.phases);
    Atomics.store(words, Word.left, 0);
    const before = this.#pass;
    // A word of 32 bits that begins again below zero: a busy server gets there.
    this.#pass = (before + 1) | 0;
    publish(words, Word.pass, this.#pass);
    const done = Atomics.waitAsync(words, Word.done, before);
    if (done.async) {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      this.#interrupt = reject;
      done.value.then(resolve);
      await promise;
    }
    const { logits, config: { vocab_size: V } } = this.#plan;
    return (output) => new Float32Array(this.#memory.buffer, logits + output * V * 4, V);
  }

  /** Copies what the pass is about into shared memory. */
  #place(segments: readonly PassSegment[]): void {
    const { ids, positions, tables, outputRows, pagesPerSequence } = this.#plan;
    const ints = this.#ints;
    let row = 0, outputs = 0;
    for (const [s, { sequence, from, to, output }] of segments.entries()) {
      const at = this.#plan.segments / 4 + s * Segment.width;
      ints[at + Segment.row] = row;
      ints[at + Segment.rows] = to - from;
      ints[at + Segment.position] = from;
      ints.set(sequence.lease.pages, tables / 4 + s * pagesPerSequence);
      for (let position = from; position < to; position++, row++) {
        ints[ids / 4 + row] = sequence.ids[position] as number;
        ints[positions / 4 + row] = position;
      }
      if (output) ints[outputRows / 4 + outputs++] = row - 1;
    }
    Atomics.store(this.#words, Word.rows, row);
    Atomics.store(this.#words, Word.segments, segments.length);
    Atomics.store(this.#words, Word.outputs, outputs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    Atomics.store(this.#words, Word.stop, 1);
    Atomics.store(this.#words, Word.poison, 1);
    publish(this.#words, Word.pass, (this.#pass + 1) | 0);
    for (const worker of this.#workers) worker.terminate();
    this.#failure.reject(new Error("Cannot go on: the engine is closed"));
    return Promise.resolve();
  }

  #fail(worker: number, cause: unknown): void {
    Atomics.store(this.#words, Word.poison, 1);
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#failure.reject(new Error(`Cannot go on: worker ${worker} failed: ${reason}`, { cause }));
  }
}
