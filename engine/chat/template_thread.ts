/**
 * Writes long conversations down in a thread without permissions: the work is bounded, but nobody else
 * is to wait for it.
 *
 * @module
 */
import type {
  Message,
  RenderOptions,
  TemplateSource,
  ThreadAnswer,
  ThreadRequest,
} from "./conversation.ts";

/** One conversation takes a second or two at most; what takes longer hangs. */
const MAX_MS = 10_000;
/** How long the thread waits for another conversation before it ends. */
const IDLE_MS = 5000;

interface Job {
  readonly request: ThreadRequest;
  readonly resolve: (text: string) => void;
  readonly reject: (error: Error) => void;
}

/** A thread for one template, started with the first conversation and ended when none comes. */
export class TemplateThread {
  readonly #template: TemplateSource;
  readonly #maxMs: number;
  readonly #jobs: Job[] = [];
  #worker: Worker | undefined;
  #isReady = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(template: TemplateSource, { maxMs = MAX_MS }: { maxMs?: number } = {}) {
    this.#template = template;
    this.#maxMs = maxMs;
  }

  /**
   * The conversation as text, after those that were asked for before.
   *
   * @throws {Error} when the template refuses it, breaks or takes too long
   */
  async render(messages: readonly Message[], options: RenderOptions): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#jobs.push({ request: { kind: "render", messages, options }, resolve, reject });
    if (this.#jobs.length === 1) this.#begin();
    return await promise;
  }

  /** Begins with the conversation that has waited longest. */
  #begin(): void {
    clearTimeout(this.#timer);
    const [job] = this.#jobs;
    if (job === undefined) {
      this.#timer = setTimeout(() => this.#end(), IDLE_MS);
      Deno.unrefTimer(this.#timer);
      return;
    }
    this.#worker ??= this.#start();
    this.#worker.postMessage(job.request);
    if (this.#isReady) this.#watch();
  }

  /** Looks at the clock from now on; how long the thread takes to start says nothing. */
  #watch(): void {
    this.#timer = setTimeout(
      () => this.#fail(new Error(`it takes more than ${this.#maxMs / 1000} seconds`)),
      this.#maxMs,
    );
  }

  #start(): Worker {
    const options: WorkerOptions & { deno: { permissions: "none" } } = {
      type: "module",
      deno: { permissions: "none" },
    };
    const worker = new Worker(new URL("./template_worker.ts", import.meta.url), options);
    worker.onmessage = ({ data }: MessageEvent<ThreadAnswer>) => {
      // One that was replaced has nothing to say any more.
      if (worker !== this.#worker) return;
      if ("isReady" in data) {
        this.#isReady = true;
        return this.#watch();
      }
      const job = this.#jobs.shift();
      if ("text" in data) job?.resolve(data.text);
      else job?.reject(new Error(data.reason));
      this.#begin();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker === this.#worker) this.#fail(new Error(`its thread broke down: ${event.message}`));
    };
    worker.postMessage({ kind: "open", template: this.#template } satisfies ThreadRequest);
    return worker;
  }

  /** Gives up the conversation at hand, and the thread with it. */
  #fail(error: Error): void {
    this.#end();
    this.#jobs.shift()?.reject(error);
    this.#begin();
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#isReady = false;
  }
}
