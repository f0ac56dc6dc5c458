/**
 * Flags about training, for every command that trains, and what they come to.
 *
 * @module
 */
import { type PresetName, PRESETS } from "../../model/config.ts";
import { RECIPE_TABLE, type RecipeName } from "../../model/recipes.ts";
import { ORDERS } from "../../stages/store/mod.ts";
import {
  ADAMW_DEFAULTS,
  CONTINUED_SCHEDULE,
  MUON_DEFAULTS,
  type OptimizerName,
  type OptimizerOptions,
  OPTIMIZERS,
  SCHEDULE_DEFAULTS,
  type ScheduleOptions,
  SCHEDULES,
} from "../../stages/train/mod.ts";
import { DEFAULT_LEAVES, type SpheresOptions } from "../../workers/mod.ts";
import { choice, type FlagValues, group, number, toggle } from "../../cli/flags.ts";
import { byPreset } from "./model.ts";
import { always, never, type SettingsOf } from "./table.ts";

/** How long is trained, and on which documents when. */
export const TRAINING = group("Training", {
  steps: always(
    number({
      help: `optimizer steps (default: ${byPreset(({ steps }) => steps)})`,
      min: 1,
    }),
    {
      // 0 when the run is planned by the clock.
      from: (steps, { preset, seconds }: { preset: PresetName; seconds?: number | undefined }) =>
        seconds === undefined ? steps ?? PRESETS[preset].steps : 0,
      also: "seconds",
    },
  ),
  seconds: always(
    number({
      help: "training time instead of a number of steps; not reproducible",
      value: "S",
      min: 1,
      excludes: ["steps"],
    }),
    { from: (seconds) => seconds ?? 0, also: "steps" },
  ),
  patience: always(
    number({
      help: "validations without a lower loss before training stops; 0 for never " +
        "(default: 5, counted from the second pass over the corpus on)",
    }),
    { from: (patience): number | "auto" => patience ?? "auto" },
  ),
  order: never(choice({
    help: "order of documents in a pass: shuffled, or as stored",
    of: ORDERS,
    defaultValue: "shuffled",
  })),
  "warm-up-corpus": never(
    number({
      help: "tokens stored before training begins while documents still come (default: of a " +
        "crawl as many as the steps train on, of files all up to 268,435,456)",
      min: 1,
      only: { order: ["shuffled"] },
    }),
    { from: (tokens) => tokens ?? 0 },
  ),
});

/**
 * Shares of the preset's learning rate with which weights that were trained before go on;
 * docs/continue.md has the runs behind them.
 */
const CONTINUED_RATE: Readonly<Record<OptimizerName, number>> = { muon: 0.25, adamw: 0.5 };
const CONTINUED_HELP = OPTIMIZERS.map((name) => `${CONTINUED_RATE[name]} of that for ${name}`)
  .join(" and ");

/** The flags that the defaults of a learning rate follow from. */
interface RateBasis {
  readonly preset: PresetName;
  readonly optimizer: OptimizerName;
  readonly init: string | undefined;
}

function rateOf({ preset, optimizer, init }: RateBasis): number {
  return PRESETS[preset].learningRate[optimizer] *
    (init === undefined ? 1 : CONTINUED_RATE[optimizer]);
}

/** A share of the run: as suits new weights or, where the run goes on from others, those. */
function share(part: "warmup" | "decay", help: string, schedules: readonly string[]) {
  const [fresh, continued] = [SCHEDULE_DEFAULTS[part], CONTINUED_SCHEDULE[part]];
  return always(
    number({
      help: `${help} (default: ${fresh}, ${continued} with --init)`,
      value: "X",
      integer: false,
      max: 1,
      only: { schedule: schedules },
    }),
    { from: (given, { init }: RateBasis) => given ?? (init === undefined ? fresh : continued) },
  );
}

