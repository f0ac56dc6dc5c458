/**
 * `tune`: teaches a model to answer, by conversations.
 *
 * @module
 */
import { type Command, command } from "../cli/command.ts";
import {
  choice,
  type FlagValues,
  group,
  jsonToggle,
  number,
  text,
  toggle,
  UsageError,
  withDefault,
} from "../cli/flags.ts";
import { stopOnInterrupt } from "../cli/interrupt.ts";
import { say, tell } from "../cli/print.ts";
import { readModelConfig } from "../model/checkpoint/mod.ts";
import { LORA_TARGETS, type LoraConfig } from "../model/lora.ts";
import { tune } from "../pipeline/tune/tune.ts";
import { initFolder } from "../run/choose_checkpoint.ts";
import { checkInit } from "../run/named_model.ts";
import { MODEL } from "../run/settings/model.ts";
import { RUN } from "../run/settings/run.ts";
import { settingsFrom } from "../run/settings/table.ts";
import { LEAVES, OPTIMIZER, SPHERES, spheresOf } from "../run/settings/training.ts";
import { FROZEN_TYPES } from "../workers/mod.ts";

const FLAGS = {
  ...group("The run", {
    run: withDefault(RUN.run, "runs/tuned"),
    force: RUN.force,
    "fall-back": RUN["fall-back"],
    seed: RUN.seed,
  }),
  ...group("Conversations", {
    init: text({
      help: "start from this run, Hugging Face folder, or hf:OWNER/NAME[@REVISION] of a hub",
      value: "DIR",
      defaultValue: "runs/default",
    }),
    hub: MODEL.hub,
    "chat-template": text({
      help:
        "plain, chatml, llama3 or a Jinja file; special tokens that the model lacks are added " +
        "(default: the model's own, or plain where it has none)",
      value: "NAME|FILE",
    }),
    context: number({
      help:
        "tokens of a row, which whole conversations share (default: as the longest one needs, at " +
        "most 512 or what the model has)",
      min: 16,
    }),
    rows: number({
      help: "rows of a step (default: for about 8 conversations, 4 to 12)",
      min: 1,
      max: 4096,
    }),
    text: text({
      help: "also learn plain text: the tokens of this run, or folder of `tokens import`",
      value: "DIR",
    }),
    "text-weight": number({
      help: "share of the rows that are plain text",
      value: "X",
      integer: false,
      max: 1,
      defaultValue: 0.25,
      needs: "text",
    }),
  }),
  ...group("Training", {
    epochs: number({
      help:
        "passes over the conversations (default: 3, or 12 of a model below 50 million weights; " +
        "more, up to 30, where those are fewer than 200 steps; twice as many with --lora or --text)",
      min: 1,
      excludes: ["steps"],
    }),
    steps: number({ help: "optimizer steps (default: what --epochs takes)", min: 1 }),
    hours: number({
      help: "choose the steps so that training takes this long here: measures this machine for " +
        "some seconds, and says how long a pass takes",
      value: "H",
      min: 0.01,
      integer: false,
      excludes: ["epochs", "steps", "tokens", "preferences"],
    }),
    tokens: number({
      help: "choose the steps so that this many tokens are read",
      min: 1000,
      excludes: ["epochs", "steps", "preferences"],
    }),
    "checkpoint-every": number({
      help: "steps between checkpoints, and between validations (default: a tenth of all, of at " +
        "most 200)",
      min: 1,
    }),
  }),
  ...group("Adapter", {
    lora: number({
      help: "freeze the model and train an adapter of this rank beside it: far less memory " +
        "(default: none, all weights are trained)",
      value: "RANK",
      min: 1,
      max: 1024,
    }),
    "lora-alpha": number({
      help: "the adapter counts by this over its rank (default: twice the rank)",
      value: "X",
      integer: false,
      needs: "lora",
    }),
    "lora-targets": text({
      help: `matrices that have an adapter, separated by commas (default: all: ${
        LORA_TARGETS.join(", ")
      })`,
      value: "NAMES",
      needs: "lora",
    }),
    frozen: choice({
      help: "how the model's frozen matrices are kept: bf16 in a sixth of the memory, int8 in a " +
        "twelfth, and both round them",
      of: FROZEN_TYPES,
      defaultValue: "f32",
      needs: "lora",
    }),
  }),
  ...group("Preferences", {
    preferences: toggle({
      help: "the files have chosen and rejected answers, and the model learns to tell them apart " +
        "(DPO, against itself without the adapter)",
      needs: "lora",
      excludes: ["text"],
    }),
    beta: number({
      help: "how much an answer must gain on the reference",
      value: "X",
      integer: false,
      defaultValue: 0.1,
      needs: "preferences",
    }),
  }),
  ...OPTIMIZER,
  optimizer: withDefault(OPTIMIZER.optimizer, "adamw"),
  "learning-rate": number({
    help: "highest learning rate (default: 0.25 over the model's width, 0.5 over it with " +
      "--lora, a tenth of that with --preferences)",
    value: "X",
    integer: false,
    group: "Optimizer",
  }),
  schedule: withDefault(OPTIMIZER.schedule, "cosine"),
  ...LEAVES,
  ...SPHERES,
  json: jsonToggle("a step"),
};

