/**
 * `train`: from tokens that a run already has, or from one batch in a file.
 *
 * @module
 */
import { initFolder } from "../run/choose_checkpoint.ts";
import { SCHEDULE_DEFAULTS } from "../stages/train/mod.ts";
import { type Command, command } from "../cli/command.ts";
import {
  type FlagValues,
  group,
  jsonToggle,
  text,
  toggle,
  UsageError,
  withDefault,
} from "../cli/flags.ts";
import { stopOnInterrupt, tellStop } from "../cli/interrupt.ts";
import { trainOnBatchFile } from "../pipeline/train_batches.ts";
import { trainOnTokens } from "../pipeline/train_tokens.ts";
import { MODEL } from "../run/settings/model.ts";
import { REPLICAS } from "../run/settings/replicas.ts";
import { RUN } from "../run/settings/run.ts";
import { settingsFrom } from "../run/settings/table.ts";
import {
  CHECKPOINTS,
  LEAVES,
  OPTIMIZER,
  optimizerOf,
  scheduleOf,
  SPHERES,
  spheresOf,
  TRAINING,
} from "../run/settings/training.ts";
import { say, tell } from "../cli/print.ts";

const FLAGS = {
  ...group("What to train on", {
    tokens: text({
      help:
        "train on the tokens of this folder, made by `tokens import` or `tokens mix`, or of a run",
      value: "DIR",
      excludes: ["batches"],
    }),
    batches: text({
      help: "JSON file {inputIds, targetIds, mask, segmentIds?}, used as every step's batch",
      value: "FILE",
      needs: "init",
    }),
    init: {
      ...MODEL.init,
      help:
        "start from the weights of this run, Hugging Face folder, or model hf:OWNER/NAME[@REVISION] " +
        "of a hub (default none: required by --batches)",
    },
    hub: MODEL.hub,
  }),
  ...group("With --tokens", {
    run: withDefault(RUN.run, "runs/trained"),
    force: RUN.force,
    "fall-back": RUN["fall-back"],
    preset: MODEL.preset,
    seed: RUN.seed,
    order: TRAINING.order,
    "checkpoint-every": {
      ...CHECKPOINTS["checkpoint-every"],
      help: "steps between checkpoints, and between validations",
    },
  }, { needs: "tokens" }),
  ...group("With --batches", {
    "document-mask": toggle({
      help: "attention and positions restart by segmentIds",
    }),
  }, { needs: "batches" }),
  ...group("Training", {
    steps: { ...withDefault(TRAINING.steps, 20), help: "optimizer steps" },
  }),
  ...OPTIMIZER,
  optimizer: withDefault(OPTIMIZER.optimizer, "adamw"),
  schedule: withDefault(OPTIMIZER.schedule, "cosine"),
  guard: withDefault(OPTIMIZER.guard, 0),
  ...REPLICAS,
  replicas: { ...REPLICAS.replicas, needs: "tokens", excludes: [] },
  ...LEAVES,
  ...SPHERES,
  json: jsonToggle("a step"),
};

/** The `train` command. */
export const train: Command = command({
  name: "train",
  summary: "Trains on a folder of tokens, or repeatedly on one batch file from given weights.",
  operands: "",
  flags: FLAGS,
  examples: [
    "deno task train --tokens runs/mixture --run runs/trained --steps 200",
    "deno task train --init checkpoint/ --batches batch.json --steps 10 --json",
  ],
  async run({ values, operands }) {
    if (operands.length > 0) {
      throw new UsageError(`Cannot train on ${operands[0]}: use --tokens or --batches`);
    }
    const { init, batches, tokens } = values;
    if (tokens !== undefined) return await onTokens(tokens, values);
    if (init === undefined || batches === undefined) {
      throw new UsageError(
        "Cannot train: give --tokens DIR, or --init DIR and --batches FILE",
      );
    }
    const optimizer = {
      ...settingsFrom(FLAGS, values),
      // One batch again and again, to compare with another trainer: no defaults of a run.
      learningRate: values["learning-rate"] ?? 1e-3,
      warmup: values.warmup ?? SCHEDULE_DEFAULTS.warmup,
      decay: values.decay ?? SCHEDULE_DEFAULTS.decay,
    };
    using interrupt = stopOnInterrupt(tellStop);
    await trainOnBatchFile({
      init: await initFolder(init, { hub: values.hub, note: tell }),
      batches,
      documentMask: values["document-mask"],
      steps: values.steps,
      schedule: scheduleOf(optimizer),
      optimizer: optimizerOf(optimizer),
      guardDeviations: values.guard,
      leaves: values.leaves,
      spheres: spheresOf(values),
      stop: interrupt.signal,
      note: tell,
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
});

async function onTokens(tokens: string, values: FlagValues<typeof FLAGS>): Promise<number> {
  const { json, run } = values;
  const { hub } = values;
  const init = values.init === undefined ? "" : await initFolder(values.init, { hub, note: tell });
  using interrupt = stopOnInterrupt();
  const checkpoint = await trainOnTokens({
    tokens,
    root: run,
    settings: { ...settingsFrom(FLAGS, values), init },
    spheres: spheresOf(values),
    checkpointEvery: values["checkpoint-every"],
    force: values.force,
    fallBack: values["fall-back"],
    json,
    stop: interrupt.signal,
  });
  if (!json && checkpoint !== undefined) say(`Checkpoint ${checkpoint}`);
  return interrupt.exitCode;
}
