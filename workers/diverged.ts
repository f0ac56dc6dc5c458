/**
 * Training whose numbers are no longer finite.
 *
 * @module
 */

/**
 * A loss, a gradient norm, weights or moments are not finite. The weights that gave them are of no
 * use any more, and so must not be kept.
 */
export class DivergedError extends RangeError {
  /** The name that messages and stack traces begin with. */
  override readonly name = "DivergedError";
}