/** The rate by width, as those of the presets are; half of it for weights that have learned. */
const RATE = 0.25;
/** An adapter's, which begins with a product of nothing. */
const LORA_RATE = 0.5;
/** One that already answers has less to learn of preferences. */
const PREFERENCE_RATE = 0.1;

function loraOf(
  { lora: rank, optimizer, ...values }: Pick<
    FlagValues<typeof FLAGS>,
    "lora" | "lora-alpha" | "lora-targets" | "optimizer"
  >,
): LoraConfig | undefined {
  if (rank === undefined) return undefined;
  if (optimizer !== "adamw") {
    throw new UsageError(`Cannot use --lora with --optimizer ${optimizer}: use adamw`);
  }
  const targets = values["lora-targets"]?.split(",").map((name) => name.trim()) ?? LORA_TARGETS;
  const known: readonly string[] = LORA_TARGETS;
  const unknown = targets.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot use --lora-targets ${unknown}: it must be of ${LORA_TARGETS.join(", ")}`,
    );
  }
  return { rank, alpha: values["lora-alpha"] ?? 2 * rank, targets };
}

/** The `tune` command. */
export const tuneCommand: Command = command({
  name: "tune",
  summary: "Teaches a model to answer: learns the assistant's part of conversations in JSON lines.",
  operands: "FILE.jsonl...",
  flags: FLAGS,
  examples: [
    "deno task tune --init runs/default conversations.jsonl",
    "deno task tune --init runs/mine --text runs/mine --epochs 5 chats.jsonl --run runs/chat",
  ],
  async run({ values, operands }) {
    if (operands.length === 0) {
      throw new UsageError("Cannot tune: name one or more JSONL files of conversations");
    }
    const init = await initFolder(values.init, { hub: values.hub, note: tell });
    await checkInit(init);
    const { hidden_size } = await readModelConfig(init);
    const adapterRate = values.preferences ? PREFERENCE_RATE : LORA_RATE;
    const rate = values.lora === undefined ? RATE : adapterRate;
    const learningRate = values["learning-rate"] ?? rate / hidden_size;
    const { text: tokens } = values;
    using interrupt = stopOnInterrupt();
    const checkpoint = await tune({
      files: operands,
      root: values.run,
      settings: {
        ...settingsFrom({ ...OPTIMIZER, ...LEAVES, ...SPHERES }, {
          ...values,
          preset: "tiny",
          "learning-rate": learningRate,
        }),
        init,
        chatTemplate: values["chat-template"],
        seed: values.seed,
        epochs: values.epochs,
        steps: values.steps,
        hours: values.hours,
        tokens: values.tokens,
        rows: values.rows,
        context: values.context,
        lora: loraOf(values),
        frozen: values.lora === undefined ? undefined : values.frozen,
        beta: values.preferences ? values.beta : undefined,
      },
      ...(tokens !== undefined && { text: { tokens, weight: values["text-weight"] } }),
      spheres: spheresOf(values),
      checkpointEvery: values["checkpoint-every"],
      force: values.force,
      fallBack: values["fall-back"],
      json: values.json,
      stop: interrupt.signal,
    });
    if (!values.json) {
      say(`Checkpoint ${checkpoint}`);
      say(`Talk to it deno task chat ${values.run}`);
    }
    return interrupt.exitCode;
  },
});
