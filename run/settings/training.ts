/**
 * Flags that every command which trains understands.
 *
 * @module
 */
import { type PresetName, PRESETS } from "../../model/config.ts";
import {
  ADAMW_DEFAULTS,
  CONTINUED_SCHEDULE,
  MUON_DEFAULTS,
  type OptimizerName,
  type OptimizerOptions,
  OPTIMIZERS,
  SCHEDULE_DEFAULTS,
  type ScheduleName,
  type ScheduleOptions,
  SCHEDULES,
} from "../../stages/train/mod.ts";
import type { SpheresOptions } from "../../workers/mod.ts";
import { choice, type FlagValues, number, text, toggle, UsageError } from "../../cli/flags.ts";

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

/**
 * Shares of the preset's learning rate with which weights that were trained before go on;
 * docs/continue.md has the runs behind them.
 */
const CONTINUED_RATE: Readonly<Record<OptimizerName, number>> = { muon: 0.25, adamw: 0.5 };
const CONTINUED_HELP = OPTIMIZERS.map((name) => `${CONTINUED_RATE[name]} of that for ${name}`)
  .join(" and ");

/** How the weights are updated. */
export const OPTIMIZER_FLAGS = {
  optimizer: choice({
    help: "what updates the hidden matrices; AdamW updates the rest",
    of: OPTIMIZERS,
    defaultValue: "adamw",
  }),
  "learning-rate": number({
    help: `highest learning rate (default: the preset's in a run, ${CONTINUED_HELP} with --init; ` +
      "0.001 with --batches)",
    value: "X",
    integer: false,
    defaultValue: undefined,
  }),
  schedule: choice({
    help: "warmup then a cosine, warmup-stable-decay, or constant",
    of: SCHEDULES,
    defaultValue: "cosine",
  }),
  warmup: number({
    help: "share of the run in which the learning rate rises " +
      `(default: ${SCHEDULE_DEFAULTS.warmup}, ${CONTINUED_SCHEDULE.warmup} with --init)`,
    value: "X",
    integer: false,
    max: 1,
    defaultValue: undefined,
  }),
  decay: number({
    help: "share of the run in which wsd falls at its end " +
      `(default: ${SCHEDULE_DEFAULTS.decay}, ${CONTINUED_SCHEDULE.decay} with --init)`,
    value: "X",
    integer: false,
    max: 1,
    defaultValue: undefined,
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
  /** Share of the run in which the learning rate rises. */
  readonly warmup: number;
  /** Share of the run in which it falls at the end, for `wsd`. */
  readonly decay: number;
  readonly weightDecay: number;
  readonly clip: number;
}

/** The schedule that the settings describe. */
export function scheduleOf(
  { schedule, learningRate, warmup, decay }: Omit<OptimizerSettings, "optimizer">,
): ScheduleOptions {
  return { ...SCHEDULE_DEFAULTS, name: schedule, peak: learningRate, warmup, decay };
}

/** Flags that {@linkcode rateOf} looks at. */
type RateFlags = Pick<
  FlagValues<typeof OPTIMIZER_FLAGS>,
  "optimizer" | "learning-rate" | "warmup" | "decay"
>;

/**
 * How high the learning rate is and how it rises and falls: as the flags say, and where they do not,
 * as suits new weights or, where the run `continues` others, those.
 */
export function rateOf(
  flags: RateFlags,
  { preset, continues }: { preset: PresetName; continues: boolean },
): Pick<OptimizerSettings, "learningRate" | "warmup" | "decay"> {
  const { optimizer, "learning-rate": learningRate, warmup, decay } = flags;
  const peak = PRESETS[preset].learningRate[optimizer];
  const defaults = continues ? CONTINUED_SCHEDULE : SCHEDULE_DEFAULTS;
  return {
    learningRate: learningRate ?? (continues ? peak * CONTINUED_RATE[optimizer] : peak),
    warmup: warmup ?? defaults.warmup,
    decay: decay ?? defaults.decay,
  };
}

/**
 * Refuses flags that the schedule has no use for.
 *
 * @throws {UsageError} naming the flag and what to change
 */
export function checkSchedule(schedule: ScheduleName, given: ReadonlySet<string>): void {
  const unused = schedule === "constant"
    ? ["warmup", "decay"]
    : schedule === "wsd"
    ? []
    : ["decay"];
  const flag = unused.find((name) => given.has(name));
  if (flag === undefined) return;
  const others = flag === "decay" ? "--schedule wsd" : "--schedule wsd or cosine";
  throw new UsageError(`Cannot use --${flag} with --schedule ${schedule}: it is for ${others}`);
}

/** The optimizer as the settings describe it. */
export function optimizerOf(
  { optimizer, weightDecay, clip }: OptimizerSettings,
): OptimizerOptions {
  const adamw = { ...ADAMW_DEFAULTS, weightDecay, clip };
  return optimizer === "muon" ? { ...adamw, muon: MUON_DEFAULTS } : adamw;
}
