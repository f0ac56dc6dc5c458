/**
 * The guard: skips the update of a step whose loss or gradient norm is far above its recent values.
 *
 * @module
 */
import type { StepLimits, StepOutcome } from "../../workers/mod.ts";

/** Exponentially weighted mean and variance of a series. */
export interface Spread {
  /** 0 before the first value. */
  readonly mean: number;
  /** Square of the standard deviation; 0 before the second value. */
  readonly variance: number;
}

/** State of the guard: plain JSON, saved with every checkpoint. */
export interface GuardState {
  /** Steps seen. */
  readonly steps: number;
  /** Of the loss, in nats per token. */
  readonly loss: Spread;
  /** Of the global gradient norm. */
  readonly gradNorm: Spread;
}

/** State before the first step. */
export const NEW_GUARD: GuardState = {
  steps: 0,
  loss: { mean: 0, variance: 0 },
  gradNorm: { mean: 0, variance: 0 },
};

/** Steps before the guard acts: the first losses of a run fall too fast for a meaningful spread. */
const WARMUP = 100;
/** Weight of a new value; the memory reaches back about fifty steps. */
const WEIGHT = 0.02;

/**
 * A value below so many times the mean is no outlier, however small the spread. Gradient norms of a
 * quiet run vary by 4 %, so that an unusual document is ten deviations above at 1.4 times the mean.
 * It does no harm: a large norm is clipped, and moments take in a step in small part.
 */
const USUAL = { loss: 1.25, gradNorm: 5 } as const;

/**
 * The largest loss and gradient norm that the next step may have: `deviations` standard deviations
 * above the mean, and never below {@linkcode USUAL} times it; undefined where there is no limit yet.
 */
export function limitsOf(state: GuardState, deviations: number): StepLimits | undefined {
  if (deviations === 0 || state.steps < WARMUP) return undefined;
  const limit = (name: keyof typeof USUAL) => {
    const { mean, variance } = state[name];
    return Math.max(mean + deviations * Math.sqrt(variance), USUAL[name] * mean);
  };
  return { loss: limit("loss"), gradNorm: limit("gradNorm") };
}

/**
 * The state after a step. A value beyond its limit counts as the limit: one outlier hardly widens
 * the spread, and a lasting rise is let through before long.
 */
export function observe(
  state: GuardState,
  { outcome, limits }: {
    outcome: Pick<StepOutcome, "loss" | "gradNorm">;
    limits: StepLimits | undefined;
  },
): GuardState {
  const next = (name: "loss" | "gradNorm"): Spread => {
    const value = Math.min(outcome[name], limits?.[name] ?? Infinity);
    if (state.steps === 0) return { mean: value, variance: 0 };
    // West (1979), "Updating mean and variance estimates", with a weight that stays the same.
    const difference = value - state[name].mean;
    const step = WEIGHT * difference;
    return {
      mean: state[name].mean + step,
      variance: (1 - WEIGHT) * (state[name].variance + difference * step),
    };
  };
  return { steps: state.steps + 1, loss: next("loss"), gradNorm: next("gradNorm") };
}

/**
 * The state in a checkpoint.
 *
 * @throws {TypeError} when it is something else
 */
export function readGuard(value: unknown): GuardState {
  if (typeof value === "object" && value !== null && "steps" in value) {
    const { steps, loss, gradNorm } = value as Partial<Record<keyof GuardState, unknown>>;
    if (typeof steps === "number" && isSpread(loss) && isSpread(gradNorm)) {
      return { steps, loss, gradNorm };
    }
  }
  throw new TypeError("Cannot resume: the checkpoint has no state of the guard");
}

function isSpread(value: unknown): value is Spread {
  return typeof value === "object" && value !== null &&
    "mean" in value && typeof value.mean === "number" &&
    "variance" in value && typeof value.variance === "number";
}
