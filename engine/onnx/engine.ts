/**
 * Runs an exported Llama-style ONNX file, ours or another's with the same inputs and outputs, on
 * onnxruntime's WebAssembly build.
 *
 * @module
 */
import type * as ort from "onnxruntime-web";
import type { ModelConfig } from "../../model/config.ts";
import { checkPrompt, type Engine, NoRoomError, reservedLength, type Sequence } from "../engine.ts";
import { loadOnnxRuntime, type OnnxRuntime } from "./runtime.ts";
import { type OnnxSignature, readSignature } from "./signature.ts";
import { turnOver } from "../turns.ts";

/** How {@linkcode openOnnxEngine} finds and runs a model. */
export interface OnnxEngineOptions {
  /** Path of the ONNX file, or its bytes. */
  readonly model: string | Uint8Array;
  /** The model that the file holds; its layers, key/value heads and vocabulary must agree. */
  readonly config: ModelConfig;
  /** Threads within one step; the first engine of a process decides for all. */
  readonly threads?: number;
  /** Prompt tokens run in one step, of all sequences; more make prompts quicker and others wait. */
  readonly promptChunk?: number;
  /** Memory for keys and values. */
  readonly cacheBytes?: number;
  /** Which weights these are. */
  readonly fingerprint?: string;
}

/**
 * Creates a session and puts back what onnxruntime's loader, which takes Deno for Node, has replaced:
 * after it, `new Worker` would make Node's kind of worker in the whole process.
 */
async function createSession(
  runtime: OnnxRuntime,
  bytes: Uint8Array,
): Promise<ort.InferenceSession> {
  const { Worker } = globalThis;
  try {
    return await runtime.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  } finally {
    globalThis.Worker = Worker;
  }
}

/** A sequence with its keys and values. */
class OnnxSequence implements Sequence {
  readonly ids: number[];
  /** Tensors by the name of the input they feed; each `[1, K, cached, N]`. */
  past: Record<string, ort.Tensor>;
  /** Tokens already in `past`. */
  cached = 0;
  readonly reused = 0;
  #free: () => void;

  constructor(
    promptIds: ArrayLike<number>,
    { past, free }: { past: Record<string, ort.Tensor>; free: () => void },
  ) {
    this.ids = Array.from(promptIds);
    this.past = past;
    this.#free = free;
  }

  get length(): number {
    return this.ids.length;
  }

  append(id: number): void {
    this.ids.push(id);
  }

  [Symbol.dispose](): void {
    disposeAll(this.past);
    this.past = {};
    this.#free();
    this.#free = () => {};
  }
}

/**
 * Opens a model. It runs on the calling thread, giving way to other work after every sequence.
 *
 * @throws {RangeError} when another engine of this process has another number of threads
 * @throws {SyntaxError} when the file is damaged or hostile, see {@linkcode checkOnnx}
 * @throws {TypeError} when the file is not that of a decoder of `config`, see {@linkcode readSignature}
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { presetConfig } from "../../model/config.ts";
 * import { createLayout } from "../../model/layout.ts";
 * import { exportOnnx } from "../../model/onnx/mod.ts";
 * import { openOnnxEngine } from "./engine.ts";
 * const config = presetConfig("tiny", { vocabSize: 512, endOfTextId: 0 });
 * const layout = createLayout(config);
 * const model = exportOnnx({ config, layout, parameters: new Float32Array(layout.length) });
 * await using engine = await openOnnxEngine({ model, config });
 * using sequence = engine.createSequence([1, 2, 3]);
 * const [logits] = await engine.step([sequence]);
 * assertEquals(logits?.length, 512);
 * ```
 */
