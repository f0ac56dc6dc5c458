/**
 * Reads and writes the config.json of a Hugging Face checkpoint folder.
 *
 * @module
 */
import { z } from "zod";
import { ARCHITECTURE_NAMES, architectureOf, noRopeLayers } from "./architectures.ts";
import type { ModelConfig } from "./config.ts";

/** Kernels and exports use 32-bit sizes. */
const MAX_COUNT = 2 ** 31 - 1;
/** Several times the depth of the deepest models. */
const MAX_LAYERS = 4096;

const count = z.int().positive().max(MAX_COUNT);
const id = z.int().nonnegative().max(MAX_COUNT);
const tokenId = z.union([id, z.array(id).nonempty()])
  .nullish()
  // Some checkpoints list several ids; the first is the one that ends generation here.
  .transform((id) => (Array.isArray(id) ? id[0] ?? null : id ?? null));

const positive = z.number().positive();
/** Either spelling of rotary scaling: `rope_parameters` of newer files, `rope_scaling` of older. */
const rope = z.discriminatedUnion("rope_type", [
  z.object({ rope_type: z.literal("default"), rope_theta: positive.optional() }),
  z.object({ rope_type: z.literal("linear"), rope_theta: positive.optional(), factor: positive }),
  z.object({
    rope_type: z.literal("llama3"),
    rope_theta: positive.optional(),
    factor: positive,
    low_freq_factor: positive,
    high_freq_factor: positive,
    original_max_position_embeddings: count,
  }),
]);
const ropeField = z.preprocess(
  // The first releases with scaling called it `type`; plain rotation may go without.
  (value) =>
    typeof value === "object" && value !== null
      ? { rope_type: "type" in value ? value.type : "default", ...value }
      : value,
  rope.nullish(),
);

const familySchema = z.object({
  model_type: z.enum(ARCHITECTURE_NAMES, {
    error: ({ input }) => `${show(input)} is not one of ${ARCHITECTURE_NAMES.join(", ")}`,
  }),
});
const schema = familySchema.extend({
  hidden_act: z.literal("silu").default("silu"),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count.max(MAX_LAYERS),
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  max_position_embeddings: count,
  rms_norm_eps: positive,
  rope_theta: positive.optional(),
  rope_scaling: ropeField,
  rope_parameters: ropeField,
  partial_rotary_factor: z.literal(1).nullish(),
  no_rope_layers: z.array(z.int().min(0).max(1)).nullish(),
  no_rope_layer_interval: count.nullish(),
  sliding_window: count.nullish(),
  use_sliding_window: z.boolean().optional(),
  tie_word_embeddings: z.boolean().optional(),
  initializer_range: positive.default(0.02),
  bos_token_id: tokenId,
  eos_token_id: tokenId,
  quantization_config: z.null({
    error: "quantized weights cannot be trained; use the model's unquantized form",
  }).optional(),
});

/**
 * Parses the text of a config.json.
 *
 * @throws {SyntaxError} when it is not a configuration this program can run; the message names the
 * field, and of another family those that it can
 */
