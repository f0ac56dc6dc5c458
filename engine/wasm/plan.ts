/**
 * Where everything lies in the shared memory of an engine, decided before any of it is allocated.
 *
 * @module
 */
import {
  INT8_SCRATCH,
  type KvFormat,
  packedASize,
  PAGE,
  pagedScratchSize,
  pageHeadSize,
  SIMD256_BYTES,
  wordsOf,
} from "../../kernels/mod.ts";
import type { ModelConfig } from "../../model/config.ts";
import { createLayout } from "../../model/layout.ts";
import type { LoraConfig } from "../../model/lora.ts";
import { placeAdapter, type PlacedAdapters } from "./placed_adapters.ts";
import { controlWords } from "./control_words.ts";
import { allMatrices, placeWeights, type WeightFormat, type Weights } from "./weights.ts";

/** Rows of one pass, whole interleaved panels: tokens that go through the model together. */
export const MAX_ROWS = 256;
/** Tokens of a draft: one row fewer than the logits of any pass. */
export const MAX_DRAFT = 15;
/** Most memory for the logits of one pass. */
const LOGITS_BYTES = 64 << 20;
/** What 32 bits address. */
const ADDRESSABLE = 2 ** 32;
/** WebAssembly's page. */
const WASM_PAGE = 65536;

/** Integers of a segment in a pass. */
export const Segment = {
  /** First row of the pass that belongs to it. */
  row: 0,
  rows: 1,
  /** Position of its first row in its sequence. */
  position: 2,
  /** 1-based adapter of its sequence; 0 for none. */
  adapter: 3,
  width: 4,
} as const;

/** Byte addresses of what one worker alone uses. */
export interface WorkerPlan {
  /** [rows, D] */
  readonly normed: number;
  /** [rows] */
  readonly rstd: number;
  /** Left operand of a product, packed. */
  readonly packed: number;
  /** Memory of the 256-bit tile; 0 where it is not used. */
  readonly simd256Tile: number;
  /** The same in int8, `[rows, k]`, with scales and sums `[rows]`; where the weights are int8. */
  readonly quantized: number;
  readonly scales: number;
  readonly sums: number;
  readonly sumScratch: number;
  /** [rows, columns] of a piece of gate and up. */
  readonly gate: number;
  readonly up: number;
  /** Scratch of attention. */
  readonly scores: number;
  /** [rank] between the two matrices of an adapter. */
  readonly adapted: number;
}

/** Byte addresses; all but the workers' own areas are shared. */
export interface Plan {
  readonly config: ModelConfig;
  readonly format: WeightFormat;
  /** How keys and values are kept. */
  readonly kv: KvFormat;
  readonly bytes: number;
  readonly control: number;
  readonly ropeCos: number;
  readonly ropeSin: number;
  readonly weights: Weights;
  readonly adapters: readonly PlacedAdapters[];
  /** i32[rows] token ids and positions of the pass. */
  readonly ids: number;
  readonly positions: number;
  /** i32[segments, {@linkcode Segment.width}] */
  readonly segments: number;
  /** i32[segments, pagesPerSequence] */
  readonly tables: number;
  /** i32[outputs]: rows whose logits are wanted. */
  readonly outputRows: number;
  /** [rows, D] residual stream */
  readonly x: number;
  /** [rows, (H + 2K) N] */
  readonly qkv: number;
  /** [rows, H N] */
  readonly attended: number;
  /** [rows, F] */
  readonly activated: number;
  /** [outputs, V] */
  readonly logits: number;
  readonly maxOutputs: number;
  readonly workers: readonly WorkerPlan[];
  /** Pages of keys and values, `[layer][K]` heads each. */
  readonly cache: number;
  readonly pageBytes: number;
  readonly pages: number;
  readonly pagesPerSequence: number;
}

/** What an engine is planned for. */
export interface PlanOptions {
  readonly config: ModelConfig;
  readonly workers: number;
  readonly cacheBytes: number;
  readonly format?: WeightFormat;
  readonly kv?: KvFormat;
  /** Whether products take the 256-bit tile. */
  readonly simd256?: boolean;
  readonly adapters?: readonly LoraConfig[];
}

/**
 * Places everything for `workers` workers and about `cacheBytes` of keys and values. The cache holds a
 * whole context; where WebAssembly cannot address that, the context is as long as `cacheBytes` hold.
 *
 * @throws {RangeError} when it is more than WebAssembly can address all the same
 */
