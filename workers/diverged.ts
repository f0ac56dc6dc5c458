/**
 * The error of diverged training.
 *
 * @module
 */

/**
 * Thrown when a loss, a gradient norm, weights or moments are not finite. The current weights are then
 * useless, and must not be saved.
 */
export class DivergedError extends RangeError {
  /** The name that messages and stack traces begin with. */
  override readonly name = "DivergedError";
}