export async function openOnnxEngine(options: OnnxEngineOptions): Promise<Engine> {
  const { model, config, threads = 1, promptChunk = 128, cacheBytes = 512 << 20 } = options;
  const { fingerprint = "onnx" } = options;
  const { checkOnnx } = await import("../../model/onnx/mod.ts");
  const runtime = await loadOnnxRuntime();
  useThreads(runtime, threads);
  const bytes = typeof model === "string" ? await Deno.readFile(model) : model;
  checkOnnx(bytes, { source: typeof model === "string" ? model : "the ONNX model" });
  const session = await createSession(runtime, bytes);
  const signature = readSignature(session, config);
  const { num_key_value_heads: K, head_dim: N } = config;
  const tokenBytes = config.num_hidden_layers * 2 * K * N * Float32Array.BYTES_PER_ELEMENT;
  let usedBytes = 0;

  return {
    config,
    fingerprint,
    get cache() {
      return { totalBytes: cacheBytes, usedBytes };
    },
    createSequence(promptIds, options = {}) {
      checkPrompt(promptIds, config);
      if (options.pooling) {
        throw new TypeError("Cannot embed a text: an ONNX file gives logits alone");
      }
      const bytes = reservedLength(promptIds.length, options, config) * tokenBytes;
      if (bytes > cacheBytes) {
        throw new RangeError(
          `Cannot continue the prompt: with its answer it takes ${bytes} bytes of the cache's ` +
            `${cacheBytes}; ask for fewer tokens`,
        );
      }
      if (usedBytes + bytes > cacheBytes) {
        throw new NoRoomError("Cannot begin a sequence: the cache is full");
      }
      usedBytes += bytes;
      const empty = () => new runtime.Tensor("float32", new Float32Array(0), [1, K, 0, N]);
      const past = Object.fromEntries(signature.cache.map(({ past }) => [past, empty()]));
      return new OnnxSequence(promptIds, { past, free: () => usedBytes -= bytes });
    },
    async step(sequences, { promptTokens = promptChunk } = {}) {
      const results: (Float32Array | undefined)[] = [];
      let promptLeft = Math.min(promptChunk, promptTokens);
      for (const sequence of sequences) {
        if (!(sequence instanceof OnnxSequence)) {
          throw new TypeError("Cannot run a sequence: another engine created it");
        }
        const ahead = sequence.ids.length - sequence.cached;
        const count = ahead === 1 ? 1 : Math.min(ahead, promptLeft);
        if (ahead > 1) promptLeft -= count;
        results.push(
          count > 0 ? await advance(sequence, { runtime, session, signature, count }) : undefined,
        );
        // The computation holds this thread; sockets and timers get their turn here.
        await turnOver();
      }
      return results;
    },
    async [Symbol.asyncDispose]() {
      await session.release();
    },
  };
}

let threadsInUse: number | undefined;

function useThreads({ env }: OnnxRuntime, threads: number): void {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`Cannot open the ONNX engine: threads must be >= 1, got ${threads}`);
  }
  if (threadsInUse !== undefined && threadsInUse !== threads) {
    throw new RangeError(
      `Cannot open the ONNX engine with ${threads} threads: this process already uses ${threadsInUse}`,
    );
  }
  threadsInUse = threads;
  env.wasm.numThreads = threads;
  env.logLevel = "error";
}

/** Runs the next `count` tokens of one sequence; logits once none are left. */
async function advance(
  sequence: OnnxSequence,
  { runtime, session, signature, count }: {
    runtime: OnnxRuntime;
    session: ort.InferenceSession;
    signature: OnnxSignature;
    count: number;
  },
): Promise<Float32Array | undefined> {
  const from = sequence.cached;
  const to = from + count;
  const fresh = sequence.ids.slice(from, to).map(BigInt);
  const int64 = (values: bigint[]) =>
    new runtime.Tensor("int64", BigInt64Array.from(values), [1, values.length]);
  const { logits, ...outputs } = await session.run({
    input_ids: int64(fresh),
    attention_mask: int64(new Array<bigint>(to).fill(1n)),
    ...signature.takesPositions &&
      { position_ids: int64(fresh.map((_, i) => BigInt(from + i))) },
    ...sequence.past,
  });
  disposeAll(sequence.past);
  sequence.past = Object.fromEntries(
    signature.cache.map(({ past, present }) => [past, outputs[present] as ort.Tensor]),
  );
  sequence.cached = to;
  if (!(logits?.data instanceof Float32Array)) {
    throw new TypeError("Cannot run the ONNX model: its output logits is not float32");
  }
  const last = logits.data.slice(-(logits.dims[2] ?? 0));
  logits.dispose();
  return to === sequence.ids.length ? last : undefined;
}

function disposeAll(tensors: Record<string, ort.Tensor>): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}
