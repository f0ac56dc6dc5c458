import type { ModelConfig } from "./config.ts";

/**
 * Floating-point operations that training on one token takes: six for each weight of a matrix
 * product (two forward, four backward), and causal attention at half of its square.
 *
 * @param cols T, tokens a row
 */
export function trainingFlopsPerToken(config: ModelConfig, { cols }: { cols: number }): number {
  const {
    num_hidden_layers: layers,
    hidden_size: hidden,
    intermediate_size: intermediate,
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    head_dim: headDim,
    vocab_size: vocab,
  } = config;
  const attentionWeights = 2 * hidden * headDim * (heads + keyValueHeads);
  const weights = layers * (attentionWeights + 3 * hidden * intermediate) + hidden * vocab;
  return 6 * weights + layers * 6 * cols * heads * headDim;
}
