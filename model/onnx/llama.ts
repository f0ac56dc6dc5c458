/**
 * The decoder of config.ts, of any family in architectures.ts, as an ONNX graph: RMSNorm (Zhang and Sennrich, 2019), rotary positions
 * (Su et al., 2021; halves split as Hugging Face does), grouped-query attention (Ainslie et al.,
 * 2023) over a key/value cache, SwiGLU (Shazeer, 2020). Inputs and outputs are named as Hugging
 * Face's exporter and transformers.js name them.
 *
 * Dimension letters: B batch, S new positions, P cached positions, A = P + S all positions,
 * D hidden, H heads, K key/value heads, G = H / K heads sharing one, N head size, V vocabulary.
 *
 * @module
 */
import { architectureOf, biasesOf, usesRope } from "../architectures.ts";
import type { ModelConfig } from "../config.ts";
import { ropeFrequencies } from "../rope.ts";
import { OnnxGraph, type Value } from "./graph.ts";
import { createOperators, type Operators } from "./operators.ts";
import { embed, linear, type Precision } from "./precision.ts";

/** The most negative float32: excludes a position, and stays finite where a row is all padding. */
const EXCLUDED = -3.4028234663852886e38;

const BATCH = "batch_size";
const NEW = "sequence_length";
const PAST = "past_sequence_length";
const ALL = "total_sequence_length";

/** What every layer needs besides the hidden state. */
interface Positions {
  /** Cosine and sine of the rotary angles, `[B, 1, 1, S, N / 2]`. */
  readonly rotation: readonly [cosine: Value, sine: Value];
  /** Attention bias: 0 where attention is allowed, {@linkcode EXCLUDED} elsewhere. `[B, 1, 1, S, A]` */
  readonly bias: Value;
}

/** Keys or values of one layer, `[B, K, positions, N]`. */
interface Cache {
  readonly key: Value;
  readonly value: Value;
}

/** Builds the whole graph; weights are referred to by their names in model/layout.ts. */
export function buildLlama(config: ModelConfig, precision: Precision): OnnxGraph {
  const { vocab_size: V, num_key_value_heads: K, head_dim: N } = config;
  const graph = new OnnxGraph();
  const ids = graph.input("input_ids", { type: "int64", shape: [BATCH, NEW] });
  const mask = graph.input("attention_mask", { type: "int64", shape: [BATCH, ALL] });
  const positionIds = graph.input("position_ids", { type: "int64", shape: [BATCH, NEW] });
  const caches = Array.from({ length: config.num_hidden_layers }, (_, layer): Cache => {
    const type = { type: "float32", shape: [BATCH, K, PAST, N] } as const;
    return {
      key: graph.input(`past_key_values.${layer}.key`, type),
      value: graph.input(`past_key_values.${layer}.value`, type),
    };
  });

  const op = createOperators(graph, { scope: "model" });
  const positions: Positions = {
    rotation: rotaryAngles(op, { positionIds, config }),
    bias: attentionBias(op, { ids, mask }),
  };
  let hidden = embed(op, { ids, weight: "model.embed_tokens.weight", precision }); // [B, S, D]
  const present = caches.map((past, layer) => {
    const at = `model.layers.${layer}`;
    const op = createOperators(graph, { scope: at });
    const normed = rmsNorm(op, { x: hidden, weight: `${at}.input_layernorm.weight`, config });
    const attended = attention(op, {
      x: normed,
      at: `${at}.self_attn`,
      layer,
      past,
      positions,
      config,
      precision,
    });
    hidden = op.add(hidden, attended.out);
    const before = `${at}.post_attention_layernorm.weight`;
    const mixed = swiGlu(op, {
      x: rmsNorm(op, { x: hidden, weight: before, config }),
      at: `${at}.mlp`,
      config,
      precision,
    });
    hidden = op.add(hidden, mixed);
    return attended.present;
  });
  hidden = rmsNorm(op, { x: hidden, weight: "model.norm.weight", config });
  const head = config.tie_word_embeddings ? "model.embed_tokens.weight" : "lm_head.weight";
  const logits = linear(op, { x: hidden, weight: head, precision });

  graph.output(logits, { name: "logits", type: "float32", shape: [BATCH, NEW, V] });
  for (const [layer, { key, value }] of present.entries()) {
    const type = { type: "float32", shape: [BATCH, K, ALL, N] } as const;
    graph.output(key, { name: `present.${layer}.key`, ...type });
    graph.output(value, { name: `present.${layer}.value`, ...type });
  }
  return graph;
}

/** Written in the six operators that runtimes recognise and fuse. */
function rmsNorm(
  op: Operators,
  { x, weight, config }: { x: Value; weight: string; config: ModelConfig },
): Value {
  const meanSquare = op.mean(op.power(x, 2));
  const scale = op.squareRoot(op.add(meanSquare, op.float(config.rms_norm_eps)));
  return op.multiply(op.divide(x, scale), op.weight(weight));
}

