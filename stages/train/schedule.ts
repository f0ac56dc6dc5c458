/**
 * Learning rate over the course of a run.
 *
 * @module
 */

/** Shapes a schedule can have. */
export const SCHEDULES = ["cosine", "constant"] as const;
/** A name in {@linkcode SCHEDULES}. */
export type ScheduleName = typeof SCHEDULES[number];

/** How the learning rate rises and falls. */
export interface ScheduleOptions {
  readonly name: ScheduleName;
  /** Highest learning rate. */
  readonly peak: number;
  /** Share of the run that rises linearly from zero; 0 for `constant`. */
  readonly warmup: number;
  /** Where the cosine ends, as a share of the peak. */
  readonly floor: number;
}

/** Warmup and floor of a cosine schedule, unless told otherwise. */
export const COSINE_DEFAULTS = { warmup: 0.03, floor: 0.05 } as const;

/**
 * Learning rate at `progress` through the run: linear warmup, then half a cosine (Loshchilov and
 * Hutter, "SGDR", 2017) down to `floor * peak`; or constant.
 *
 * @param progress share of the run done when the step ends, 0 to 1
 */
export function learningRateAt(
  progress: number,
  { name, peak, warmup, floor }: ScheduleOptions,
): number {
  if (name === "constant") return peak;
  if (progress < warmup) return peak * progress / warmup;
  const descent = Math.min(1, (progress - warmup) / (1 - warmup));
  return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * descent)));
}
