/**
 * Spheres for models that are evaluated and not trained.
 *
 * @module
 */
import { openSpheres } from "./control.ts";
import type { Spheres, SpheresOptions } from "./spheres.ts";

/** Spheres that evaluate, and the weights that they do it with. */
export interface Evaluator {
  /** To evaluate batches with, and to close. */
  readonly spheres: Spheres;
  /** In the model's layout; zero until they are filled, and `packWeights` must follow. */
  readonly weights: Float32Array;
}

/**
 * Opens spheres without room for gradients and moments: weights that stand frozen beside an adapter which
 * is left out.
 *
 * @throws {RangeError} when the model does not fit
 */
export async function openEvaluator(
  options: Omit<SpheresOptions, "lora" | "frozenType">,
): Promise<Evaluator> {
  const lora = { rank: 1, alpha: 1, targets: ["q_proj"] } as const;
  const spheres = await openSpheres({ ...options, lora });
  spheres.useAdapter(false);
  return { spheres, weights: spheres.frozen as Float32Array };
}
