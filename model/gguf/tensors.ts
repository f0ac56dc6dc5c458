/**
 * llama.cpp's names of the parameters, and its order of their rows.
 *
 * @module
 */
import type { ModelConfig } from "../config.ts";
import type { Layout, Parameter } from "../layout.ts";

const OUTSIDE: Readonly<Record<string, string>> = {
  "model.embed_tokens.weight": "token_embd.weight",
  "model.norm.weight": "output_norm.weight",
  "lm_head.weight": "output.weight",
};

const IN_LAYER: Readonly<Record<string, string>> = {
  "input_layernorm.weight": "attn_norm.weight",
  "self_attn.q_proj.weight": "attn_q.weight",
  "self_attn.k_proj.weight": "attn_k.weight",
  "self_attn.v_proj.weight": "attn_v.weight",
  "self_attn.o_proj.weight": "attn_output.weight",
  "post_attention_layernorm.weight": "ffn_norm.weight",
  "mlp.gate_proj.weight": "ffn_gate.weight",
  "mlp.up_proj.weight": "ffn_up.weight",
  "mlp.down_proj.weight": "ffn_down.weight",
};

/** A parameter as a GGUF file has it. */
export interface GgufTensor {
  readonly name: string;
  readonly parameter: Parameter;
  /** Row of the parameter that stands in row `row` of the file. */
  readonly sourceRow: (row: number) => number;
}

/** The tensors of a model in the order of its layout. */
export function ggufTensors(config: ModelConfig, layout: Layout): GgufTensor[] {
  return layout.parameters.map((parameter) => ({
    name: nameOf(parameter),
    parameter,
    sourceRow: /\.(q|k)_proj\.weight$/.test(parameter.name)
      ? (row) => interleaved(row, config.head_dim)
      : (row) => row,
  }));
}

function nameOf({ name, layer }: Parameter): string {
  const known = layer < 0 ? OUTSIDE[name] : IN_LAYER[name.replace(`model.layers.${layer}.`, "")];
  if (known === undefined) throw new RangeError(`Cannot export ${name} to GGUF: it has no name`);
  return layer < 0 ? known : `blk.${layer}.${known}`;
}

/**
 * Rotary positions turn pairs of a head's rows: `(i, i + N/2)` in Hugging Face's order and
 * `(2i, 2i + 1)` in that of llama.cpp's architecture `llama`, whose converter permutes alike.
 */
function interleaved(row: number, headDim: number): number {
  const inHead = row % headDim;
  return row - inHead + (inHead % 2) * (headDim / 2) + Math.floor(inHead / 2);
}
