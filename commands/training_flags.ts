/**
 * Flags that every command which trains understands.
 *
 * @module
 */
import {
  ADAMW_DEFAULTS,
  MUON_DEFAULTS,
  type OptimizerName,
  type OptimizerOptions,
  OPTIMIZERS,
  SCHEDULE_DEFAULTS,
  type ScheduleName,
  type ScheduleOptions,
  SCHEDULES,
} from "../stages/train/mod.ts";
import type { SpheresOptions } from "../workers/mod.ts";
import { choice, type FlagValues, number, text, toggle } from "./flags.ts";

/** How the spheres run; never changes what they compute. */
export const SPHERE_FLAGS = {
  workers: number({
    help: "workers that run the spheres; the result of a step is the same (default: one a core)",
    min: 1,
    max: 1024,
    defaultValue: navigator.hardwareConcurrency,
  }),
  "strict-simd": toggle({
    help: "avoid relaxed SIMD: slower, and the same bits on every machine",
  }),
  recompute: toggle({
    help:
      "compute activations again instead of keeping them: slower, for long rows; the same result",
  }),
};

/** How the flags say the spheres run. */
export function spheresOf(
  values: FlagValues<typeof SPHERE_FLAGS>,
): Required<Pick<SpheresOptions, "workers" | "strictSimd" | "recompute">> {
  return {
    workers: values.workers,
    strictSimd: values["strict-simd"],
    recompute: values.recompute,
  };
}

/** How the weights are updated. */
export const OPTIMIZER_FLAGS = {
  optimizer: choice({
    help: "what updates the hidden matrices; AdamW updates the rest",
    of: OPTIMIZERS,
    defaultValue: "adamw",
  }),
  "learning-rate": number({
    help: "highest learning rate (default: the preset's in a run, else 0.001)",
    value: "X",
    integer: false,
    defaultValue: undefined,
  }),
  schedule: choice({
    help: "warmup then a cosine, warmup-stable-decay, or constant",
    of: SCHEDULES,
    defaultValue: "cosine",
  }),
  "weight-decay": number({
    help: "decoupled decay of matrices",
    value: "X",
    integer: false,
    defaultValue: ADAMW_DEFAULTS.weightDecay,
  }),
  guard: number({
    help: "skip a step whose loss or gradient norm lies so many deviations above; 0 for none",
    value: "X",
    integer: false,
    defaultValue: 0,
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

/** The settings behind {@linkcode OPTIMIZER_FLAGS}. */
export interface OptimizerSettings {
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  readonly weightDecay: number;
  readonly clip: number;
}

/** The schedule that the settings describe. */
export function scheduleOf({ schedule, learningRate }: OptimizerSettings): ScheduleOptions {
  return { name: schedule, peak: learningRate, ...SCHEDULE_DEFAULTS };
}

/** The optimizer as the settings describe it. */
export function optimizerOf(
  { optimizer, weightDecay, clip }: OptimizerSettings,
): OptimizerOptions {
  const adamw = { ...ADAMW_DEFAULTS, weightDecay, clip };
  return optimizer === "muon" ? { ...adamw, muon: MUON_DEFAULTS } : adamw;
}
