/**
 * How an engine runs a model, and the memory that it takes.
 *
 * @module
 */
import { hasSimd256, type KvFormat } from "../../kernels/mod.ts";
import type { ModelConfig } from "../../model/config.ts";
import type { LoraConfig } from "../../model/lora.ts";
import type { EngineAdapter } from "./placed_adapters.ts";
import { planEngine } from "./plan.ts";
import type { WeightFormat } from "./weights.ts";

/** Memory for keys and values unless it is given. */
export const CACHE_BYTES = 256 << 20;

/** How {@linkcode openWasmEngine} runs a model. */
export interface WasmEngineOptions {
  /** The model to run. */
  readonly config: ModelConfig;
  /** Laid out as `createLayout(config)` says; not needed any more once the engine is open. */
  readonly parameters: Float32Array;
  /** How to keep the weight matrices: `f32`, or `int8` for a quarter of the memory. */
  readonly weights?: WeightFormat;
  /** How to keep keys and values: `f32`, or `f16` or `int8` for half or a quarter of the memory. */
  readonly kv?: KvFormat;
  /** Threads that share each pass; the processor's number unless given. */
  readonly workers?: number;
  /** Adapters that sequences can ask for by name, beside the model as it is. */
  readonly adapters?: readonly EngineAdapter[];
  /** Memory for keys and values. */
  readonly cacheBytes?: number;
  /** Prompt tokens run in one step, of all sequences; more make prompts quicker and others wait. */
  readonly promptChunk?: number;
  /** Which weights these are. */
  readonly fingerprint?: string;
  /** Uses only operations that have one defined result on every machine. */
  readonly strictSimd?: boolean;
  /** Uses vectors twice as wide, to the same bits; whether the process has them unless given. */
  readonly simd256?: boolean;
}

/**
 * Memory that an engine takes.
 *
 * @throws {RangeError} when it is more than WebAssembly can address
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { presetConfig } from "../../model/config.ts";
 * import { wasmEngineBytes } from "./options.ts";
 * const config = presetConfig("tiny", { vocabSize: 512, endOfTextId: 0 });
 * const [small = 0, large = 0] = [1, 64].map((mib) =>
 *   wasmEngineBytes({ config, workers: 1, cacheBytes: mib << 20 })
 * );
 * assert(large - small > 60 << 20);
 * ```
 */
export function wasmEngineBytes(
  {
    config,
    workers = navigator.hardwareConcurrency,
    cacheBytes = CACHE_BYTES,
    weights = "f32",
    kv = "f32",
    strictSimd = false,
    simd256 = hasSimd256(),
    adapters = [],
  }:
    & Omit<WasmEngineOptions, "parameters" | "promptChunk" | "fingerprint" | "adapters">
    & { readonly adapters?: readonly LoraConfig[] },
): number {
  const parts = { config, workers, cacheBytes, format: weights, kv, adapters };
  return planEngine({ ...parts, simd256: simd256 && !strictSimd }).bytes;
}
