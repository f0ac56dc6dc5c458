/**
 * Flags of `pipeline`, and the run settings they make.
 *
 * @module
 */
import { type Preset, type PresetName, PRESETS } from "../../model/config.ts";
import { millions, presetParameters } from "../../model/preset_size.ts";
import { DEFAULT_LEAVES } from "../../workers/mod.ts";
import { DEFAULT_ENGINE, ENGINES } from "../../stages/extract/mod.ts";
import { ORDERS } from "../../stages/store/mod.ts";
import { OPTIMIZERS, SCHEDULES } from "../../stages/train/mod.ts";
import { CRAWLER_FLAGS } from "./crawl.ts";
import { choice, number, type Parsed, text, toggle, UsageError } from "../../cli/flags.ts";
import { HOLD_OUT_RULES } from "../hold_out.ts";
import { KEEP_DROPPED, REFINE_FLAGS, refineSettingsOf } from "./refine.ts";
import { rowsOf } from "../config.ts";
import type { RunSettings } from "../folder.ts";
import type { GivenSetting } from "./settle.ts";
import { absolute } from "../sources.ts";
import { OPTIMIZER_FLAGS, rateOf, RUN_FLAGS, SPHERE_FLAGS } from "./training.ts";

const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

/** A figure of each preset: `900 for tiny, 2000 for small`. */
function byPreset(figure: (preset: Preset) => number | string): string {
  return PRESET_NAMES.map((name) => `${figure(PRESETS[name])} for ${name}`).join(", ");
}

/** Every flag of `pipeline`. */
export const PIPELINE_FLAGS = {
  ...RUN_FLAGS,
  preset: choice({
    help: `size of the model: ${
      PRESET_NAMES.map((name) => `${name} has ${millions(presetParameters(name))}`).join(", ")
    } parameters with its own vocabulary`,
    of: PRESET_NAMES,
    defaultValue: "tiny",
  }),
  steps: number({
    help: `optimizer steps (default: ${byPreset(({ steps }) => steps)})`,
    min: 1,
    defaultValue: undefined,
  }),
  seconds: number({
    help: "train for so long instead of a number of steps; not reproducible",
    value: "S",
    min: 1,
    defaultValue: undefined,
  }),
  ...SPHERE_FLAGS,
  seed: number({ help: "seed of everything random", defaultValue: 0 }),
  "max-pages": number({ help: "pages to crawl at most", min: 1, defaultValue: 10_000 }),
  ...CRAWLER_FLAGS,
  "all-files": toggle({
    help: "read also what folders hide: .git, node_modules, hidden files, what .gitignore names",
  }),
  "min-chars": number({ help: "shorter documents are dropped", defaultValue: 200 }),
  extract: choice({
    help: "how main text is found: fast, in one pass, or dom, in a tree",
    of: ENGINES,
    defaultValue: DEFAULT_ENGINE,
  }),
  "text-field": text({
    help: "field of a JSONL record, or column of a table, that holds its text",
    value: "NAME",
    defaultValue: "text",
  }),
  ...REFINE_FLAGS,
  "keep-dropped": KEEP_DROPPED,
  vocab: number({
    help: `entries of the tokenizer (default: ${byPreset(({ vocab }) => vocab)})`,
    min: 258,
    max: 1 << 20,
    defaultValue: undefined,
  }),
  context: number({
    help: "tokens of context that the model is trained on, in as many rows a step as keep its " +
      `tokens; it can be served with twice as many (default: ${byPreset(({ cols }) => cols)})`,
    min: 16,
    max: 1 << 16,
    defaultValue: undefined,
  }),
  "hold-out": choice({
    help: "documents for validation: each tenth that comes, or a tenth by their address's hash",
    of: HOLD_OUT_RULES,
    defaultValue: "each-tenth",
  }),
  order: choice({
    help: "how a pass goes over the corpus: all documents shuffled, or as they were stored",
    of: ORDERS,
    defaultValue: "shuffled",
  }),
  "warm-up-corpus": number({
    help: "tokens stored before training begins while documents still come (default: of a crawl " +
      "as many as the steps train on, of files all up to 268,435,456)",
    min: 1,
    defaultValue: undefined,
  }),
  leaves: number({ help: "logical leaf spheres", min: 1, max: 144, defaultValue: DEFAULT_LEAVES }),
  "grad-accumulation": number({
    help: "times as many leaves and rows a step",
    min: 1,
    max: 144,
    defaultValue: 1,
  }),
  ...OPTIMIZER_FLAGS,
  guard: number({
    help: OPTIMIZER_FLAGS.guard.help,
    value: "X",
    integer: false,
    defaultValue: 10,
  }),
  schedule: choice({ help: OPTIMIZER_FLAGS.schedule.help, of: SCHEDULES, defaultValue: "wsd" }),
  optimizer: choice({ help: OPTIMIZER_FLAGS.optimizer.help, of: OPTIMIZERS, defaultValue: "muon" }),
  "checkpoint-every": number({ help: "steps between checkpoints", min: 1, defaultValue: 200 }),
  "keep-last": number({
    help: "checkpoints that stay, besides the best on held-out documents",
    min: 1,
    defaultValue: 3,
  }),
  "keep-every": number({
    help: "steps between checkpoints that stay for good; 0 for none",
    defaultValue: 0,
  }),
  "fall-back": toggle({
    help:
      "go on from the newest checkpoint that is whole where the last one is damaged or diverged",
  }),
  "validate-every": number({
    help: "steps between validations; the end of a pass over the corpus validates too",
    min: 1,
    defaultValue: 200,
  }),
  patience: number({
    help: "validations without a lower loss that end training; 0 for never " +
      "(default: 5, counted from the second pass over the corpus on)",
    defaultValue: undefined,
  }),
  init: text({
    help: "start from the weights and tokenizer of this run, or Hugging Face folder",
    value: "DIR",
    defaultValue: undefined,
  }),
  "user-agent": text({ help: "how the crawler names itself", defaultValue: "cllm/0.1" }),
  contact: text({
    help: "address by which a site's owner can reach you",
    value: "URL|MAIL",
    defaultValue: undefined,
  }),
  "allow-private": toggle({ help: "let the crawler connect to private and loopback addresses" }),
  force: toggle({
    help: "change settings that alter the result of a run that has begun, from here on",
  }),
  dashboard: number({
    help: "show the run on a page on this machine while it lasts, at this port (8010 without one)",
    value: "[PORT]",
    max: 65535,
    bare: "8010",
    defaultValue: undefined,
  }),
  serve: number({
    help: "serve the best checkpoint on this machine while it trains, and after until Ctrl-C, " +
      "at this port (8000 without one)",
    value: "[PORT]",
    max: 65535,
    bare: "8000",
    defaultValue: undefined,
  }),
  tensorboard: toggle({ help: "also write the figures of each step for TensorBoard" }),
  json: toggle({ help: "one JSON object a step on standard output, and nothing else" }),
};

