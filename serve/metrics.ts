/**
 * The server's figures for Prometheus.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RequestNotes } from "./access_log.ts";
import type { GenerationMeter } from "../engine/mod.ts";
import type { Figures } from "./figures.ts";

/** Bounds in seconds: from a token of a tiny model to a long prompt in a long queue. */
const FIRST_TOKEN_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const NEXT_TOKEN_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** A request that has ended. */
export interface EndedRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  /** Name of the API key that it bore. */
  readonly key?: string | undefined;
}

/** Methods that are counted by name; a client could make up any number of others. */
const METHODS: ReadonlySet<string> = new Set(
  ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
);

/**
 * Counters of one server since it began. Names begin with `cllm_serve_`; seconds and bytes are base
 * units, as Prometheus asks.
 */
export class ServeMetrics {
  readonly #registry = new Registry();
  readonly #requests = this.#counter("http_requests_total", "Requests that have ended", [
    "method",
    "route",
    "status",
  ]);
  readonly #prompt = this.#counter("prompt_tokens_total", "Tokens of admitted prompts");
  readonly #reused = this.#counter(
    "prompt_tokens_reused_total",
    "Tokens of prompts whose keys and values were in the cache already",
  );
  readonly #admitted = this.#counter("generations_total", "Generations that were admitted");
  readonly #hits = this.#counter(
    "prefix_cache_hits_total",
    "Admitted generations whose prompt began like a text in the cache",
  );
  readonly #generated = this.#counter("generated_tokens_total", "Tokens that were generated");
  readonly #drafted = this.#counter(
    "drafted_tokens_total",
    "Guessed tokens that were checked, with --lookup",
  );
  readonly #accepted = this.#counter("accepted_tokens_total", "Of those, the ones that were right");
  readonly #keyRequests = this.#counter("key_requests_total", "Requests by API key", [
    "key",
    "status",
  ]);
  readonly #keyPrompt = this.#counter("key_prompt_tokens_total", "Prompt tokens by API key", [
    "key",
  ]);
  readonly #keyGenerated = this.#counter(
    "key_generated_tokens_total",
    "Generated tokens by API key",
    ["key"],
  );
  readonly #keyRefused = this.#counter(
    "key_refused_total",
    "Requests refused by a limit of their API key",
    ["key", "limit"],
  );
  readonly #first = this.#histogram(
    "time_to_first_token_seconds",
    "From a request to its first token, waiting in the queue included",
    FIRST_TOKEN_SECONDS,
  );
  readonly #next = this.#histogram(
    "time_between_tokens_seconds",
    "From a token to the next, without the time in which the client was not reading",
    NEXT_TOKEN_SECONDS,
  );

  constructor(figures: Figures) {
    this.#gauge("running", "Generations that run", () => figures.running);
    this.#gauge("waiting", "Generations in the queue", () => figures.waiting);
    const cache = () => figures.cache;
    this.#gauge("cache_bytes", "Memory for keys and values", () => cache().totalBytes);
    this.#gauge("cache_used_bytes", "Of that, held by generations", () => cache().usedBytes);
    this.#gauge("cache_pages", "Pages of keys and values", () => cache().pages?.total);
    this.#gauge("cache_used_pages", "Of those, held by generations", () => cache().pages?.used);
    this.#gauge(
      "resident_memory_bytes",
      "Memory of the whole process",
      () => Deno.memoryUsage().rss,
    );
    new Gauge({
      name: "cllm_serve_model_info",
      help: "1 for the weights that answer new requests",
      labelNames: ["fingerprint"],
      registers: [this.#registry],
      collect() {
        this.reset();
        this.set({ fingerprint: figures.fingerprint }, 1);
      },
    });
  }

  /** What a generation tells, counted here and noted for its request. */
  meter(notes: RequestNotes): GenerationMeter {
    return {
      admitted: ({ promptTokens, reusedTokens }) => {
        this.#admitted.inc();
        if (reusedTokens > 0) this.#hits.inc();
        this.#prompt.inc(promptTokens);
        this.#reused.inc(reusedTokens);
        notes.tokensIn += promptTokens;
        if (notes.key) this.#keyPrompt.inc({ key: notes.key.name }, promptTokens);
      },
      token: ({ isFirst, seconds }) => {
        (isFirst ? this.#first : this.#next).observe(seconds);
        this.#generated.inc();
        notes.tokensOut++;
        if (notes.key) this.#keyGenerated.inc({ key: notes.key.name });
      },
      drafted: ({ read, accepted }) => {
        this.#drafted.inc(read);
        this.#accepted.inc(accepted);
      },
    };
  }

  /** Counts a request by its route. */
  ended({ method, route, status, key }: EndedRequest): void {
    this.#requests.inc({ method: METHODS.has(method) ? method : "other", route, status });
    if (key !== undefined) this.#keyRequests.inc({ key, status });
  }

  /** Counts a request that a limit of its key refused. */
  refused({ key, limit }: { key: string; limit: string }): void {
    this.#keyRefused.inc({ key, limit });
  }

  /** Text in the exposition format, version 0.0.4. */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({
      name: `cllm_serve_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
    });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({
      name: `cllm_serve_${name}`,
      help,
      buckets,
      registers: [this.#registry],
    });
  }

  /** A figure that is read when it is asked for; one that there is not is left out. */
  #gauge(name: string, help: string, read: () => number | undefined): void {
    if (read() === undefined) return;
    new Gauge({
      name: `cllm_serve_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read() ?? 0);
      },
    });
  }
}
