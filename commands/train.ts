/**
 * `train`: from tokens that a run already has, or from one batch in a file.
 *
 * @module
 */
import { initFolder } from "../run/choose_checkpoint.ts";
import { type PresetName, PRESETS } from "../model/config.ts";
import { ORDERS } from "../stages/store/mod.ts";
import { SCHEDULE_DEFAULTS } from "../stages/train/mod.ts";
import { DEFAULT_LEAVES } from "../workers/mod.ts";
import type { Command } from "../cli/command.ts";
import { groupFlags } from "../cli/flag_groups.ts";
import {
  choice,
  type FlagValues,
  number,
  parseFlags,
  text,
  toggle,
  UsageError,
} from "../cli/flags.ts";
import { stopOnInterrupt, tellStop } from "../cli/interrupt.ts";
import { trainOnBatchFile } from "../pipeline/train_batches.ts";
import { trainOnTokens } from "../pipeline/train_tokens.ts";
import { PIPELINE_FLAGS } from "../run/settings/pipeline.ts";
import {
  checkSchedule,
  OPTIMIZER_FLAGS,
  optimizerOf,
  rateOf,
  scheduleOf,
  SPHERE_FLAGS,
  spheresOf,
} from "../run/settings/training.ts";
import { say } from "../cli/print.ts";

const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

const FLAGS = {
  tokens: text({
    help:
      "train on the tokens of this folder, made by `tokens import` or `tokens mix`, or of a run",
    value: "DIR",
    defaultValue: undefined,
  }),
  run: text({
    help: "with --tokens: folder for checkpoints, continued when it has some",
    value: "DIR",
    defaultValue: "runs/trained",
  }),
  preset: choice({
    help: "with --tokens: size of the model",
    of: PRESET_NAMES,
    defaultValue: "tiny",
  }),
  seed: number({ help: "with --tokens: seed of weights and order", defaultValue: 0 }),
  order: choice({
    help: "with --tokens: how a pass goes over them: all documents shuffled, or as they are stored",
    of: ORDERS,
    defaultValue: "shuffled",
  }),
  "checkpoint-every": number({
    help: "with --tokens: steps between checkpoints, and between validations",
    min: 1,
    defaultValue: 200,
  }),
  force: toggle({
    help: "with --tokens: change settings of a training that has begun, from the next step on",
  }),
  "fall-back": toggle({ help: `with --tokens: ${PIPELINE_FLAGS["fall-back"].help}` }),
  init: text({
    help:
      "start from the weights of this run, or Hugging Face folder (default none: required by --batches)",
    value: "DIR",
    defaultValue: undefined,
  }),
  batches: text({
    help: "JSON file {inputIds, targetIds, mask, segmentIds?}, used as every step's batch",
    value: "FILE",
    defaultValue: undefined,
  }),
  "document-mask": toggle({
    help: "with --batches: attention and positions restart by segmentIds",
  }),
  steps: number({ help: "optimizer steps", min: 1, defaultValue: 20 }),
  leaves: number({
    help: "logical leaf spheres a step",
    min: 1,
    max: 1728,
    defaultValue: DEFAULT_LEAVES,
  }),
  ...OPTIMIZER_FLAGS,
  ...SPHERE_FLAGS,
  json: toggle({ help: "one JSON object a step" }),
};

/** Flags of one way to train that say nothing of the other. */
const TOKEN_FLAGS = [
  ...["run", "preset", "seed", "order", "checkpoint-every", "force", "fall-back"],
];
const BATCH_FLAGS = ["document-mask"];

