/**
 * llama.cpp's names of the parameters, and its order of their rows.
 *
 * @module
 */
import { architectureOf } from "../architectures.ts";
import type { ModelConfig } from "../config.ts";
import type { Layout, Parameter } from "../layout.ts";
import { ropeDivisors } from "../rope.ts";

const OUTSIDE: Readonly<Record<string, string>> = {
  "model.embed_tokens.weight": "token_embd.weight",
  "model.norm.weight": "output_norm.weight",
  "lm_head.weight": "output.weight",
};

/** Names without `.weight` or `.bias`. */
const IN_LAYER: Readonly<Record<string, string>> = {
  "input_layernorm": "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.q_norm": "attn_q_norm",
  "self_attn.k_norm": "attn_k_norm",
  "self_attn.o_proj": "attn_output",
  "post_attention_layernorm": "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

/** A parameter as a GGUF file has it. */
export interface GgufTensor {
  readonly name: string;
  readonly parameter: Pick<Parameter, "shape" | "offset" | "size">;
  /** Values that are no parameters of the model. */
  readonly derived?: Float32Array;
  /** Row of the parameter that stands in row `row` of the file. */
  readonly sourceRow: (row: number) => number;
}

/** The tensors of a model in the order of its layout, and what is derived from its configuration. */
export function ggufTensors(config: ModelConfig, layout: Layout): GgufTensor[] {
  const parameters = layout.parameters.map((parameter) => ({
    name: nameOf(parameter),
    parameter,
    sourceRow: architectureOf(config).gguf.interleaved && /\.(q|k)_proj\./.test(parameter.name)
      ? (row: number) => interleaved(row, config.head_dim)
      : straight,
  }));
  if (config.rope_scaling?.rope_type !== "llama3") return parameters;
  // llama.cpp divides each rotary frequency by its factor.
  const derived = Float32Array.from(ropeDivisors(config));
  const parameter = { shape: [derived.length], offset: 0, size: derived.length };
  return [...parameters, {
    name: "rope_freqs.weight",
    parameter,
    derived,
    sourceRow: straight,
  }];
}

const straight = (row: number): number => row;

function nameOf({ name, layer }: Parameter): string {
  const [, stem = "", kind = ""] = /^(?:model\.layers\.\d+\.)?(.*)\.(weight|bias)$/.exec(name) ??
    [];
  const known = layer < 0 ? OUTSIDE[name] : IN_LAYER[stem];
  if (known === undefined) throw new RangeError(`Cannot export ${name} to GGUF: it has no name`);
  return layer < 0 ? known : `blk.${layer}.${known}.${kind}`;
}

/**
 * Rotary positions turn pairs of a head's rows: `(i, i + N/2)` in Hugging Face's order and
 * `(2i, 2i + 1)` in that of some of llama.cpp's architectures, whose converters permute alike.
 */
function interleaved(row: number, headDim: number): number {
  const inHead = row % headDim;
  return row - inHead + (inHead % 2) * (headDim / 2) + Math.floor(inHead / 2);
}
