/**
 * What the model is: a Llama-style decoder of a family in architectures.ts, described with the field
 * names of Hugging Face's configurations, so that its config.json is theirs.
 *
 * @module
 */
import type { ArchitectureName } from "./architectures.ts";
import { RECIPE_TABLE, type RecipeName } from "./recipes.ts";
import type { RopeScaling } from "./rope.ts";

/** Hyperparameters of a decoder. Dimension letters used everywhere: V vocab, D hidden,
 * F intermediate, L layers, H heads, K key/value heads, N head_dim. */
export interface ModelConfig {
  /** The family; `llama` in presets. */
  readonly model_type: ArchitectureName;
  /** Whether q, k and v, and in some families the output projection, have biases. */
  readonly attention_bias: boolean;
  /** Whether gate, up and down have biases. */
  readonly mlp_bias: boolean;
  /** V */
  readonly vocab_size: number;
  /** D */
  readonly hidden_size: number;
  /** F */
  readonly intermediate_size: number;
  /** L */
  readonly num_hidden_layers: number;
  /** H */
  readonly num_attention_heads: number;
  /** K; divides H */
  readonly num_key_value_heads: number;
  /** N, even */
  readonly head_dim: number;
  /** Longest sequence, prompt and answer together, in tokens. */
  readonly max_position_embeddings: number;
  /** Added to the mean square in RMSNorm, above 0; 1e-5 in presets. */
  readonly rms_norm_eps: number;
  /** Base of the rotary position embedding; 10,000 in presets. */
  readonly rope_theta: number;
  /** How rotary frequencies are stretched for long texts; null where they are not. */
  readonly rope_scaling: RopeScaling | null;
  /** By layer, 0 where it has no rotary positions; null where all have. */
  readonly no_rope_layers: readonly number[] | null;
  /** Whether the output head is the embedding matrix itself; false in presets. */
  readonly tie_word_embeddings: boolean;
  /**
   * Standard deviation of initial weights; of those that write to the residual stream, before
   * scaling.
   */
  readonly initializer_range: number;
  /** Id that begins a text; null where there is none. */
  readonly bos_token_id: number | null;
  /** Id that ends a text; null where there is none. */
  readonly eos_token_id: number | null;
}

/** The size of a run: model dimensions, the vocabulary that suits them, and batch. */
export interface Preset {
  /** Dimensions; {@linkcode presetConfig} fills in the rest. */
  readonly model: Pick<
    ModelConfig,
    | "hidden_size"
    | "intermediate_size"
    | "num_hidden_layers"
    | "num_attention_heads"
    | "num_key_value_heads"
  >;
  /** Entries of the tokenizer unless `--vocab` says otherwise; a small corpus may fill fewer. */
  readonly vocab: number;
  /** B */
  readonly rows: number;
  /** T */
  readonly cols: number;
  /** Highest learning rate by optimizer. */
  readonly learningRate: { readonly adamw: number; readonly muon: number };
  /** Optimizer steps unless `--steps` or `--seconds` says otherwise. */
  readonly steps: number;
}

/** Named sizes for `--preset`. Rows are a multiple of 12, so that every leaf sphere has work. */
export const PRESETS = {
  tiny: {
    model: {
      hidden_size: 128,
      intermediate_size: 352,
      num_hidden_layers: 4,
      num_attention_heads: 4,
      num_key_value_heads: 4,
    },
    vocab: 4096,
    rows: 12,
    cols: 128,
    learningRate: { adamw: 4e-3, muon: 1.6e-2 },
    steps: 1320,
  },
  small: {
    model: {
      hidden_size: 256,
      intermediate_size: 688,
      num_hidden_layers: 4,
      num_attention_heads: 4,
      num_key_value_heads: 4,
    },
    vocab: 4096,
    rows: 12,
    cols: 256,
    learningRate: { adamw: 2e-3, muon: 8e-3 },
    steps: 2000,
  },
  base: {
    model: {
      hidden_size: 384,
      intermediate_size: 1024,
      num_hidden_layers: 6,
      num_attention_heads: 6,
      num_key_value_heads: 6,
    },
    vocab: 8192,
    rows: 12,
    cols: 256,
    learningRate: { adamw: 1e-3, muon: 6e-3 },
    steps: 5000,
  },
  medium: {
    model: {
      hidden_size: 512,
      intermediate_size: 1408,
      num_hidden_layers: 8,
      num_attention_heads: 8,
      num_key_value_heads: 8,
    },
    vocab: 16_384,
    rows: 24,
    cols: 256,
    learningRate: { adamw: 8e-4, muon: 4e-3 },
    steps: 20_000,
  },
  large: {
    model: {
      hidden_size: 768,
      intermediate_size: 2048,
      num_hidden_layers: 12,
      num_attention_heads: 12,
      num_key_value_heads: 12,
    },
    vocab: 16_384,
    rows: 24,
    cols: 512,
    learningRate: { adamw: 6e-4, muon: 3e-3 },
    steps: 50_000,
  },
} as const satisfies Record<string, Preset>;

/** A name in {@linkcode PRESETS}. */
export type PresetName = keyof typeof PRESETS;

/**
 * The full configuration of a preset with the tokenizer's numbers filled in.
 *
 * @param options `context` T, the preset's by default; `recipe`, by default `plain`
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { presetConfig } from "./config.ts";
 * const config = presetConfig("tiny", { vocabSize: 512, endOfTextId: 0 });
 * assertEquals([config.vocab_size, config.hidden_size, config.head_dim], [512, 128, 32]);
 * assertEquals(config.max_position_embeddings, 256);
 * ```
 */
export function presetConfig(
  name: PresetName,
  { vocabSize, endOfTextId, context = PRESETS[name].cols, recipe = "plain" }: {
    vocabSize: number;
    endOfTextId: number;
    context?: number;
    recipe?: RecipeName;
  },
): ModelConfig {
  const { model } = PRESETS[name];
  const { layers, headDim, ropeThetaPerToken } = RECIPE_TABLE[recipe];
  const heads = headDim === undefined ? model.num_attention_heads : model.hidden_size / headDim;
  return {
    model_type: "llama",
    attention_bias: false,
    mlp_bias: false,
    ...model,
    num_hidden_layers: layers[name] ?? model.num_hidden_layers,
    num_attention_heads: heads,
    num_key_value_heads: heads,
    vocab_size: vocabSize,
    head_dim: model.hidden_size / heads,
    // Twice the training length, so that a server can generate somewhat beyond it.
    max_position_embeddings: context * 2,
    rms_norm_eps: 1e-5,
    rope_theta: ropeThetaPerToken === undefined ? 10000 : ropeThetaPerToken * context,
    rope_scaling: null,
    no_rope_layers: null,
    // An untied output head costs V D weights and no time, and small models learn faster with it:
    // 5.06 against 5.21 nats per token after 300 steps of tiny on the sample corpus.
    tie_word_embeddings: false,
    // Narrow models need larger weights than the usual 0.02 to keep the scale of products.
    initializer_range: Number((0.7 / Math.sqrt(model.hidden_size)).toFixed(3)),
    bos_token_id: endOfTextId,
    eos_token_id: endOfTextId,
  };
}
