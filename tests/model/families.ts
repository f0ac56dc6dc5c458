/**
 * Small random models of what no golden model has: Llama with every bias and linear scaling, Mistral
 * with other sizes of heads, SmolLM3 with layers without rotary positions.
 *
 * @module
 */
import { parseConfig } from "../../model/config_json.ts";
import type { ModelConfig } from "../../model/config.ts";
import { initParameters } from "../../model/init.ts";
import { createLayout, type Layout } from "../../model/layout.ts";
import { randomStream } from "../../model/random.ts";

const COMMON = {
  vocab_size: 61,
  hidden_size: 48,
  intermediate_size: 104,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  initializer_range: 0.08,
};

/** Fields of config.json by the name of the model. */
export const RANDOM_FAMILIES = {
  llama_biases: {
    model_type: "llama",
    attention_bias: true,
    mlp_bias: true,
    rope_scaling: { rope_type: "linear", factor: 4 },
  },
  mistral: { model_type: "mistral", head_dim: 16, sliding_window: 40 },
  smollm3: { model_type: "smollm3", num_hidden_layers: 5, rope_theta: 1e4 },
} as const;

/** A name in {@linkcode RANDOM_FAMILIES}. */
export type RandomFamily = keyof typeof RANDOM_FAMILIES;

/** A model with norms and biases that are not the usual ones and zeros. */
export function randomFamily(
  name: RandomFamily,
): { config: ModelConfig; layout: Layout; parameters: Float32Array } {
  const text = JSON.stringify({ ...COMMON, ...RANDOM_FAMILIES[name] });
  const config = parseConfig(text, { source: name });
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  initParameters(parameters, { config, layout, seed: 3 });
  for (const { name, shape, offset, size } of layout.parameters) {
    if (shape.length > 1) continue;
    const random = randomStream(3, { name: `families/${name}` });
    for (let i = 0; i < size; i++) {
      parameters[offset + i] = (parameters[offset + i] ?? NaN) + 0.1 * random.normal(i);
    }
  }
  return { config, layout, parameters };
}
