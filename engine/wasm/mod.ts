/**
 * The engine over this project's own kernels: weights packed once, keys and values in pages of one
 * shared memory, each pass shared out among workers. A sequence has the same logits bit for bit
 * alone and among others, however its prompt was cut and whether or not its beginning was known.
 *
 * @module
 */
import { compileKernels, hasSimd256, instantiateKernels, PAGE } from "../../kernels/mod.ts";
import type { ModelConfig } from "../../model/config.ts";
import { WorkerPool } from "../../workers/mod.ts";
import {
  checkPrompt,
  type Engine,
  NoRoomError,
  reservedLength,
  type Sequence,
  type SequenceOptions,
  type StepOptions,
} from "../engine.ts";
import { createExpWeights, type ExpWeights } from "../sampling/exp_weights.ts";
import { PooledStates } from "./embedding.ts";
import { controlWords } from "./control_words.ts";
import { createLayout } from "../../model/layout.ts";
import { type EngineAdapter, fillAdapter } from "./placed_adapters.ts";
import { allMatrices } from "./weights.ts";
import { PagePool } from "./pages.ts";
import { placePass, planPasses } from "./passes.ts";
import { placeParameters } from "./parameters.ts";
import { MAX_DRAFT, MAX_ROWS, phaseCount, type Plan, planEngine } from "./plan.ts";
import { WasmSequence } from "./sequence.ts";
import { CACHE_BYTES, type WasmEngineOptions } from "./options.ts";
import type { WorkerStart } from "./worker.ts";
export { wasmEngineBytes, type WasmEngineOptions } from "./options.ts";
export type { EngineAdapter } from "./placed_adapters.ts";
export { KV_FORMATS, type KvFormat } from "../../kernels/mod.ts";
export { WEIGHT_FORMATS, type WeightFormat } from "./weights.ts";

/**
 * Opens a model: packs its weights and starts the workers.
 *
 * @throws {RangeError} when it does not fit in the memory that WebAssembly can address
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { presetConfig } from "../../model/config.ts";
 * import { createLayout } from "../../model/layout.ts";
 * import { openWasmEngine } from "./mod.ts";
 * const config = presetConfig("tiny", { vocabSize: 512, endOfTextId: 0 });
 * const parameters = new Float32Array(createLayout(config).length);
 * await using engine = await openWasmEngine({ config, parameters, cacheBytes: 1 << 20 });
 * using sequence = engine.createSequence([1, 2, 3]);
 * const [logits] = await engine.step([sequence]);
 * assertEquals(logits?.length, 512);
 * ```
 */
export async function openWasmEngine(options: WasmEngineOptions): Promise<Engine> {
  const {
    config,
    workers = navigator.hardwareConcurrency,
    cacheBytes = CACHE_BYTES,
    weights = "f32",
    kv = "f32",
    promptChunk = MAX_ROWS,
    fingerprint = "wasm",
    strictSimd = false,
    simd256 = hasSimd256(),
    adapters = [],
  } = options;
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(`Cannot open the engine: workers must be >= 1, got ${workers}`);
  }
  const plan = planEngine({
    config,
    workers,
    cacheBytes,
    format: weights,
    kv,
    simd256: simd256 && !strictSimd,
    adapters: adapters.map(({ lora }) => lora),
  });
  const module = await compileKernels({ strictSimd });
  const pages = plan.bytes / 65536;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const kernels = instantiateKernels(module, memory);
  await placeParameters(options.parameters, { plan, memory, kernels });
  for (const [at, adapter] of adapters.entries()) {
    fillAdapter(adapter, {
      placed: plan.adapters[at] ?? new Map(),
      layout: createLayout(config),
      matrices: allMatrices(plan.weights),
      floats: new Float32Array(memory.buffer),
      kernels,
      scratch: plan.cache,
    });
  }
  const expWeights = createExpWeights(module, config.vocab_size);
  const engine = new WasmEngine({ plan, memory, expWeights, promptChunk, fingerprint, adapters });
  await engine.start(module);
  return engine;
}

class WasmEngine implements Engine {
  readonly config: ModelConfig;
  readonly fingerprint: string;
  readonly embeds = true;
  /** Its rows fit the outputs of any pass. */
  readonly maxDraft = MAX_DRAFT;
  readonly expWeights: ExpWeights;
  readonly #plan: Plan;
  readonly #memory: WebAssembly.Memory;
  readonly #words: Int32Array;
  readonly #workers: WorkerPool;
  readonly #pool: PagePool;
  readonly #promptChunk: number;
  readonly #adapters: readonly string[];