/** The setting that each flag decides; null for those that never change the result of a run. */
const DECIDES: Readonly<Record<keyof typeof PIPELINE_FLAGS, GivenSetting | null>> = {
  run: null,
  preset: "preset",
  steps: "steps",
  seconds: "seconds",
  workers: null,
  "strict-simd": "strictSimd",
  recompute: null,
  seed: "seed",
  "max-pages": "maxPages",
  include: "include",
  exclude: "exclude",
  delay: "delayMs",
  "all-files": "allFiles",
  "min-chars": "minChars",
  extract: "extract",
  "text-field": "textField",
  filters: "filters",
  "filter-settings": "limits",
  language: "languages",
  "language-score": "minLanguageScore",
  "mask-personal-data": "maskPersonalData",
  "near-duplicates": "nearDuplicates",
  "dedup-against": "dedupAgainst",
  "repeated-lines": "repeatedLines",
  "keep-dropped": null,
  vocab: "vocab",
  context: "context",
  "hold-out": "holdOut",
  order: "order",
  "warm-up-corpus": "warmUpCorpus",
  leaves: "leaves",
  "grad-accumulation": "gradAccumulation",
  optimizer: "optimizer",
  "learning-rate": "learningRate",
  schedule: "schedule",
  warmup: "warmup",
  decay: "decay",
  "weight-decay": "weightDecay",
  guard: "guard",
  clip: "clip",
  "checkpoint-every": null,
  "keep-last": null,
  "keep-every": null,
  "fall-back": null,
  "validate-every": "validateEvery",
  patience: "patience",
  init: "init",
  "user-agent": "userAgent",
  contact: null,
  "allow-private": "allowPrivate",
  force: null,
  dashboard: null,
  serve: null,
  tensorboard: null,
  json: null,
};

/** The settings that a command line asks for, and which of them it names by which flag. */
export function settingsOf(
  { values, given, operands }: Parsed<typeof PIPELINE_FLAGS>,
): { wanted: RunSettings; named: ReadonlyMap<GivenSetting, string> } {
  if (values.steps !== undefined && values.seconds !== undefined) {
    throw new UsageError("Cannot use both --steps and --seconds: choose one");
  }
  if (values.order === "stored" && values["warm-up-corpus"] !== undefined) {
    throw new UsageError(
      "Cannot use --warm-up-corpus with --order stored: that order trains on documents as they come",
    );
  }
  const preset = PRESETS[values.preset];
  const context = values.context ?? preset.cols;
  rowsOf(values.preset, { context });
  const refined = refineSettingsOf(values);
  const wanted: RunSettings = {
    sources: absolute(operands),
    preset: values.preset,
    seed: values.seed,
    steps: values.seconds === undefined ? values.steps ?? preset.steps : 0,
    seconds: values.seconds ?? 0,
    vocab: values.vocab ?? preset.vocab,
    context,
    validateEvery: values["validate-every"],
    patience: values.patience ?? "auto",
    holdOut: values["hold-out"],
    order: values.order,
    warmUpCorpus: values["warm-up-corpus"] ?? 0,
    maxPages: values["max-pages"],
    include: values.include,
    exclude: values.exclude,
    delayMs: values.delay,
    allFiles: values["all-files"],
    minChars: values["min-chars"],
    textField: values["text-field"],
    extract: values.extract,
    ...refined,
    dedupAgainst: absolute(refined.dedupAgainst),
    leaves: values.leaves,
    gradAccumulation: values["grad-accumulation"],
    optimizer: values.optimizer,
    ...rateOf(values, { preset: values.preset, continues: values.init !== undefined }),
    schedule: values.schedule,
    weightDecay: values["weight-decay"],
    clip: values.clip,
    guard: values.guard,
    init: values.init === undefined ? "" : absolute([values.init])[0] ?? "",
    userAgent: values["user-agent"],
    allowPrivate: values["allow-private"],
    strictSimd: values["strict-simd"],
    forced: [],
    sitePort: 0,
  };
  const named = new Map<GivenSetting, string>();
  for (const [flag, setting] of Object.entries(DECIDES)) {
    if (setting !== null && given.has(flag)) named.set(setting, `--${flag}`);
  }
  // Either goal takes the place of the other.
  if (named.has("steps")) named.set("seconds", "--seconds");
  else if (named.has("seconds")) named.set("steps", "--steps");
  // Comparing with others takes an index of one's own.
  if (named.has("dedupAgainst")) named.set("nearDuplicates", "--near-duplicates");
  if (operands.length > 0) named.set("sources", "sources");
  return { wanted, named };
}
