/**
 * Reads and writes the config.json of a Hugging Face checkpoint folder.
 *
 * @module
 */
import { z } from "zod";
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

const schema = z.object({
  model_type: z.literal("llama"),
  hidden_act: z.literal("silu").default("silu"),
  attention_bias: z.literal(false).default(false),
  mlp_bias: z.literal(false).default(false),
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count.max(MAX_LAYERS),
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  max_position_embeddings: count,
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive().optional(),
  rope_scaling: z.null().optional(),
  rope_parameters: z.object({
    rope_theta: z.number().positive(),
    rope_type: z.literal("default").default("default"),
  }).nullish(),
  tie_word_embeddings: z.boolean().default(false),
  initializer_range: z.number().positive().default(0.02),
  bos_token_id: tokenId,
  eos_token_id: tokenId,
});

/**
 * Parses the text of a config.json.
 *
 * @throws {SyntaxError} when it is not a Llama configuration this program can run; the message
 * names the field.
 */
export function parseConfig(text: string, { source }: { source: string }): ModelConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${source}: it is not JSON`, { cause });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join(".") || "the document";
    throw new SyntaxError(`Cannot use ${source}: ${field}: ${issue?.message}`);
  }
  const raw = parsed.data;
  const config: ModelConfig = {
    vocab_size: raw.vocab_size,
    hidden_size: raw.hidden_size,
    intermediate_size: raw.intermediate_size,
    num_hidden_layers: raw.num_hidden_layers,
    num_attention_heads: raw.num_attention_heads,
    num_key_value_heads: raw.num_key_value_heads ?? raw.num_attention_heads,
    head_dim: raw.head_dim ?? raw.hidden_size / raw.num_attention_heads,
    max_position_embeddings: raw.max_position_embeddings,
    rms_norm_eps: raw.rms_norm_eps,
    rope_theta: raw.rope_parameters?.rope_theta ?? raw.rope_theta ?? 10000,
    tie_word_embeddings: raw.tie_word_embeddings,
    initializer_range: raw.initializer_range,
    bos_token_id: raw.bos_token_id,
    eos_token_id: raw.eos_token_id,
  };
  validateConfig(config, { source });
  return config;
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
  return JSON.stringify(
    {
      architectures: ["LlamaForCausalLM"],
      model_type: "llama",
      hidden_act: "silu",
      attention_bias: false,
      attention_dropout: 0,
      mlp_bias: false,
      ...config,
      eos_token_id: eosTokenId,
      rope_scaling: null,
      torch_dtype: torchDtype,
      use_cache: true,
    },
    null,
    2,
  ) + "\n";
}