export function planEngine(options: PlanOptions): Plan {
  const { config, workers, cacheBytes } = options;
  const whole = layOut(options);
  if (whole.bytes <= ADDRESSABLE) return whole;
  const tokens = Math.floor(cacheBytes / whole.pageBytes) * PAGE;
  const max_position_embeddings = Math.min(config.max_position_embeddings, tokens);
  const short = tokens < PAGE
    ? whole
    : layOut({ ...options, config: { ...config, max_position_embeddings } });
  if (short.bytes <= ADDRESSABLE) return short;
  throw new RangeError(
    `Cannot open the engine: weights, ${workers} workers and the cache take ` +
      `${
        Math.ceil(short.bytes / 2 ** 20)
      } MiB, and WebAssembly addresses 4096; use a smaller cache ` +
      `or int8 weights`,
  );
}

/** Places everything, whether it can be addressed or not. */
function layOut(
  { config, workers, cacheBytes, format = "f32", kv = "f32", ...options }: PlanOptions,
): Plan {
  const { simd256 = false, adapters = [] } = options;
  const { hidden_size: D, intermediate_size: F, vocab_size: V, head_dim: N } = config;
  const { num_attention_heads: H, num_key_value_heads: K, num_hidden_layers: L } = config;
  const context = config.max_position_embeddings;
  const Q = (H + 2 * K) * N, A = H * N, M = MAX_ROWS;
  // The first page is the kernels' own.
  let end = WASM_PAGE;
  const take = (floats: number) => {
    const address = end;
    end += Math.ceil(floats / 16) * 64;
    return address;
  };
  const maxOutputs = Math.max(MAX_DRAFT + 1, Math.min(M, Math.floor(LOGITS_BYTES / 4 / V)));
  const pagesPerSequence = Math.ceil(context / PAGE);
  const layout = createLayout(config);
  const weights = placeWeights({ config, layout, format, take });
  const matrices = allMatrices(weights);
  const placedAdapters = adapters.map((lora) => placeAdapter({ lora, layout, matrices, take }));
  const ranks = placedAdapters.flatMap((placed) => [...placed.values()].map(({ rank }) => rank));
  const rank = Math.max(0, ...ranks);
  const placed = {
    control: take(controlWords(phaseCount(config))),
    ropeCos: take(context * N / 2),
    ropeSin: take(context * N / 2),
    weights,
    adapters: placedAdapters,
    ids: take(M),
    positions: take(M),
    segments: take(M * Segment.width),
    tables: take(M * pagesPerSequence),
    outputRows: take(maxOutputs),
    x: take(M * D),
    qkv: take(M * Q),
    attended: take(M * A),
    activated: take(M * F),
    logits: take(maxOutputs * V),
    workers: Array.from({ length: workers }, () => ({
      normed: take(M * D),
      rstd: take(Math.max(M, H)),
      packed: take(packedASize(M, Math.max(D, A, F))),
      simd256Tile: simd256 ? take(SIMD256_BYTES / 4) : 0,
      quantized: take(M * wordsOf(Math.max(D, A, F))),
      scales: take(M),
      sums: take(M),
      sumScratch: take(INT8_SCRATCH),
      gate: take(M * F),
      up: take(M * F),
      scores: take(pagedScratchSize(context, N, { heads: H / K, kv })),
      adapted: take(rank),
    })),
  };
  const pageBytes = L * K * pageHeadSize(N, kv) * 4;
  const least = Math.max(
    ...matrices.map(({ n, k }) => Math.max(n * (k + wordsOf(k) + 1), rank * Math.max(n, k)) * 4),
  );
  // Matrices pass through the cache's memory on their way to their packed form.
  const pages = Math.max(pagesPerSequence, Math.ceil(Math.max(cacheBytes, least) / pageBytes));
  const cache = take(pages * pageBytes / 4);
  const bytes = Math.ceil(end / WASM_PAGE) * WASM_PAGE;
  return {
    config,
    format,
    kv,
    bytes,
    maxOutputs,
    ...placed,
    cache,
    pageBytes,
    pages,
    pagesPerSequence,
  };
}

/** Embedding, five products and attentions a layer, and the head. */
export function phaseCount({ num_hidden_layers: L }: ModelConfig): number {
  return 1 + 5 * L + 1;
}
