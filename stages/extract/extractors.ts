/**
 * Workers that take the text out of pages, so that no page can hold up the main thread: one that
 * takes too long, or kills its worker, is dropped, and the worker is replaced.
 *
 * @module
 */
import type { Page } from "../types.ts";
import { openPool, spareWorkers } from "../worker_pool.ts";
import type { ExtractDocumentOptions } from "./document.ts";
import type { ExtractAnswer, ExtractRequest } from "./extract_worker.ts";

/** A pool of workers; disposing it ends them. */
export interface Extractors extends Disposable {
  /**
   * What `extractDocument` gives, from whichever worker has least to do; a refusal as `timeout` or
   * `unreadable` where the page took too long or its worker failed. The caller bounds how much is
   * asked for at once.
   */
  extract(page: Page): Promise<ExtractAnswer>;
}

/** Choices for {@linkcode openExtractors}. */
export interface ExtractorsOptions extends ExtractDocumentOptions {
  /** All cores but one unless stated, at least one and at most four. */
  readonly workers?: number;
  /** How long one page may take, in milliseconds. */
  readonly maxPageMs?: number;
  /** Starts a worker that speaks as extract_worker.ts does. */
  readonly start?: () => Worker;
}

/** More are never worth it: they extract faster than the stages around them take and deliver. */
const MAX_WORKERS = 4;
/** Looks at a worker in the time that a page may take: it is over when none saw it get on. */
const LOOKS = 4;

/** Of a worker that may load its modules and nothing else. */
export const NO_PERMISSIONS: WorkerOptions & { deno: { permissions: "none" } } = {
  type: "module",
  deno: { permissions: "none" },
};

const startWorker = () =>
  new Worker(new URL("./extract_worker.ts", import.meta.url), NO_PERMISSIONS);

/**
 * Starts workers that extract.
 *
 * @throws {RangeError} when `workers` is no positive integer
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openExtractors } from "./extractors.ts";
 * using extractors = openExtractors({ engine: "fast", workers: 1 });
 * const result = await extractors.extract({
 *   url: "https://example.org/",
 *   contentType: "text/html",
 *   body: new TextEncoder().encode("<p>Hello, world.</p>"),
 *   fetchedAt: "2024-01-01T00:00:00.000Z",
 * });
 * assertEquals("text" in result && result.text, "Hello, world.");
 * ```
 */
export function openExtractors({
  workers = spareWorkers(MAX_WORKERS),
  maxPageMs = 10_000,
  start = startWorker,
  ...options
}: ExtractorsOptions = {}): Extractors {
  const pool = openPool("extractors", workers, () => new Extractor({ start, options, maxPageMs }));
  return {
    extract: (page) => pool.least().extract(page),
    [Symbol.dispose]: () => pool[Symbol.dispose](),
  };
}

interface Pending {
  readonly page: Page;
  readonly resolve: (answer: ExtractAnswer) => void;
  readonly reject: (error: Error) => void;
}

interface ExtractorOptions {
  readonly start: () => Worker;
  readonly options: ExtractDocumentOptions;
  readonly maxPageMs: number;
}

/** One worker, replaced when it fails, and what it has been asked for. */
class Extractor implements Disposable {
  readonly #options: ExtractorOptions;
  /** In the order in which the worker answers. */
  #pending: Pending[] = [];
  #load = 0;
  /** Started at the first page. */
  #worker: Worker | undefined;
  #progress = new Int32Array(new SharedArrayBuffer(4));
  /** The progress that was seen last, and how often. */
  #seen = -1;
  #looks = 0;
  #watch: ReturnType<typeof setInterval> | undefined;
  #isOver = false;

  constructor(options: ExtractorOptions) {
    this.#options = options;
  }

  /** Bytes that it has not extracted yet, and one for each page. */
  get load(): number {
    return this.#load;
  }

  extract(
    { url, contentType, body, fetchedAt, warc, declared, renderedBy }: Page,
  ): Promise<ExtractAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<ExtractAnswer>();
    if (this.#isOver) {
      reject(new Error("the extractors have been closed"));
      return promise;
    }
    // The head of the response stays here: extraction has no use for it.
    const about = {
      ...(warc && { warc }),
      ...(declared && { declared }),
      ...(renderedBy && { renderedBy }),
    };
    const page = { url, contentType, body, fetchedAt, ...about };
    this.#pending.push({ page, resolve, reject });
    this.#load += body.byteLength + 1;
    this.#worker ??= this.#start();
    this.#post({ kind: "extract", page });
    this.#watch ??= setInterval(() => this.#look(), this.#options.maxPageMs / LOOKS);
    return promise;
  }

  #start(): Worker {
    const worker = this.#options.start();
    this.#progress = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
    this.#seen = -1;
    this.#looks = 0;
    worker.onmessage = ({ data }: MessageEvent<ExtractAnswer>) => {
      // One that was replaced has nothing to say any more.
      if (worker === this.#worker) this.#answer(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker === this.#worker) {
        this.#replace("unreadable", `its extraction failed: ${event.message}`);
      }
    };
    worker.postMessage(
      {
        kind: "open",
        options: this.#options.options,
        progress: this.#progress,
      } satisfies ExtractRequest,
    );
    return worker;
  }

  #post(request: ExtractRequest): void {
    this.#worker?.postMessage(request);
  }

  /** The answer to the page that has waited longest. */
  #answer(answer: ExtractAnswer): void {
    const answered = this.#pending.shift();
    if (answered === undefined) return;
    this.#load -= answered.page.body.byteLength + 1;
    if (this.#pending.length === 0) this.#rest();
    answered.resolve(answer);
  }

  #rest(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
    this.#looks = 0;
  }

  /**
   * Whether the worker got on. What counts is its own word, not when its answers are heard: a main
   * thread that is busy itself must not be the end of a page.
   */
  #look(): void {
    const progress = Atomics.load(this.#progress, 0);
    if (progress !== this.#seen || progress === -1) {
      this.#seen = progress;
      this.#looks = 0;
    } else if (++this.#looks >= LOOKS) {
      const { maxPageMs } = this.#options;
      this.#replace("timeout", `its extraction took longer than ${maxPageMs} ms`);
    }
  }

  /**
   * Gives up the page at hand and starts anew with those after it. Deno cannot stop a thread: it
   * ends by itself once it is done with the page.
   */
  #replace(reason: "timeout" | "unreadable", detail: string): void {
    this.#worker?.terminate();
    this.#worker = this.#start();
    const item = this.#pending[0]?.page.url;
    if (item !== undefined) this.#answer({ item, reason, detail });
    for (const { page } of this.#pending) this.#post({ kind: "extract", page });
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#rest();
    this.#worker?.terminate();
    const error = new Error("the extractors have been closed");
    for (const { reject } of this.#pending.splice(0)) reject(error);
  }
}
