/**
 * Learning rate over the course of a run.
 *
 * @module
 */

/** Shapes a schedule can have. */
export const SCHEDULES = ["cosine", "wsd", "constant"] as const;
/** A name in {@linkcode SCHEDULES}. */
export type ScheduleName = typeof SCHEDULES[number];

/** How the learning rate rises and falls; `constant` has a peak alone. */
export interface ScheduleOptions {
  /** Its shape: see {@linkcode learningRateAt}. */
  readonly name: ScheduleName;
  /** Highest learning rate. */
  readonly peak: number;
  /** Share of the run that rises linearly from zero. */
  readonly warmup: number;
  /** Where the schedule ends, as a share of the peak. */
  readonly floor: number;
  /** Share of the run that falls, at the end of `wsd`. */
  readonly decay: number;
}

/** Defaults of a schedule, except its name and peak. */
export const SCHEDULE_DEFAULTS = { warmup: 0.03, floor: 0.05, decay: 0.8 } as const;

/**
 * Defaults for pretrained weights: the optimizer's moments are new, which makes the first steps
 * erratic, and a long peak is unnecessary.
 */
export const CONTINUED_SCHEDULE = { ...SCHEDULE_DEFAULTS, warmup: 0.1, decay: 0.9 } as const;

/**
 * Learning rate at `progress` through the run: linear warmup, then for `cosine` half a cosine
 * (Loshchilov and Hutter, "SGDR", 2017) down to `floor * peak`; for `wsd`, warmup-stable-decay (Hu et
 * al., arXiv:2404.06395), the peak and at the end a straight line down to the same.
 *
 * @param progress share of the run done when the step ends, 0 to 1
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { learningRateAt, SCHEDULE_DEFAULTS } from "./schedule.ts";
 * const schedule = { ...SCHEDULE_DEFAULTS, name: "cosine", peak: 0.01, warmup: 0.2 } as const;
 * assertAlmostEquals(learningRateAt(0.1, schedule), 0.005);
 * assertAlmostEquals(learningRateAt(0.2, schedule), 0.01);
 * assertAlmostEquals(learningRateAt(1, schedule), 0.01 * schedule.floor);
 * ```
 */
export function learningRateAt(
  progress: number,
  { name, peak, warmup, floor, decay }: ScheduleOptions,
): number {
  if (name === "constant") return peak;
  if (progress < warmup) return peak * progress / warmup;
  const height = name === "wsd"
    ? Math.min(1, Math.max(0, 1 - progress) / decay)
    : 0.5 * (1 + Math.cos(Math.PI * Math.min(1, (progress - warmup) / (1 - warmup))));
  return peak * (floor + (1 - floor) * height);
}
