/**
 * The weight matrices as inference multiplies by them: q, k and v are one, gate and up two, since
 * their columns meet one by one.
 *
 * @module
 */
import { packedBSize, wordsOf } from "../../kernels/mod.ts";
import type { ModelConfig } from "../../model/config.ts";
import type { Layout } from "../../model/layout.ts";

/** How the matrices are kept: in f32, or in int8 with a scale an output feature. */
export const WEIGHT_FORMATS = ["f32", "int8"] as const;

/** A name in {@linkcode WEIGHT_FORMATS}. */
export type WeightFormat = typeof WEIGHT_FORMATS[number];

/** A matrix `[n, k]` of the parameter area, and where its packed form lies. */
export interface Matrix {
  /** Floats from the start of the parameter area. */
  readonly offset: number;
  /** Output features. */
  readonly n: number;
  /** Input features. */
  readonly k: number;
  /** Byte address of the packed form. */
  readonly packed: number;
  /** Byte address of the scales `[n]` where the packed form is int8. */
  readonly scales: number;
  /** Added to each row of a product, `[n]`; where the model has one. */
  readonly bias: Plain | undefined;
}

/** A vector or the embedding `[V, D]`, which are not packed. */
export interface Plain {
  readonly offset: number;
  readonly size: number;
  readonly address: number;
}

/** Weights of one decoder layer. */
export interface LayerWeights {
  readonly inputNorm: Plain;
  readonly qkv: Matrix;
  /** Norms of each head; where the model has such. */
  readonly queryNorm: Plain | undefined;
  readonly keyNorm: Plain | undefined;
  readonly output: Matrix;
  readonly postNorm: Plain;
  readonly gate: Matrix;
  readonly up: Matrix;
  readonly down: Matrix;
}

/** All weights of a model. */
export interface Weights {
  readonly embedding: Plain;
  readonly layers: readonly LayerWeights[];
  readonly finalNorm: Plain;
  /** The embedding once more where the two are tied. */
  readonly head: Matrix;
}

/** Reads the weights off the parameter table; `take` reserves floats and returns their address. */
export function placeWeights(
  { config, layout, format, take }: {
    config: ModelConfig;
    layout: Layout;
    format: WeightFormat;
    take: (floats: number) => number;
  },
): Weights {
  const known = new Set(layout.parameters.map(({ name }) => name));
  const plain = (first: string, ...more: string[]): Plain => {
    const { offset } = layout.get(first);
    const size = [first, ...more].reduce((sum, name) => sum + layout.get(name).size, 0);
    return { offset, size, address: take(size) };
  };
  const optional = (...names: [string, ...string[]]) =>
    known.has(names[0]) ? plain(...names) : undefined;
  /** Of projections by their names without `.weight` and `.bias`. */
  const matrix = (...names: [string, ...string[]]): Matrix => {
    const [first, ...more] = names.map((name) => `${name}.weight`) as [string, ...string[]];
    const { offset, shape: [, k = 0] } = layout.get(first);
    const n = [first, ...more].reduce((sum, name) => sum + (layout.get(name).shape[0] ?? 0), 0);
    const isInt8 = format === "int8";
    const packed = take(packedBSize(isInt8 ? wordsOf(k) : k, n));
    const scales = take(isInt8 ? n : 0);
    const bias = optional(...names.map((name) => `${name}.bias`) as [string, ...string[]]);
    return { offset, n, k, packed, scales, bias };
  };
  return {
    embedding: plain("model.embed_tokens.weight"),
    layers: Array.from({ length: config.num_hidden_layers }, (_, layer) => {
      const at = `model.layers.${layer}`;
      const attention = `${at}.self_attn`;
      return {
        inputNorm: plain(`${at}.input_layernorm.weight`),
        qkv: matrix(`${attention}.q_proj`, `${attention}.k_proj`, `${attention}.v_proj`),
        queryNorm: optional(`${attention}.q_norm.weight`),
        keyNorm: optional(`${attention}.k_norm.weight`),
        output: matrix(`${attention}.o_proj`),
        postNorm: plain(`${at}.post_attention_layernorm.weight`),
        gate: matrix(`${at}.mlp.gate_proj`),
        up: matrix(`${at}.mlp.up_proj`),
        down: matrix(`${at}.mlp.down_proj`),
      };
    }),
    finalNorm: plain("model.norm.weight"),
    head: matrix(config.tie_word_embeddings ? "model.embed_tokens" : "lm_head"),
  };
}

/** Every matrix that is multiplied by. */
export function allMatrices({ layers, head }: Weights): Matrix[] {
  return [
    ...layers.flatMap(({ qkv, output, gate, up, down }) => [qkv, output, gate, up, down]),
    head,
  ];
}

/** Every weight that is used as it is. */
export function allPlain(weights: Weights): Plain[] {
  const { embedding, layers, finalNorm } = weights;
  const norms = layers.flatMap(({ inputNorm, queryNorm, keyNorm, postNorm }) => [
    inputNorm,
    queryNorm,
    keyNorm,
    postNorm,
  ]);
  const biases = allMatrices(weights).map(({ bias }) => bias);
  return [embedding, ...norms, ...biases, finalNorm].filter((plain) => plain !== undefined);
}
