/**
 * What a training step spends its time on.
 *
 * @module
 */

/** Kernels of each part of a step, by the names in workers/profile.ts. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  products: ["gemm"],
  packing: ["pack_a", "pack_a_transposed", "pack_b", "pack_b_transposed"],
  attention: ["attention", "attention_backward"],
  norms: ["rms_norm", "rms_norm_backward"],
  rope: ["rope"],
  swiglu: ["swiglu", "swiglu_backward"],
  crossEntropy: ["cross_entropy"],
  embedding: ["embedding", "embedding_backward"],
  residualsAndReduction: ["add", "copy", "zero"],
  optimizer: ["sum_squares", "adamw", "muon_momentum", "scale", "blend", "mirror"],
};

/**
 * Milliseconds of a step and worker by part, Muon's own products among the products. `rest` is what is
 * left: JavaScript between kernels, copies of moments, barriers and the root's part.
 */
export function budgetOf(
  phases: Readonly<Record<string, number>>,
  { msPerStep, waitingForTurn }: { msPerStep: number; waitingForTurn: number },
): Record<string, number> {
  const parts = Object.fromEntries(
    Object.entries(PARTS).map(([part, kernels]) => [
      part,
      kernels.reduce((sum, kernel) => sum + (phases[kernel] ?? 0), 0),
    ]),
  );
  const known = Object.values(parts).reduce((sum, ms) => sum + ms, waitingForTurn);
  return { ...parts, waitingForTurn, rest: msPerStep - known };
}
