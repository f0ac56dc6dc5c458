/**
 * `train`: from tokens that a run already has, or from one batch in a file.
 *
 * @module
 */
import { DEFAULT_LEAVES } from "../workers/mod.ts";
import type { Command } from "./command.ts";
import { number, parseFlags, text, toggle, UsageError } from "./flags.ts";
import { stopOnInterrupt } from "./interrupt.ts";
import { trainOnBatchFile } from "./train_batches.ts";
import {
  OPTIMIZER_FLAGS,
  optimizerOf,
  scheduleOf,
  SPHERE_FLAGS,
  spheresOf,
} from "./training_flags.ts";

const FLAGS = {
  init: text({
    help: "start from the weights of this Hugging Face folder (default none: required)",
    value: "DIR",
    defaultValue: undefined,
  }),
  batches: text({
    help:
      "JSON file {inputIds, targetIds, mask, segmentIds?}, used as every step's batch (default none: required)",
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

/** The `train` command. */
export const train: Command = {
  name: "train",
  summary: "Trains on the batch of a file, from given weights.",
  operands: "",
  flags: FLAGS,
  async run(args) {
    const { values, operands } = parseFlags(args, { flags: FLAGS });
    if (operands.length > 0) throw new UsageError(`Cannot train on ${operands[0]}: use --batches`);
    const { init, batches } = values;
    if (init === undefined || batches === undefined) {
      throw new UsageError("Cannot train: --init DIR and --batches FILE say what on");
    }
    const optimizer = {
      learningRate: values["learning-rate"] ?? 1e-3,
      optimizer: values.optimizer,
      schedule: values.schedule,
      weightDecay: values["weight-decay"],
      clip: values.clip,
    };
    using interrupt = stopOnInterrupt();
    await trainOnBatchFile({
      init,
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
        console.log(
          values.json
            ? JSON.stringify({ step, loss, gradNorm, learningRate, tokensPerSecond })
            : `step ${step}  loss ${loss.toFixed(4)}  gradient norm ${gradNorm.toFixed(4)}`,
        );
      },
    });
    return interrupt.signal.aborted ? interrupt.exitCode : 0;
  },
};
