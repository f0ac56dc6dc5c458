/**
 * The configuration of a model in a GGUF file.
 *
 * @module
 */
import { type ArchitectureName, ARCHITECTURES } from "../architectures.ts";
import type { ModelConfig } from "../config.ts";
import { parseConfig } from "../config_json.ts";
import type { GgufHead } from "./head.ts";

/** By llama.cpp's names of families. */
const FAMILIES: ReadonlyMap<string, ArchitectureName> = new Map(
  (Object.keys(ARCHITECTURES) as ArchitectureName[]).toReversed()
    .map((name) => [ARCHITECTURES[name].gguf.name, name]),
);

/**
 * The configuration that the head of the file at `source` tells.
 *
 * @throws {SyntaxError} naming the field that this program cannot run by
 */
export function configOf(
  { fields, tensors }: GgufHead,
  { source, vocabSize }: { source: string; vocabSize: number },
): ModelConfig {
  const family = fields.get("general.architecture");
  const modelType = typeof family === "string" ? FAMILIES.get(family) : undefined;
  if (modelType === undefined) {
    throw new SyntaxError(
      `Cannot use ${source}: general.architecture ${JSON.stringify(family)} is not one of ` +
        [...FAMILIES.keys()].join(", "),
    );
  }
  const field = (name: string) => fields.get(`${family}.${name}`);
  const scaling = field("rope.scaling.type") ?? "none";
  if ((scaling !== "none" && scaling !== "linear") || tensors.has("rope_freqs.weight")) {
    throw new SyntaxError(
      `Cannot use ${source}: its rotary frequencies are scaled by ` +
        `${
          tensors.has("rope_freqs.weight") ? "the tensor rope_freqs.weight" : scaling
        }, which is ` +
        "read of safetensors alone",
    );
  }
  const heads = field("attention.head_count");
  const json = {
    model_type: modelType,
    vocab_size: vocabSize,
    hidden_size: field("embedding_length"),
    intermediate_size: field("feed_forward_length"),
    num_hidden_layers: field("block_count"),
    num_attention_heads: heads,
    num_key_value_heads: field("attention.head_count_kv") ?? heads,
    head_dim: field("attention.key_length") ?? Number(field("embedding_length")) / Number(heads),
    max_position_embeddings: field("context_length"),
    rms_norm_eps: field("attention.layer_norm_rms_epsilon"),
    rope_theta: field("rope.freq_base") ?? 10_000,
    ...(scaling === "linear" && {
      rope_scaling: { rope_type: "linear", factor: field("rope.scaling.factor") },
    }),
    tie_word_embeddings: !tensors.has("output.weight"),
    attention_bias: tensors.has("blk.0.attn_q.bias"),
    mlp_bias: tensors.has("blk.0.ffn_up.bias"),
    bos_token_id: fields.get("tokenizer.ggml.bos_token_id"),
    eos_token_id: fields.get("tokenizer.ggml.eos_token_id"),
  };
  return parseConfig(JSON.stringify(json), { source });
}