/** How the weights are updated. */
export const OPTIMIZER = group("Optimizer", {
  optimizer: always(choice({
    help: "optimizer of the hidden matrices; AdamW updates the rest",
    of: OPTIMIZERS,
    defaultValue: "muon",
  })),
  "learning-rate": always(
    number({
      help: `highest learning rate (default: the preset's in a run, ${CONTINUED_HELP} with ` +
        "--init; 0.001 with --batches)",
      value: "X",
      integer: false,
    }),
    { from: (given, basis: RateBasis) => given ?? rateOf(basis) },
  ),
  schedule: always(choice({
    help: "warmup then a cosine, warmup-stable-decay, or constant",
    of: SCHEDULES,
    defaultValue: "wsd",
  })),
  warmup: share("warmup", "share of the run in which the learning rate rises", ["wsd", "cosine"]),
  decay: share("decay", "share of the run in which wsd falls at its end", ["wsd"]),
  "weight-decay": always(number({
    help: "decoupled decay of matrices",
    value: "X",
    integer: false,
    defaultValue: ADAMW_DEFAULTS.weightDecay,
  })),
  guard: always(number({
    help: "skip steps whose loss or gradient norm is this many deviations above; 0 for none",
    value: "X",
    integer: false,
    defaultValue: 10,
  })),
  clip: always(number({
    help: "largest global gradient norm",
    value: "X",
    integer: false,
    defaultValue: ADAMW_DEFAULTS.clip,
  })),
});

/** How the spheres run; but for `strict-simd` they compute the same whatever is said. */
export const SPHERES = group("Workers", {
  workers: number({
    help: "workers that run the spheres; the result is the same (default: one per core)",
    min: 1,
    max: 1024,
    defaultValue: navigator.hardwareConcurrency,
  }),
  "strict-simd": always(
    toggle({ help: "avoid relaxed SIMD: slower, with the same bits on every machine" }),
  ),
  recompute: toggle({
    help: "recompute activations instead of storing them: slower, for long rows; same result",
  }),
});

/** How a step is divided. */
export const LEAVES = group("Workers", {
  leaves: always(number({
    help: "logical leaf spheres per step",
    min: 1,
    max: 1728,
    defaultValue: DEFAULT_LEAVES,
  })),
});

/** How many times a step is done before its update. */
export const ACCUMULATION = group("Workers", {
  "grad-accumulation": never(
    number({ help: "multiplies the leaves and rows of a step", min: 1, max: 144, defaultValue: 1 }),
  ),
});

/** What is kept, and when the model is judged. */
export const CHECKPOINTS = group("Checkpoints", {
  "checkpoint-every": number({ help: "steps between checkpoints", min: 1, defaultValue: 200 }),
  "keep-last": number({
    help: "checkpoints to keep, besides the best on held-out documents",
    min: 1,
    defaultValue: 3,
  }),
  "keep-every": number({
    help: "steps between checkpoints to keep permanently; 0 for none",
    defaultValue: 0,
  }),
  "validate-every": always(number({
    help: "steps between validations; each pass over the corpus ends with one too",
    min: 1,
    defaultValue: 200,
  })),
});

/** How the flags say the spheres run. */
export function spheresOf(
  values: FlagValues<typeof SPHERES>,
): Required<Pick<SpheresOptions, "workers" | "strictSimd" | "recompute">> {
  return {
    workers: values.workers,
    strictSimd: values["strict-simd"],
    recompute: values.recompute,
  };
}

/** The settings behind {@linkcode OPTIMIZER}, those of the guard aside. */
export type OptimizerSettings = Omit<SettingsOf<typeof OPTIMIZER>, "guard"> & {
  /** Default plain. */
  readonly recipe?: RecipeName;
};

/** The schedule that the settings describe. */
export function scheduleOf(
  { schedule, learningRate, warmup, decay, recipe = "plain" }: Omit<OptimizerSettings, "optimizer">,
): ScheduleOptions {
  const { floor = SCHEDULE_DEFAULTS.floor } = RECIPE_TABLE[recipe];
  return { floor, name: schedule, peak: learningRate, warmup, decay };
}

/** The optimizer as the settings describe it. */
export function optimizerOf(
  { optimizer, weightDecay, clip, recipe = "plain" }: OptimizerSettings,
): OptimizerOptions {
  const { muon, embeddingRate, headSample, beta2 = ADAMW_DEFAULTS.beta2 } = RECIPE_TABLE[recipe];
  const adamw = { ...ADAMW_DEFAULTS, beta2, weightDecay, clip };
  if (optimizer === "adamw") return adamw;
  return {
    ...adamw,
    muon: { ...MUON_DEFAULTS, ...muon },
    ...embeddingRate !== undefined && { embeddingRate },
    ...headSample && { sampleUntil: headSample.until },
  };
}
