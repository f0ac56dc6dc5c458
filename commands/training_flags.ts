/**
 * Flags that every command which trains understands.
 *
 * @module
 */
import { COSINE_DEFAULTS, type ScheduleOptions, SCHEDULES } from "../stages/train/mod.ts";
import { ADAMW_DEFAULTS, type AdamwOptions } from "../stages/train/mod.ts";
import { choice, type FlagValues, number, text, toggle } from "./flags.ts";

/** How the spheres run; never changes what they compute. */
export const SPHERE_FLAGS = {
  workers: number({
    help: "workers that run the spheres; never changes the result",
    min: 1,
    max: 1024,
    defaultValue: navigator.hardwareConcurrency,
  }),
  "strict-simd": toggle({
    help: "avoid relaxed SIMD: slower, and the same bits on every machine",
  }),
};

/** How the weights are updated. */
export const OPTIMIZER_FLAGS = {
  "learning-rate": number({
    help: "highest learning rate (default: the preset's)",
    value: "X",
    integer: false,
    defaultValue: undefined,
  }),
  schedule: choice({
    help: "warmup then cosine, or constant",
    of: SCHEDULES,
    defaultValue: "cosine",
  }),
  "weight-decay": number({
    help: "AdamW's decoupled decay of matrices",
    value: "X",
    integer: false,
    defaultValue: ADAMW_DEFAULTS.weightDecay,
  }),
  clip: number({
    help: "largest global gradient norm",
    value: "X",
    integer: false,
    defaultValue: ADAMW_DEFAULTS.clip,
  }),
};

/** Where a run lives, and how it talks. */
export const RUN_FLAGS = {
  run: text({
    help: "run folder, continued when it exists",
    value: "DIR",
    defaultValue: "runs/default",
  }),
};

/** The schedule that the flags describe. */
export function scheduleOf(
  flags: FlagValues<typeof OPTIMIZER_FLAGS>,
  { peak }: { peak: number },
): ScheduleOptions {
  return { name: flags.schedule, peak: flags["learning-rate"] ?? peak, ...COSINE_DEFAULTS };
}

/** The optimizer settings that the flags describe. */
export function optimizerOf(flags: FlagValues<typeof OPTIMIZER_FLAGS>): AdamwOptions {
  return { ...ADAMW_DEFAULTS, weightDecay: flags["weight-decay"], clip: flags.clip };
}
