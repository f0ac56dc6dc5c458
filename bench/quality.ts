/**
 * How good does a model get in a given time? Loss on held-out State of the Union addresses against
 * seconds of training: on validation addresses, to choose settings by, along the way, and at the
 * end on test addresses, which choose nothing.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type ModelConfig, presetConfig, PRESETS } from "../model/config.ts";
import { createLayout } from "../model/layout.ts";
import { defaultRecipe, headSampleOf, type Recipe, RECIPE_TABLE } from "../model/recipes.ts";
import { initParameters } from "../model/init.ts";
import { batch } from "../stages/batch/mod.ts";
import {
  ADAMW_DEFAULTS,
  type Duration,
  MUON_DEFAULTS,
  newReplicas,
  newTraining,
  REPLICA_DEFAULTS,
  SCHEDULE_DEFAULTS,
  type ScheduleOptions,
  train,
  validate,
} from "../stages/train/mod.ts";
import { openSpheres } from "../workers/mod.ts";
import { UsageError } from "../cli/flags.ts";
import { SWITCH, TEXT } from "./flags.ts";
import { type Corpus, forever, heldOutBatches, readCorpus } from "./quality_corpus.ts";
import { measurePeer } from "./quality_peer.ts";

const TINY = PRESETS.tiny;
const RECIPE_NAME = defaultRecipe("tiny");
const RECIPE: Recipe = RECIPE_TABLE[RECIPE_NAME];
const MODEL = presetConfig("tiny", {
  vocabSize: TINY.vocab,
  endOfTextId: 0,
  recipe: RECIPE_NAME,
});

/** Every flag with its default: those of `pipeline --preset tiny`. */
const DEFAULTS = {
  seconds: 180,
  /** Instead of seconds when above 0, to compare recipes on a machine that others use too. */
  steps: 0,
  "validate-every": 100,
  workers: navigator.hardwareConcurrency,
  /** Of the first run; that of each further one is one more. */
  seed: 0,
  seeds: 1,
  layers: MODEL.num_hidden_layers,
  heads: MODEL.num_attention_heads,
  hidden: MODEL.hidden_size,
  mlp: MODEL.intermediate_size,
  "rope-theta": MODEL.rope_theta,
  /** 1 for projections to the residual stream that begin at zero. */
  "zero-residual": Number(RECIPE.zeroResidual),
  rows: TINY.rows,
  cols: TINY.cols,
  "learning-rate": TINY.learningRate.muon,
  /** 1 for Muon on the hidden matrices, 0 for AdamW alone. */
  muon: 1,
  "muon-rate": RECIPE.muon.rate ?? MUON_DEFAULTS.rate,
  "muon-momentum": MUON_DEFAULTS.momentum,
  /** 0 for five rounds of the fixed polynomial. */
  "polar-rounds": RECIPE.muon.polarRounds ?? 0,
  "embedding-rate": RECIPE.embeddingRate ?? 1,
  /** Share of the run in which steps score a sample of the vocabulary, as the sampled recipe's. */
  "sample-until": RECIPE.headSample?.until ?? 0,
  beta1: ADAMW_DEFAULTS.beta1,
  beta2: RECIPE.beta2 ?? ADAMW_DEFAULTS.beta2,
  "weight-decay": ADAMW_DEFAULTS.weightDecay,
  warmup: SCHEDULE_DEFAULTS.warmup,
  floor: RECIPE.floor ?? SCHEDULE_DEFAULTS.floor,
  /** Share of the run that falls: warmup-stable-decay above 0, cosine at 0. */
  decay: SCHEDULE_DEFAULTS.decay,
  /** Above 1, steps are divided among as many replicas. */
  replicas: 1,
  "inner-steps": REPLICA_DEFAULTS.muon.innerSteps,
  "outer-learning-rate": REPLICA_DEFAULTS.muon.outerLearningRate,
  "outer-momentum": REPLICA_DEFAULTS.muon.outerMomentum,
};
type Settings = Record<keyof typeof DEFAULTS, number>;

/** Loss at one moment of a run. */
interface Point {
  readonly step: number;
  /** Of training alone. */
  readonly seconds: number;
  /** Mean nats per token of the validation windows. */
  readonly loss: number;
}

/** One seed's run. */
interface Run {
  readonly seed: number;
  readonly params: number;
  readonly steps: number;
  readonly seconds: number;
  readonly tokensPerSecond: number;
  readonly validation: number;
  readonly test: number;
  readonly curve: readonly Point[];
}

/**
 * Runs `bench quality [--seconds S | --steps N] [--FLAG VALUE] [--python PATH] [--json]`; see
 * DEFAULTS. PATH is a Python that has PyTorch, which trains for as many seconds first.
 */
export async function run(args: string[]): Promise<void> {
  const { json, python, settings } = parse(args);
  const corpus = await readCorpus();
  const { seconds, cols } = settings;
  const peer = python === undefined
    ? undefined
    : await measurePeer(corpus, { python, seconds, cols });
  const runs: Run[] = [];
  for (let i = 0; i < settings.seeds; i++) {
    runs.push(
      await measure({ ...settings, seed: settings.seed + i }, {
        corpus,
        onPoint({ step, seconds, loss }) {
          if (!json) console.log(`step ${step}  ${seconds.toFixed(1)} s  loss ${loss.toFixed(4)}`);
        },
      }),
    );
  }
  const result = {
    settings,
    validation: spreadOf(runs.map(({ validation }) => validation)),
    test: spreadOf(runs.map(({ test }) => test)),
    ...peer && { peer },
    runs,
  };
  console.log(json ? JSON.stringify(result) : result);
}

