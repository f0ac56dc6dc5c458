/**
 * Rotary position embedding tables (Su et al., 2021), in the half-split form of Hugging Face, and the
 * ways in which models stretch their frequencies.
 *
 * @module
 */

/** How frequencies are stretched, with the field names of Hugging Face's `rope_scaling`. */
export type RopeScaling =
  /** All divided by `factor` (Chen et al., arXiv:2306.15595). */
  | { readonly rope_type: "linear"; readonly factor: number }
  /** Llama 3.1's: low ones divided by `factor`, high ones kept, and a blend between. */
  | {
    readonly rope_type: "llama3";
    readonly factor: number;
    readonly low_freq_factor: number;
    readonly high_freq_factor: number;
    readonly original_max_position_embeddings: number;
  };

/** The fields of a configuration that determine the frequencies. */
export interface RopeConfig {
  readonly head_dim: number;
  readonly rope_theta: number;
  readonly rope_scaling: RopeScaling | null;
}

/** Angles a position, `[headDim / 2]`, in f32 as the reference computes them. */
export function ropeFrequencies(config: RopeConfig): Float32Array {
  const divisors = ropeDivisors(config);
  return plainFrequencies(config).map((frequency, i) => frequency / (divisors[i] ?? NaN));
}

function plainFrequencies({ head_dim, rope_theta }: RopeConfig): Float32Array {
  return Float32Array.from(
    { length: head_dim / 2 },
    (_, i) => 1 / Math.fround(rope_theta ** (2 * i / head_dim)),
  );
}

/** What scaling divides each frequency by, `[headDim / 2]`; 1 without it. */
export function ropeDivisors(config: RopeConfig): readonly number[] {
  const { rope_scaling: scaling } = config;
  return Array.from(plainFrequencies(config), (frequency) => {
    if (scaling === null) return 1;
    const { factor } = scaling;
    if (scaling.rope_type === "linear") return factor;
    const { low_freq_factor: low, high_freq_factor: high } = scaling;
    const turns = scaling.original_max_position_embeddings * frequency / (2 * Math.PI);
    if (turns < low) return factor;
    if (turns > high) return 1;
    const kept = (turns - low) / (high - low);
    return 1 / ((1 - kept) / factor + kept);
  });
}

/** cos and sin of position times frequency, each `[positions, headDim / 2]`. */
export function ropeTables(
  config: RopeConfig,
  { positions }: { positions: number },
): { cos: Float32Array; sin: Float32Array } {
  const half = config.head_dim / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (const [i, frequency] of ropeFrequencies(config).entries()) {
    for (let position = 0; position < positions; position++) {
      // The reference computes angles in f32; so do we, to agree on the last bits.
      const angle = Math.fround(position * frequency);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
