/**
 * Maps every parameter to its place, once: kernels, init, optimizer, checkpoint, ONNX export and
 * inference all iterate this table, and nothing else multiplies dimensions.
 *
 * @module
 */
import { architectureOf, biasesOf } from "./architectures.ts";
import type { ModelConfig } from "./config.ts";

/** Roles of the groups of a decoder layer, in the order of the layout. */
export type LayerGroupName =
  | "inputNorm"
  | "qkv"
  | "qkvBias"
  | "queryNorm"
  | "keyNorm"
  | "output"
  | "outputBias"
  | "postNorm"
  | "gateUp"
  | "gateUpBias"
  | "down"
  | "downBias";

/** Role of a group of parameters that is one matrix or vector to a kernel. */
export type GroupName = "embedding" | LayerGroupName | "finalNorm" | "head";

/** One parameter tensor, row-major f32. */
export interface Parameter {
  /** Tensor name in Hugging Face's class. */
  readonly name: string;
  /** `[out, in]` for a linear layer, `[V, D]` for embeddings, `[D]` for a norm, `[out]` for a bias. */
  readonly shape: readonly number[];
  /** First element, counted in floats from the start of the parameter area. */
  readonly offset: number;
  /** Number of elements. */
  readonly size: number;
  /** Decoder layer, or -1 outside the layers. */
  readonly layer: number;
  /** The group that it is part of, with its neighbours of the same group and layer. */
  readonly group: GroupName;
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

/** A tensor by its name, after that of its layer, and shape. */
type Tensor = readonly [name: string, ...shape: number[]];
type LayerGroup = readonly [LayerGroupName, ...Tensor[]];

/** The groups of a decoder layer, the same in each; members of one lie without a gap. */
export function layerGroups(config: ModelConfig): readonly LayerGroup[] {
  const { hidden_size: D, intermediate_size: F, head_dim: N } = config;
  const A = config.num_attention_heads * N;
  const K = config.num_key_value_heads * N;
  const biases = biasesOf(config);
  const { headNorms } = architectureOf(config);
  const when = (has: boolean, ...group: LayerGroup): LayerGroup[] => has ? [group] : [];
  const [q, k, v] = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"];
  const [o, gate, up, down] = ["self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"];
  return [
    ["inputNorm", ["input_layernorm.weight", D]],
    ["qkv", [`${q}.weight`, A, D], [`${k}.weight`, K, D], [`${v}.weight`, K, D]],
    ...when(biases.qkv, "qkvBias", [`${q}.bias`, A], [`${k}.bias`, K], [`${v}.bias`, K]),
    ...when(headNorms, "queryNorm", ["self_attn.q_norm.weight", N]),
    ...when(headNorms, "keyNorm", ["self_attn.k_norm.weight", N]),
    ["output", [`${o}.weight`, D, A]],
    ...when(biases.output, "outputBias", [`${o}.bias`, D]),
    ["postNorm", ["post_attention_layernorm.weight", D]],
    ["gateUp", [`${gate}.weight`, F, D], [`${up}.weight`, F, D]],
    ...when(biases.mlp, "gateUpBias", [`${gate}.bias`, F], [`${up}.bias`, F]),
    ["down", [`${down}.weight`, D, F]],
    ...when(biases.mlp, "downBias", [`${down}.bias`, D]),
  ];
}

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
  const { vocab_size: V, hidden_size: D } = config;
  const parameters: Parameter[] = [];
  let end = 0;
  const add = (group: GroupName, layer: number, prefix: string, tensors: readonly Tensor[]) => {
    end = Math.ceil(end / ALIGN) * ALIGN;
    for (const [name, ...shape] of tensors) {
      const size = shape.reduce((a, b) => a * b, 1);
      parameters.push({ name: prefix + name, shape, offset: end, size, layer, group });
      end += size;
    }
  };
  add("embedding", -1, "model.", [["embed_tokens.weight", V, D]]);
  const groups = layerGroups(config);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    for (const [group, ...tensors] of groups) add(group, layer, `model.layers.${layer}.`, tensors);
  }
  add("finalNorm", -1, "model.", [["norm.weight", D]]);
  if (!config.tie_word_embeddings) add("head", -1, "", [["lm_head.weight", V, D]]);
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