function swiGlu(
  op: Operators,
  { x, at, config, precision }: {
    x: Value;
    at: string;
    config: ModelConfig;
    precision: Precision;
  },
): Value {
  const hasBias = biasesOf(config).mlp;
  const gate = project(op, { x, name: `${at}.gate_proj`, hasBias, precision });
  const up = project(op, { x, name: `${at}.up_proj`, hasBias, precision });
  const activated = op.multiply(op.multiply(gate, op.sigmoid(gate)), up);
  return project(op, { x: activated, name: `${at}.down_proj`, hasBias, precision });
}

/** A product with the weight of `name`, and its bias where there is one. */
function project(
  op: Operators,
  { x, name, hasBias, precision }: {
    x: Value;
    name: string;
    hasBias: boolean;
    precision: Precision;
  },
): Value {
  const product = linear(op, { x, weight: `${name}.weight`, precision });
  return hasBias ? op.add(product, op.weight(`${name}.bias`)) : product;
}

/** Query heads are grouped by the key/value head they share, so that no key is ever repeated. */
function attention(
  op: Operators,
  { x, at, layer, past, positions, config, precision }: {
    x: Value;
    at: string;
    layer: number;
    past: Cache;
    positions: Positions;
    config: ModelConfig;
    precision: Precision;
  },
): { out: Value; present: Cache } {
  const { num_attention_heads: H, num_key_value_heads: K, head_dim: N } = config;
  const biases = biasesOf(config);
  const { headNorms } = architectureOf(config);
  const heads = (projection: string, groups: number) => {
    const name = `${at}.${projection}`;
    const projected = project(op, { x, name, hasBias: biases.qkv, precision });
    return op.reshape(projected, [0, 0, K, groups, N]); // [B, S, K, G, N]
  };
  /** Heads before their positions, `[B, K, G, S, N]`. */
  const headsFirst = (x: Value) => op.transpose(x, [0, 2, 3, 1, 4]);
  const placed = (name: "q" | "k", groups: number) => {
    const projected = heads(`${name}_proj`, groups);
    const normed = headNorms
      ? rmsNorm(op, { x: projected, weight: `${at}.${name}_norm.weight`, config })
      : projected;
    const x = headsFirst(normed);
    return usesRope(config, layer) ? rotate(op, { x, by: positions.rotation }) : x;
  };
  const query = placed("q", H / K); // [B, K, G, S, N]
  const newKey = placed("k", 1); // [B, K, 1, S, N]
  const newValue = headsFirst(heads("v_proj", 1));
  const append = (cache: Value, fresh: Value) =>
    op.concat([cache, op.reshape(fresh, [0, 0, -1, N])], 2); // [B, K, A, N]
  const present = { key: append(past.key, newKey), value: append(past.value, newValue) };

  const keys = op.transpose(op.unsqueeze(present.key, [2]), [0, 1, 2, 4, 3]); // [B, K, 1, N, A]
  const values = op.unsqueeze(present.value, [2]); // [B, K, 1, A, N]
  const scaled = op.multiply(query, op.float(1 / Math.sqrt(N)));
  const scores = op.add(op.matmul(scaled, keys), positions.bias); // [B, K, G, S, A]
  const mixed = op.matmul(op.softmax(scores), values); // [B, K, G, S, N]
  const joined = op.reshape(op.transpose(mixed, [0, 3, 1, 2, 4]), [0, 0, H * N]);
  const out = project(op, { x: joined, name: `${at}.o_proj`, hasBias: biases.output, precision });
  return { out, present };
}

/** Turns each pair (x[i], x[i + N/2]) by its angle. */
function rotate(
  op: Operators,
  { x, by: [cosine, sine] }: { x: Value; by: Positions["rotation"] },
): Value {
  const [a, b] = op.halves(x);
  return op.concat([
    op.subtract(op.multiply(a, cosine), op.multiply(b, sine)),
    op.add(op.multiply(b, cosine), op.multiply(a, sine)),
  ], -1);
}

/** Angle i of position p is p times frequency i. */
function rotaryAngles(
  op: Operators,
  { positionIds, config }: { positionIds: Value; config: ModelConfig },
): Positions["rotation"] {
  const positions = op.unsqueeze(op.toFloat(positionIds), [1, 2, 4]); // [B, 1, 1, S, 1]
  const angles = op.multiply(positions, op.floats(...ropeFrequencies(config))); // [B, 1, 1, S, N / 2]
  return [op.cosine(angles), op.sine(angles)];
}

/** A position sees itself and earlier positions where the attention mask is not 0. */
function attentionBias(op: Operators, { ids, mask }: { ids: Value; mask: Value }): Value {
  const all = op.size(mask, 1);
  const past = op.subtract(all, op.size(ids, 1));
  const newPositions = op.unsqueeze(op.range(past, all), [1]); // [S, 1]
  const causal = op.lessOrEqual(op.range(op.integer(0), all), newPositions); // [S, A]
  const real = op.unsqueeze(op.toBool(mask), [1, 2, 3]); // [B, 1, 1, 1, A]
  return op.where(op.and(causal, real), [op.float(0), op.float(EXCLUDED)]);
}