  constructor(
    { plan, memory, expWeights, promptChunk, fingerprint, adapters }: {
      plan: Plan;
      memory: WebAssembly.Memory;
      expWeights: ExpWeights;
      promptChunk: number;
      fingerprint: string;
      adapters: readonly EngineAdapter[];
    },
  ) {
    this.config = plan.config;
    this.fingerprint = fingerprint;
    this.#plan = plan;
    this.#memory = memory;
    const words = controlWords(phaseCount(plan.config));
    this.#words = new Int32Array(memory.buffer, plan.control, words);
    this.#workers = new WorkerPool(this.#words);
    this.expWeights = expWeights;
    this.#pool = new PagePool(plan.pages);
    this.#promptChunk = promptChunk;
    this.#adapters = adapters.map(({ name }) => name);
  }

  /** Spawns the workers; resolves when all are ready. */
  async start(module: WebAssembly.Module): Promise<void> {
    const starts = this.#plan.workers.map((_, worker): WorkerStart => {
      return { worker, plan: this.#plan, module, memory: this.#memory };
    });
    await this.#workers.start(
      starts,
      (worker) =>
        new Worker(new URL("./worker.ts", import.meta.url), {
          type: "module",
          name: `engine-${worker}`,
        }),
    );
  }

  get cache() {
    const { pages: total, pageBytes } = this.#plan;
    const used = total - this.#pool.available;
    return {
      totalBytes: total * pageBytes,
      usedBytes: used * pageBytes,
      pages: { total, used },
    };
  }

  createSequence(promptIds: ArrayLike<number>, options: SequenceOptions = {}): Sequence {
    checkPrompt(promptIds, this.config);
    const length = reservedLength(promptIds.length, options, this.config);
    const { pooling, adapter: name } = options;
    const adapter = name === undefined ? 0 : this.#adapters.indexOf(name) + 1;
    if (name !== undefined && adapter === 0) {
      throw new RangeError(`Cannot begin a sequence: the engine has no adapter ${name}`);
    }
    // Of tokens that were read before there are keys and values alone.
    const known = pooling === undefined ? promptIds : [];
    const lease = this.#pool.acquire(known, length, adapter);
    if (!lease) {
      throw new NoRoomError(
        `Cannot begin a sequence of ${length} tokens: ${this.#pool.available} of ` +
          `${this.#pool.count} pages of ${PAGE} are left in the cache`,
      );
    }
    const states = pooling && new PooledStates(pooling, this.#plan);
    const parts = { lease, pool: this.#pool, states, adapter, room: length };
    return new WasmSequence(Array.from(promptIds), parts);
  }

  async step(
    sequences: readonly Sequence[],
    { promptTokens = this.#promptChunk, drafts }: StepOptions = {},
  ): Promise<(Float32Array | undefined)[]> {
    const own = sequences.map((sequence) => this.#own(sequence));
    const results = new Array<Float32Array | undefined>(sequences.length).fill(undefined);
    const passes = planPasses(own, {
      maxRows: MAX_ROWS,
      maxOutputs: this.#plan.maxOutputs,
      promptTokens: Math.min(this.#promptChunk, promptTokens),
      drafts,
    });
    const ints = new Int32Array(this.#memory.buffer);
    for (const [i, segments] of passes.entries()) {
      placePass(segments, { plan: this.#plan, ints, words: this.#words });
      await this.#workers.run();
      let row = 0;
      for (const { sequence, from, to, index, draft } of segments) {
        sequence.advance(to - draft.length, draft);
        sequence.states?.add(this.#memory, { row, rows: to - from });
        if (to === sequence.length) results[index] = sequence.states?.embedding;
        row += to - from;
      }
      let output = 0;
      for (const { index, outputs } of segments) {
        if (outputs === 0) continue;
        const { vocab_size: V } = this.config;
        const at = this.#plan.logits + output * V * 4;
        const logits = new Float32Array(this.#memory.buffer, at, outputs * V);
        output += outputs;
        // The next pass writes over the logits of this one.
        results[index] = i === passes.length - 1 ? logits : logits.slice();
      }
    }
    return results;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#workers[Symbol.asyncDispose]();
  }

  #own(sequence: Sequence): WasmSequence {
    if (sequence instanceof WasmSequence && sequence.pool === this.#pool) return sequence;
    throw new TypeError("Cannot run a sequence: another engine created it");
  }
}
