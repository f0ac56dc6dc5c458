/**
 * The outer step: moves the shared weights by the mean of the replicas' deltas, with Nesterov
 * momentum as PyTorch's SGD has it. Each operation rounds to f32, so that every machine gets the same
 * bits.
 *
 * @module
 */
import type { ReplicaOptions, SharedState } from "./state.ts";

/** Adds the next replica's delta to the `sum`; call it in order of rank. */
export function addDelta(sum: Float32Array, delta: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (delta[i] as number);
}

/**
 * The shared state after a round in which the deltas of `replicas` replicas came to `sum`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { outerStep } from "./outer.ts";
 * const shared = { parameters: Float32Array.of(1), outerMomentum: Float32Array.of(0.5) };
 * const next = outerStep(shared, Float32Array.of(1), {
 *   replicas: 2,
 *   outerLearningRate: 0.5,
 *   outerMomentum: 0.5,
 * });
 * // Momentum 0.5 × 0.5 + 1 / 2, and a step of 0.5 × (1 / 2 + 0.5 × 0.75).
 * assertEquals(next, { parameters: Float32Array.of(0.5625), outerMomentum: Float32Array.of(0.75) });
 * ```
 */
export function outerStep(
  shared: SharedState,
  sum: Float32Array,
  { replicas, outerLearningRate, outerMomentum }:
    & Pick<ReplicaOptions, "outerLearningRate" | "outerMomentum">
    & { replicas: number },
): SharedState {
  const { fround } = Math;
  const rate = fround(outerLearningRate), decay = fround(outerMomentum);
  const parameters = new Float32Array(sum.length), momentum = new Float32Array(sum.length);
  for (let i = 0; i < sum.length; i++) {
    const gradient = fround((sum[i] as number) / replicas);
    const moved = fround(fround(decay * (shared.outerMomentum[i] as number)) + gradient);
    momentum[i] = moved;
    parameters[i] = (shared.parameters[i] as number) -
      fround(rate * fround(gradient + fround(decay * moved)));
  }
  return { parameters, outerMomentum: momentum };
}
