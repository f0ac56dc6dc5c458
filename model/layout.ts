/**
 * Maps every parameter to its place, once: kernels, init, optimizer, checkpoint, ONNX export and
 * inference all iterate this table, and nothing else multiplies dimensions.
 *
 * @module
 */
import type { ModelConfig } from "./config.ts";

/** One parameter tensor, row-major f32. */
export interface Parameter {
  /** Tensor name in Hugging Face's LlamaForCausalLM. */
  readonly name: string;
  /** `[out, in]` for a linear layer, `[V, D]` for embeddings, `[D]` for a norm. */
  readonly shape: readonly number[];
  /** First element, counted in floats from the start of the parameter area. */
  readonly offset: number;
  /** Number of elements. */
  readonly size: number;
  /** Decoder layer, or -1 outside the layers. */
  readonly layer: number;
}

/** The parameter table of a model. */
export interface Layout {
  /** In the order of the area, by ascending offset. */
  readonly parameters: readonly Parameter[];
  /** Floats in the parameter area, padding included. */
  readonly length: number;
  /** Trainable parameters, padding excluded. */
  readonly count: number;
  /** The parameter of that name; throws a `RangeError` when there is none. */
  get(name: string): Parameter;
}

/** Floats in a cache line: tensors start on one. */
const ALIGN = 16;

/**
 * Lays the parameters out. The rows of q, k and v follow one another without a gap, and so do those
 * of gate and up: each group is one `[out, in]` matrix to a kernel and several tensors in files.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { presetConfig } from "./config.ts";
 * import { createLayout } from "./layout.ts";
 * const layout = createLayout(presetConfig("tiny", { vocabSize: 512, endOfTextId: 0 }));
 * assertEquals(layout.get("model.norm.weight").size, 128);
 * ```
 */
export function createLayout(config: ModelConfig): Layout {
  const { vocab_size: V, hidden_size: D, intermediate_size: F } = config;
  const queryRows = config.num_attention_heads * config.head_dim;
  const keyRows = config.num_key_value_heads * config.head_dim;
  const parameters: Parameter[] = [];
  let end = 0;
  const add = (layer: number, ...group: [name: string, ...shape: number[]][]) => {
    end = Math.ceil(end / ALIGN) * ALIGN;
    for (const [name, ...shape] of group) {
      const size = shape.reduce((a, b) => a * b, 1);
      parameters.push({ name, shape, offset: end, size, layer });
      end += size;
    }
  };
  add(-1, ["model.embed_tokens.weight", V, D]);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const at = `model.layers.${layer}`;
    add(layer, [`${at}.input_layernorm.weight`, D]);
    add(
      layer,
      [`${at}.self_attn.q_proj.weight`, queryRows, D],
      [`${at}.self_attn.k_proj.weight`, keyRows, D],
      [`${at}.self_attn.v_proj.weight`, keyRows, D],
    );
    add(layer, [`${at}.self_attn.o_proj.weight`, D, queryRows]);
    add(layer, [`${at}.post_attention_layernorm.weight`, D]);
    add(layer, [`${at}.mlp.gate_proj.weight`, F, D], [`${at}.mlp.up_proj.weight`, F, D]);
    add(layer, [`${at}.mlp.down_proj.weight`, D, F]);
  }
  add(-1, ["model.norm.weight", D]);
  if (!config.tie_word_embeddings) add(-1, ["lm_head.weight", V, D]);
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  return {
    parameters,
    length: Math.ceil(end / ALIGN) * ALIGN,
    count: parameters.reduce((sum, { size }) => sum + size, 0),
    get(name) {
      const parameter = byName.get(name);
      if (!parameter) throw new RangeError(`Cannot find parameter ${name}: the model has none`);
      return parameter;
    },
  };
}