/** The `train` command. */
export const train: Command = {
  name: "train",
  summary:
    "Trains on a folder of tokens, or again and again on the batch of a file from given weights.",
  operands: "",
  flags: FLAGS,
  groups: groupFlags(FLAGS, {
    "What to train on": ["tokens", "batches", "init"],
    "On tokens": ["run", "force", "fall-back", "preset", "seed", "order", "checkpoint-every"],
    "On a batch file": ["document-mask"],
    "Training": [
      ...["steps", "optimizer", "learning-rate", "schedule", "warmup", "decay"] as const,
      ...["weight-decay", "clip", "guard"] as const,
    ],
    "Workers and output": ["workers", "leaves", "strict-simd", "recompute", "json"],
  }),
  examples: [
    "deno task train --tokens runs/mixture --run runs/trained --steps 200",
    "deno task train --init checkpoint/ --batches batch.json --steps 10 --json",
  ],
  async run(args) {
    const { values, operands, given } = parseFlags(args, { flags: FLAGS });
    if (operands.length > 0) {
      throw new UsageError(`Cannot train on ${operands[0]}: use --tokens or --batches`);
    }
    checkSchedule(values.schedule, given);
    const { init, batches, tokens } = values;
    if (tokens !== undefined && batches !== undefined) {
      throw new UsageError("Cannot train on both --tokens and --batches: choose one");
    }
    if (tokens !== undefined) refuseOther(given, BATCH_FLAGS, "--batches");
    else if (batches !== undefined) refuseOther(given, TOKEN_FLAGS, "--tokens");
    if (tokens !== undefined) return await onTokens(tokens, values);
    if (init === undefined || batches === undefined) {
      throw new UsageError(
        "Cannot train: --tokens DIR, or --init DIR and --batches FILE, say what on",
      );
    }
    const optimizer = {
      ...optimizerSettings(values),
      // One batch again and again, to compare with another trainer: no defaults of a run.
      learningRate: values["learning-rate"] ?? 1e-3,
      warmup: values.warmup ?? SCHEDULE_DEFAULTS.warmup,
      decay: values.decay ?? SCHEDULE_DEFAULTS.decay,
    };
    using interrupt = stopOnInterrupt(tellStop);
    await trainOnBatchFile({
      init: await initFolder(init),
      batches,
      documentMask: values["document-mask"],
      steps: values.steps,
      schedule: scheduleOf(optimizer),
      optimizer: optimizerOf(optimizer),
      guardDeviations: values.guard,
      leaves: values.leaves,
      spheres: spheresOf(values),
      stop: interrupt.signal,
      onReport({ step, loss, gradNorm, learningRate, tokensPerSecond }) {
        say(
          values.json
            ? JSON.stringify({ step, loss, gradNorm, learningRate, tokensPerSecond })
            : `step ${step}  loss ${loss.toFixed(4)}  gradient norm ${gradNorm.toFixed(4)}`,
        );
      },
    });
    return interrupt.signal.aborted ? interrupt.exitCode : 0;
  },
};

/** Refuses flags that say something of the other way to train. */
function refuseOther(given: ReadonlySet<string>, flags: readonly string[], other: string): void {
  const flag = flags.find((name) => given.has(name));
  if (flag === undefined) return;
  throw new UsageError(`Cannot use --${flag} without ${other}: leave it out, or use ${other}`);
}

function optimizerSettings(values: FlagValues<typeof FLAGS>) {
  const { optimizer, schedule, clip, "weight-decay": weightDecay } = values;
  return { optimizer, schedule, weightDecay, clip };
}

async function onTokens(tokens: string, values: FlagValues<typeof FLAGS>): Promise<number> {
  const { preset, seed, order, steps, leaves, guard, json, run } = values;
  const init = values.init === undefined ? "" : await initFolder(values.init);
  using interrupt = stopOnInterrupt();
  const checkpoint = await trainOnTokens({
    tokens,
    root: run,
    settings: {
      preset,
      seed,
      order,
      steps,
      leaves,
      guard,
      init,
      ...optimizerSettings(values),
      ...rateOf(values, { preset, continues: values.init !== undefined }),
      strictSimd: values["strict-simd"],
    },
    spheres: spheresOf(values),
    checkpointEvery: values["checkpoint-every"],
    force: values.force,
    fallBack: values["fall-back"],
    json,
    stop: interrupt.signal,
  });
  if (!json) say(`Checkpoint ${checkpoint}`);
  return interrupt.exitCode;
}
