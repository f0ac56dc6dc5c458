import { join } from "node:path";
import type { ModelConfig } from "../../model/config.ts";
import { formatConfig } from "../../model/config_json.ts";
import { createLayout } from "../../model/layout.ts";
import { randomStream } from "../../model/random.ts";
import { writeSafetensors } from "../../model/safetensors/mod.ts";
import fixture from "../fixtures/tokenizers/smollm2.json" with { type: "json" };

const SMOLLM2_135M: ModelConfig = {
  model_type: "llama",
  attention_bias: false,
  mlp_bias: false,
  vocab_size: 49152,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  head_dim: 64,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_theta: 100_000,
  rope_scaling: null,
  no_rope_layers: null,
  tie_word_embeddings: true,
  initializer_range: 0.042,
  bos_token_id: 0,
  eos_token_id: 0,
};

/** The shapes of models that people continue. */
export const LARGE_SHAPES = {
  "SmolLM2-135M": SMOLLM2_135M,
  "SmolLM2-360M": {
    ...SMOLLM2_135M,
    hidden_size: 960,
    intermediate_size: 2560,
    num_hidden_layers: 32,
    num_attention_heads: 15,
    num_key_value_heads: 5,
    initializer_range: 0.02,
  },
  "Qwen3-0.6B": {
    ...SMOLLM2_135M,
    model_type: "qwen3",
    vocab_size: 151_936,
    hidden_size: 1024,
    intermediate_size: 3072,
    num_hidden_layers: 28,
    num_attention_heads: 16,
    num_key_value_heads: 8,
    head_dim: 128,
    max_position_embeddings: 40_960,
    rms_norm_eps: 1e-6,
    rope_theta: 1_000_000,
    initializer_range: 0.02,
  },
} satisfies Record<string, ModelConfig>;

/**
 * Writes a model of the shape with random weights in bf16, as a hub has it. Its tokenizer splits as
 * SmolLM2's does and has an entry for each row: merges made up after those that were learned.
 */
export async function writeLargeModel(folder: string, config: ModelConfig): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  // As many as no row's length divides, again and again: to draw each takes a minute.
  const random = randomStream(1, { name: "large" });
  const normals = Float32Array.from({ length: 999_983 }, (_, i) => random.normal(i));
  for (const { shape, offset, size } of layout.parameters) {
    const weights = parameters.subarray(offset, offset + size);
    if (shape.length === 1) weights.fill(1);
    else {
      weights.forEach((_, i) => {
        weights[i] = config.initializer_range * (normals[(offset + i) % normals.length] as number);
      });
    }
  }
  await writeSafetensors(join(folder, "model.safetensors"), {
    tensors: layout.parameters.map(({ name, shape, offset, size }) => ({
      name,
      shape,
      data: parameters.subarray(offset, offset + size),
    })),
    dtype: "BF16",
  });
  await Deno.writeTextFile(join(folder, "config.json"), formatConfig(config));
  await Deno.writeTextFile(join(folder, "tokenizer.json"), tokenizerOf(config.vocab_size));
}

function tokenizerOf(size: number): string {
  const { tokenizer } = fixture;
  const vocab: Record<string, number> = { ...tokenizer.model.vocab };
  const merges: unknown[] = [...tokenizer.model.merges];
  const learned = Object.keys(vocab).filter((token) => vocab[token] !== 0);
  let next = learned.length + 1;
  for (const left of learned) {
    for (const right of learned) {
      if (next === size) break;
      if (Object.hasOwn(vocab, left + right)) continue;
      vocab[left + right] = next++;
      merges.push([left, right]);
    }
  }
  return JSON.stringify({ ...tokenizer, model: { ...tokenizer.model, vocab, merges } });
}