export function parseConfig(text: string, { source }: { source: string }): ModelConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${source}: it is not JSON`, { cause });
  }
  // The family first: the other fields of an unknown one mean nothing.
  const family = familySchema.safeParse(json);
  const parsed = family.success ? schema.safeParse(json) : family;
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join(".") || "the document";
    throw new SyntaxError(`Cannot use ${source}: ${field}: ${issue?.message}`);
  }
  const config = fromFields(parsed.data as z.infer<typeof schema>);
  validateConfig(config, { source });
  return config;
}

function fromFields(raw: z.infer<typeof schema>): ModelConfig {
  const { biasFields, attentionBias, noRopeInterval, defaults } = architectureOf(raw);
  const { num_attention_heads: heads, num_hidden_layers: layers } = raw;
  const { rope_theta, ...scaling } = raw.rope_parameters ?? raw.rope_scaling ??
    { rope_type: "default" };
  const interval = raw.no_rope_layer_interval ?? noRopeInterval;
  return {
    model_type: raw.model_type,
    attention_bias: biasFields.includes("attention_bias") ? raw.attention_bias : attentionBias,
    mlp_bias: biasFields.includes("mlp_bias") && raw.mlp_bias,
    vocab_size: raw.vocab_size,
    hidden_size: raw.hidden_size,
    intermediate_size: raw.intermediate_size,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: raw.num_key_value_heads ?? defaults.num_key_value_heads ?? heads,
    head_dim: raw.head_dim ?? defaults.head_dim ?? raw.hidden_size / heads,
    max_position_embeddings: Math.min(raw.max_position_embeddings, windowOf(raw)),
    rms_norm_eps: raw.rms_norm_eps,
    rope_theta: rope_theta ?? raw.rope_theta ?? defaults.rope_theta ?? 10000,
    rope_scaling: scaling.rope_type === "default" ? null : scaling,
    no_rope_layers: noRopeInterval === 0
      ? null
      : raw.no_rope_layers ?? noRopeLayers({ interval, layers }),
    tie_word_embeddings: raw.tie_word_embeddings ?? defaults.tie_word_embeddings ?? false,
    initializer_range: raw.initializer_range,
    bos_token_id: raw.bos_token_id,
    eos_token_id: raw.eos_token_id,
  };
}

/**
 * Tokens that the layers see at most: up to there a sliding window changes nothing, and longer
 * sequences are refused. Llama has no window, and Qwen's is off unless `use_sliding_window`.
 */
function windowOf(
  { model_type, sliding_window, use_sliding_window }: z.infer<typeof schema>,
): number {
  const { fields } = architectureOf({ model_type });
  const isOn = "use_sliding_window" in fields ? use_sliding_window : "sliding_window" in fields;
  return isOn ? sliding_window ?? Infinity : Infinity;
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 100) ?? "nothing";
}

/** Checks what a schema cannot: divisibility. Throws a `RangeError` naming the field. */
export function validateConfig(config: ModelConfig, { source }: { source: string }): void {
  const { num_attention_heads: H, num_key_value_heads: K, head_dim: N } = config;
  if (H % K !== 0) {
    throw new RangeError(
      `Cannot use ${source}: num_attention_heads (${H}) must be a multiple of num_key_value_heads (${K})`,
    );
  }
  if (!Number.isInteger(N) || N % 2 !== 0) {
    throw new RangeError(`Cannot use ${source}: head_dim must be an even integer, got ${N}`);
  }
  const { no_rope_layers: rotated, num_hidden_layers: layers } = config;
  if (rotated !== null && rotated.length !== layers) {
    throw new RangeError(
      `Cannot use ${source}: no_rope_layers has ${rotated.length} entries, num_hidden_layers is ${layers}`,
    );
  }
}

/**
 * The config.json text that transformers and transformers.js read.
 *
 * @param config the model's configuration
 */
export function formatConfig(
  config: ModelConfig,
  { torchDtype = "float32", eosTokenId = config.eos_token_id }: {
    torchDtype?: string | undefined;
    /** Stop ids, where there are more than the configuration's own. */
    eosTokenId?: number | readonly number[] | null;
  } = {},
): string {
  const { className, biasFields, fields } = architectureOf(config);
  const { model_type, attention_bias, mlp_bias, rope_scaling, no_rope_layers, ...rest } = config;
  return JSON.stringify(
    {
      architectures: [className],
      model_type,
      hidden_act: "silu",
      ...(biasFields.includes("attention_bias") && { attention_bias }),
      attention_dropout: 0,
      ...(biasFields.includes("mlp_bias") && { mlp_bias }),
      ...rest,
      eos_token_id: eosTokenId,
      rope_scaling,
      ...(no_rope_layers !== null && { no_rope_layers }),
      ...fields,
      torch_dtype: torchDtype,
      use_cache: true,
    },
    null,
    2,
  ) + "\n";
}
