/**
 * Parameter groups: what one kernel call treats as one matrix. q, k and v are one group, gate and up
 * another. Gradients are reduced, updated and packed group by group.
 *
 * @module
 */
import type { GroupName, LayerGroupName, Layout } from "../model/layout.ts";
import type { ModelConfig } from "../model/config.ts";

/** A matrix `[rows, cols]` (norms and biases are one row) made of adjacent parameters. */
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
  /** AdamW decays matrices and leaves norm weights and biases alone. */
  readonly decayed: boolean;
}

/** Byte addresses of a weight group in both product orders. */
export interface PackedGroup {
  /** Y = X Wᵀ */
  readonly forward: number;
  /** dX = dY W */
  readonly backward: number;
  /** Whether they are addresses of the far memory. */
  readonly isFar: boolean;
}

/** Groups that only some architectures have. */
type OptionalName = "qkvBias" | "queryNorm" | "keyNorm" | "outputBias" | "gateUpBias" | "downBias";

/** The groups of one decoder layer. */
export type LayerGroups =
  & { readonly [Name in Exclude<LayerGroupName, OptionalName>]: ParameterGroup }
  & { readonly [Name in OptionalName]?: ParameterGroup };

/** All groups of a model. */
export interface Groups {
  readonly all: readonly ParameterGroup[];
  readonly embedding: ParameterGroup;
  readonly layers: readonly LayerGroups[];
  readonly finalNorm: ParameterGroup;
  /** The embedding itself when the weights are tied. */
  readonly head: ParameterGroup;
}

/** Right-hand sides of products; the embedding is one where it is the head too. */
const PACKED: readonly GroupName[] = ["qkv", "output", "gateUp", "down", "head"];

/** Derives the groups from the parameter table. */
export function createGroups(config: ModelConfig, layout: Layout): Groups {
  const all: ParameterGroup[] = [];
  for (const { group: name, layer, offset, shape, size } of layout.parameters) {
    const matrix = shape.length === 2;
    const cols = matrix ? shape[1] as number : size;
    const last = all.at(-1);
    if (last?.name === name && last.layer === layer) {
      const grown = matrix ? { rows: last.rows + size / cols } : { cols: last.cols + cols };
      all[last.index] = { ...last, ...grown };
      continue;
    }
    const packed = PACKED.includes(name) || (name === "embedding" && config.tie_word_embeddings);
    const rows = matrix ? size / cols : 1;
    all.push({
      index: all.length,
      name,
      layer,
      offset,
      rows,
      cols,
      packed,
      decayed: matrix,
    });
  }
  const find = (name: GroupName) => all.find((group) => group.name === name) as ParameterGroup;
  const layers = Array.from({ length: config.num_hidden_layers }, (_, layer) => {
    const own = all.filter((group) => group.layer === layer);
    return Object.fromEntries(own.map((group) => [group.name, group])) as object as LayerGroups;
  });
  const [embedding, finalNorm] = [find("embedding"), find("finalNorm")];
  const head = config.tie_word_embeddings ? embedding : find("head");
  return { all, embedding, layers, finalNorm, head };
}
