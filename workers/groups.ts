/**
 * Parameter groups: what one kernel call treats as one matrix. q, k and v are one group, gate and up
 * another. Gradients are reduced, updated and packed group by group.
 *
 * @module
 */
import type { Layout } from "../model/layout.ts";
import type { ModelConfig } from "../model/config.ts";

/** A matrix `[rows, cols]` (a norm weight is one row) made of adjacent parameters. */
export interface ParameterGroup {
  readonly index: number;
  readonly name: GroupName;
  /** Decoder layer, or -1 outside the layers. */
  readonly layer: number;
  /** Floats from the start of the parameter area. */
  readonly offset: number;
  /** Output features. */
  readonly rows: number;
  /** Input features. */
  readonly cols: number;
  /** Used as the right-hand side of matrix products, hence packed in both orders. */
  readonly packed: boolean;
  /** AdamW decays matrices and leaves norm weights alone. */
  readonly decayed: boolean;
}

/** Roles of a group in the architecture. */
export type GroupName =
  | "embedding"
  | "inputNorm"
  | "qkv"
  | "output"
  | "postNorm"
  | "gateUp"
  | "down"
  | "finalNorm"
  | "head";

/** The groups of one decoder layer. */
export interface LayerGroups {
  readonly inputNorm: ParameterGroup;
  readonly qkv: ParameterGroup;
  readonly output: ParameterGroup;
  readonly postNorm: ParameterGroup;
  readonly gateUp: ParameterGroup;
  readonly down: ParameterGroup;
}

/** All groups of a model. */
export interface Groups {
  readonly all: readonly ParameterGroup[];
  readonly embedding: ParameterGroup;
  readonly layers: readonly LayerGroups[];
  readonly finalNorm: ParameterGroup;
  /** The embedding itself when the weights are tied. */
  readonly head: ParameterGroup;
}

/** Derives the groups from the parameter table. */
export function createGroups(config: ModelConfig, layout: Layout): Groups {
  const all: ParameterGroup[] = [];
  const group = (name: GroupName, packed: boolean, ...names: string[]): ParameterGroup => {
    const members = names.map((member) => layout.get(member));
    const first = members[0] as typeof members[0] & object;
    const matrix = first.shape.length === 2;
    const cols = first.shape.at(-1) as number;
    const size = members.reduce((sum, { size }) => sum + size, 0);
    const created = {
      index: all.length,
      name,
      layer: first.layer,
      offset: first.offset,
      rows: matrix ? size / cols : 1,
      cols,
      packed,
      decayed: matrix,
    };
    all.push(created);
    return created;
  };
  const tied = config.tie_word_embeddings;
  const embedding = group("embedding", tied, "model.embed_tokens.weight");
  const layers = Array.from({ length: config.num_hidden_layers }, (_, layer) => {
    const at = `model.layers.${layer}`;
    return {
      inputNorm: group("inputNorm", false, `${at}.input_layernorm.weight`),
      qkv: group(
        "qkv",
        true,
        `${at}.self_attn.q_proj.weight`,
        `${at}.self_attn.k_proj.weight`,
        `${at}.self_attn.v_proj.weight`,
      ),
      output: group("output", true, `${at}.self_attn.o_proj.weight`),
      postNorm: group("postNorm", false, `${at}.post_attention_layernorm.weight`),
      gateUp: group("gateUp", true, `${at}.mlp.gate_proj.weight`, `${at}.mlp.up_proj.weight`),
      down: group("down", true, `${at}.mlp.down_proj.weight`),
    };
  });
  const finalNorm = group("finalNorm", false, "model.norm.weight");
  const head = tied ? embedding : group("head", true, "lm_head.weight");
  return { all, embedding, layers, finalNorm, head };
}
