/**
 * Rotary position embedding tables (Su et al., 2021), in the half-split form of Hugging Face.
 *
 * @module
 */

/** cos and sin of `position * theta^(-2i / headDim)`, each `[positions, headDim / 2]`. */
export function ropeTables(
  { positions, headDim, theta }: { positions: number; headDim: number; theta: number },
): { cos: Float32Array; sin: Float32Array } {
  const half = headDim / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let i = 0; i < half; i++) {
    // The reference computes frequencies and angles in f32; so do we, to agree on the last bits.
    const frequency = Math.fround(1 / Math.fround(theta ** (2 * i / headDim)));
    for (let position = 0; position < positions; position++) {
      const angle = Math.fround(position * frequency);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