/** Mean and sample standard deviation; that of one value is null. */
function spreadOf(values: readonly number[]): { mean: number; deviation: number | null } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null };
}

function parse(args: string[]): { json: boolean; python: string | undefined; settings: Settings } {
  const names = Object.keys(DEFAULTS) as (keyof Settings)[];
  const numbers = Object.fromEntries(names.map((name) => [name, TEXT]));
  const options = {
    ...numbers as Record<keyof Settings, typeof TEXT>,
    python: TEXT,
    json: SWITCH,
  };
  const { json = false, python, ...flags } = parseArgs({ args, options }).values;
  const settings: Settings = { ...DEFAULTS };
  for (const name of names) {
    const given = flags[name];
    if (given === undefined) continue;
    settings[name] = Number(given);
    if (!Number.isFinite(settings[name])) {
      throw new RangeError(`Cannot bench with --${name} ${given}: not a number`);
    }
  }
  if (!(settings.seeds >= 1)) {
    throw new RangeError(`Cannot bench with --seeds ${settings.seeds}: one at least`);
  }
  if (python !== undefined && settings.steps > 0) {
    throw new UsageError("Cannot bench beside PyTorch by --steps: give --seconds");
  }
  return { json, python, settings };
}

async function measure(
  settings: Settings,
  { corpus, onPoint }: { corpus: Corpus; onPoint: (point: Point) => void },
): Promise<Run> {
  const { rows, cols, seed, workers } = settings;
  const config = modelConfig(settings, corpus);
  const layout = createLayout(config);
  await using spheres = await openSpheres({
    ...{ config, rows, cols, workers },
    ...headSampleOf("sampled", { vocabSize: config.vocab_size }),
  });
  initParameters(spheres.parameters, {
    config,
    layout,
    seed,
    zeroResidual: settings["zero-residual"] === 1,
  });
  await spheres.packWeights();
  const state = newTraining();
  if (settings.replicas > 1) {
    state.replicas = newReplicas(settings.replicas, { length: layout.length, deltas: "f32" });
    state.replicas.parameters.set(spheres.parameters);
  }
  const duration: Duration = settings.steps > 0
    ? { steps: settings.steps }
    : { seconds: settings.seconds };
  const schedule: ScheduleOptions = {
    name: settings.decay > 0 ? "wsd" : "cosine",
    peak: settings["learning-rate"],
    warmup: settings.warmup,
    floor: settings.floor,
    decay: settings.decay,
  };
  const reports = ReadableStream.from(forever(corpus.train, { seed }))
    .pipeThrough(batch({ rows, cols, seed, vocabSize: config.vocab_size }))
    .pipeThrough(train({
      spheres,
      state,
      duration,
      schedule,
      ...settings.replicas > 1 && {
        replicas: {
          innerSteps: settings["inner-steps"],
          outerLearningRate: settings["outer-learning-rate"],
          outerMomentum: settings["outer-momentum"],
          deltas: "f32" as const,
        },
      },
      optimizer: {
        ...ADAMW_DEFAULTS,
        beta1: settings.beta1,
        beta2: settings.beta2,
        weightDecay: settings["weight-decay"],
        embeddingRate: settings["embedding-rate"],
        sampleUntil: settings["sample-until"],
        ...settings.muon === 1 && {
          muon: {
            momentum: settings["muon-momentum"],
            rate: settings["muon-rate"],
            polarRounds: settings["polar-rounds"],
          },
        },
      },
      validateEvery: settings["validate-every"],
      validation: () => heldOutBatches(corpus.validation, { rows, cols }),
    }));
  const curve: Point[] = [];
  for await (const { step, validationLoss } of reports) {
    if (validationLoss === undefined) continue;
    const point = { step, seconds: state.seconds, loss: validationLoss };
    curve.push(point);
    onPoint(point);
  }
  const last = curve.at(-1);
  if (!last) throw new Error("Cannot bench quality: the last step was not validated");
  return {
    seed,
    params: layout.count,
    steps: state.step,
    seconds: state.seconds,
    tokensPerSecond: state.totalTokens / state.seconds,
    validation: last.loss,
    test: await validate(spheres, heldOutBatches(corpus.test, { rows, cols })),
    curve,
  };
}

function modelConfig(settings: Settings, { tokenizer }: Corpus): ModelConfig {
  const { vocabSize, endOfTextId } = tokenizer;
  const { layers, heads, hidden, mlp } = settings;
  return {
    ...presetConfig("tiny", { vocabSize, endOfTextId }),
    hidden_size: hidden,
    intermediate_size: mlp,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: heads,
    head_dim: hidden / heads,
    rope_theta: settings["rope-theta"],
    initializer_range: Number((0.7 / Math.sqrt(hidden)).toFixed(3)),
  };
}
