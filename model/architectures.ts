/**
 * The families of decoders that this program runs, and all that tells them apart: layout, passes,
 * engine, exports and config.json derive from this table. To add a family, add an entry.
 *
 * @module
 */
/** What makes a family of decoders differ from the plain Llama. */
export interface Architecture {
  /** The class of transformers that loads it. */
  readonly className: string;
  /** Fields of config.json that choose biases; without them `attention_bias` is as here. */
  readonly biasFields: readonly ("attention_bias" | "mlp_bias")[];
  /** Whether q, k and v have biases where no field says so. */
  readonly attentionBias: boolean;
  /** Whether `attention_bias` holds for the output projection too. */
  readonly outputBias: boolean;
  /** RMSNorm over each head of queries and keys, before the rotation. */
  readonly headNorms: boolean;
  /** Every so many layers one has no rotary positions; 0 for none, unless `no_rope_layers` says. */
  readonly noRopeInterval: number;
  /** What transformers takes where config.json leaves a field out; other defaults are Llama's. */
  readonly defaults: {
    readonly num_key_value_heads?: number;
    readonly head_dim?: number;
    readonly rope_theta?: number;
    readonly tie_word_embeddings?: boolean;
  };
  /** llama.cpp's name, and whether its rotation pairs neighbours, so that rows are interleaved. */
  readonly gguf: { readonly name: string; readonly interleaved: boolean };
  /** Fields of config.json besides the common ones, which switch off what is not supported. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const LLAMA: Architecture = {
  className: "LlamaForCausalLM",
  biasFields: ["attention_bias", "mlp_bias"],
  attentionBias: false,
  outputBias: true,
  headNorms: false,
  noRopeInterval: 0,
  defaults: {},
  gguf: { name: "llama", interleaved: true },
  fields: {},
};

const NO_WINDOW = { sliding_window: null };

/** By `model_type`. SmolLM and SmolLM2 are Llamas. */
export const ARCHITECTURES = {
  llama: LLAMA,
  mistral: {
    ...LLAMA,
    className: "MistralForCausalLM",
    biasFields: [],
    defaults: { num_key_value_heads: 8 },
    fields: NO_WINDOW,
  },
  qwen2: {
    ...LLAMA,
    className: "Qwen2ForCausalLM",
    biasFields: [],
    attentionBias: true,
    outputBias: false,
    defaults: { num_key_value_heads: 32 },
    gguf: { name: "qwen2", interleaved: false },
    fields: { ...NO_WINDOW, use_sliding_window: false },
  },
  qwen3: {
    ...LLAMA,
    className: "Qwen3ForCausalLM",
    biasFields: ["attention_bias"],
    headNorms: true,
    defaults: { num_key_value_heads: 32, head_dim: 128 },
    gguf: { name: "qwen3", interleaved: false },
    fields: { ...NO_WINDOW, use_sliding_window: false },
  },
  smollm3: {
    ...LLAMA,
    className: "SmolLM3ForCausalLM",
    noRopeInterval: 4,
    defaults: { num_key_value_heads: 4, rope_theta: 2_000_000, tie_word_embeddings: true },
    gguf: { name: "smollm3", interleaved: true },
    fields: { ...NO_WINDOW, use_sliding_window: false },
  },
} as const satisfies Record<ArchitectureName, Architecture>;

/** A `model_type` in {@linkcode ARCHITECTURES}. */
export type ArchitectureName = "llama" | "mistral" | "qwen2" | "qwen3" | "smollm3";

/** All names. */
export const ARCHITECTURE_NAMES = Object.keys(ARCHITECTURES) as ArchitectureName[];

/**
 * The entry of a model.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { architectureOf } from "./architectures.ts";
 * assertEquals(architectureOf({ model_type: "qwen3" }).headNorms, true);
 * ```
 */
export function architectureOf(
  { model_type }: { readonly model_type: ArchitectureName },
): Architecture {
  return ARCHITECTURES[model_type];
}

/** Which projections of a model have biases. */
export function biasesOf(
  config: {
    readonly model_type: ArchitectureName;
    readonly attention_bias: boolean;
    readonly mlp_bias: boolean;
  },
): { readonly qkv: boolean; readonly output: boolean; readonly mlp: boolean } {
  const { attention_bias, mlp_bias } = config;
  const { outputBias } = architectureOf(config);
  return { qkv: attention_bias, output: attention_bias && outputBias, mlp: mlp_bias };
}

/** Whether layer `index` rotates its queries and keys. */
export function usesRope(
  { no_rope_layers }: { readonly no_rope_layers: readonly number[] | null },
  index: number,
): boolean {
  return no_rope_layers === null || no_rope_layers[index] !== 0;
}

/** `no_rope_layers` of a model whose every `interval`th layer has no rotary positions. */
export function noRopeLayers(
  { interval, layers }: { interval: number; layers: number },
): readonly number[] | null {
  if (interval === 0) return null;
  return Array.from({ length: layers }, (_, i) => Number((i + 1) % interval !== 0));
}
