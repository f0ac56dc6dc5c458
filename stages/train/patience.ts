/**
 * Tracks the validation loss of a run, and ends training when it has not improved for too long.
 *
 * @module
 */

/** The lowest validation loss of a run. */
export interface BestValidation {
  /** The latest of equal losses. */
  readonly step: number;
  /** Mean nats per token. */
  readonly loss: number;
}

/** Validation history of a run: plain JSON, saved with every checkpoint. */
export interface ValidationState {
  /** Step of the last one; 0 before the first. */
  readonly at: number;
  /** Null before the first, and where nothing is held out. */
  readonly best: BestValidation | null;
  /** Validations that count towards patience since the loss last fell. */
  readonly misses: number;
}

/** When training ends before its duration is over. */
export interface Patience {
  /** Validations without a lower loss that end it. */
  readonly validations: number;
  /** Passes over the corpus, 0-based, from which on validations count. */
  readonly fromPass: number;
}

/** State before the first validation. */
export const NO_VALIDATION: ValidationState = { at: 0, best: null, misses: 0 };

/**
 * The state after a validation at `step`. A loss that is not finite is never the best: NaN where
 * nothing is held out.
 */
export function observeValidation(
  state: ValidationState,
  { step, loss, counts }: { step: number; loss: number; counts: boolean },
): ValidationState {
  const { best } = state;
  const isBest = Number.isFinite(loss) && (best === null || loss <= best.loss);
  const hasFallen = Number.isFinite(loss) && (best === null || loss < best.loss);
  return {
    at: step,
    best: isBest ? { step, loss } : best,
    misses: best === null || hasFallen ? 0 : state.misses + (counts ? 1 : 0),
  };
}

/** Whether patience has run out. */
export function isOutOfPatience(
  { misses }: Pick<ValidationState, "misses">,
  patience: Patience | undefined,
): boolean {
  return patience !== undefined && misses >= patience.validations;
}

/**
 * The state in a checkpoint.
 *
 * @throws {TypeError} when it is something else
 */
export function readValidation(value: unknown): ValidationState {
  if (typeof value === "object" && value !== null && "at" in value && "best" in value) {
    const { at, best, misses } = value as Partial<Record<keyof ValidationState, unknown>>;
    if (typeof at === "number" && typeof misses === "number" && isBest(best)) {
      return { at, best, misses };
    }
  }
  throw new TypeError("Cannot resume: the checkpoint has no state of its validations");
}

function isBest(value: unknown): value is BestValidation | null {
  if (value === null) return true;
  return typeof value === "object" && "step" in value && typeof value.step === "number" &&
    "loss" in value && typeof value.loss === "number";
}
