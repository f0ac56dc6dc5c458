/**
 * How fast do the engines decode, how near does ours come to reading its weights once a token, and
 * what do many sequences at once gain? Greedy, on a reference model, everything in one run.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../cli/flags.ts";
import { hasSimd256 } from "../kernels/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import { formatConfig } from "../model/config_json.ts";
import { initParameters } from "../model/init.ts";
import { createLayout } from "../model/layout.ts";
import { writeOnnx } from "../model/onnx/mod.ts";
import {
  type Engine,
  openOnnxEngine,
  openWasmEngine,
  type Sequence,
  type WasmEngineOptions,
} from "../engine/mod.ts";
import { argmax } from "../engine/sampling/distribution.ts";
import { createSampler, type Sampler } from "../engine/sampling/sampler.ts";
import { SWITCH, TEXT } from "./flags.ts";
import { compareLlama, LLAMA_FOLDER } from "./llama_cpp.ts";
import { median } from "./median.ts";
import { measurePeak } from "./peak.ts";
import { measureRead } from "./read_peak.ts";
import { CONFIGS, modelConfig } from "./train.ts";
import { measureTransformers } from "./transformers_js.ts";

const ROUNDS = 5;
/** Tokens a round of each sequence: one and sixteen at a time have texts of the same lengths. */
const TOKENS = 16;
/** Sequences at once. */
const BATCH = 16;
const PROMPT = 16;
const LONG_PROMPT = 256;
/** The reference models, and one whose weights are more than caches hold. */
const MODELS = { ...CONFIGS, large: { L: 12, H: 12, D: 768, F: 2048, T: 256, B: 8, V: 16384 } };

/**
 * Runs `bench serve [--config NAME] [--workers W] [--without-transformers] [--json]`. With
 * `--llama [--llama-folder DIR] [--rounds N]` only beside llama.cpp: prompts and tokens per second in
 * f32 and in q8_0 (ours: int8), of one text and of sixteen, by turns on the same GGUF file.
 */
export async function run(args: string[]): Promise<void> {
  const flags = parseArgs({
    args,
    options: {
      config: TEXT,
      workers: TEXT,
      json: SWITCH,
      "without-transformers": SWITCH,
      llama: SWITCH,
      "llama-folder": TEXT,
      rounds: TEXT,
    },
  }).values;
  const workers = Number(flags.workers ?? navigator.hardwareConcurrency);
  const name = flags.config ?? "base";
  if (!isModel(name)) {
    throw new UsageError(`Cannot bench --config ${name}: ${Object.keys(MODELS).join(", ")}`);
  }
  const alone = (["llama-folder", "rounds"] as const).find((flag) => flags[flag] !== undefined);
  if (alone !== undefined && !flags.llama) {
    throw new UsageError(`Cannot bench with --${alone}: it belongs to --llama`);
  }
  const dims = MODELS[name];
  const config = { ...modelConfig(dims), max_position_embeddings: 2 * LONG_PROMPT };
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  initParameters(parameters, { config, layout, seed: 1 });
  await Deno.mkdir("runs", { recursive: true });
  const scratch = await Deno.makeTempDir({ dir: "runs", prefix: "bench-" });
  try {
    if (flags.llama) {
      const { "llama-folder": folder = LLAMA_FOLDER, rounds = `${ROUNDS}` } = flags;
      const options = { workers, rounds: Number(rounds), folder, scratch };
      const figures = await compareLlama(config, options);
      const peakGflops = await measurePeak(workers);
      const result = { config: name, workers, wide: hasSimd256(), peakGflops, ...figures };
      return console.log(flags.json ? JSON.stringify(result) : result);
    }
    const folder = join(scratch, "model");
    await Deno.mkdir(join(folder, "onnx"), { recursive: true });
    const model = join(folder, "onnx/model.onnx");
    await writeOnnx(model, { config, layout, parameters, precision: "float32" });
    await Deno.writeTextFile(join(folder, "config.json"), formatConfig(config));

    const open = { config, parameters, workers };
    const f32 = await measureWasm({ ...open, weights: "f32" });
    const int8 = await measureWasm({ ...open, weights: "int8" });
    await using onnx = await openOnnxEngine({ model, config });
    const theirs = await decode(onnx, 1);
    const onnxFirst = await timeToFirst(onnx);
    // The processor's cores are free of the engines' workers while these run.
    const weightBytes = matrixWeights(config) * 4;
    const readMs = await measureRead(weightBytes, { workers });
    const peak = await measurePeak(workers);
    const ceiling = peak.peak256Gflops ?? peak.peakGflops;
    const transformers = flags["without-transformers"]
      ? { skipped: "by flag" }
      : await measureTransformers(
        folder,
        { scratch, tokens: 4 * TOKENS, rounds: ROUNDS, promptLength: LONG_PROMPT },
      );
    const js = "skipped" in transformers ? undefined : median(transformers.perToken);
    const weights = matrixWeights(config);
    /** Of one format: bytes of a weight, and products that an instruction makes in a lane. */
    const describe = (times: WasmTimes, bytes: number, products: number) => {
      const { one, batch, drawn, first } = times;
      return {
        msPerToken: one,
        timesOnnx: theirs / one,
        timesTransformersJs: js === undefined ? null : js / one,
        shareOfReading: readMs * bytes / 4 / one,
        tokensPerSecond: 1000 / one,
        tokensPerSecondOf16: BATCH * 1000 / batch,
        tokensPerSecondOf16Drawn: BATCH * 1000 / drawn,
        batch16TimesBatch1: BATCH * one / batch,
        batch16ShareOfPeak: 2 * weights * BATCH / batch / 1e6 / (ceiling * products),
        mostThatBatch16CouldGain: ceiling * products * 1e6 / (2 * weights) * one,
        msToFirstTokenAt256: first,
      };
    };
    const result = {
      config: name,
      workers,
      wide: hasSimd256(),
      weightMiB: Math.round(weightBytes / 2 ** 20),
      readMs,
      readGigabytesPerSecond: weightBytes / readMs / 1e6,
      ...peak,
      f32: describe(f32, 4, 1),
      int8: describe(int8, 1, 4),
      int8Batch16TimesF32Batch1: BATCH * f32.one / int8.batch,
      onnx: { msPerToken: theirs, msToFirstTokenAt256: onnxFirst },
      transformersJs: "skipped" in transformers
        ? { skipped: transformers.skipped }
        : { msPerToken: js, msToFirstTokenAt256: median(transformers.first) },
    };
    console.log(flags.json ? JSON.stringify(result) : result);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

function isModel(name: string): name is keyof typeof MODELS {
  return Object.hasOwn(MODELS, name);
}

/** Milliseconds of a step of one sequence and of batches, and to a long prompt's first token. */
interface WasmTimes {
  readonly one: number;
  readonly batch: number;
  /** Of a batch whose tokens are drawn at temperature 1, not the likeliest. */
  readonly drawn: number;
  readonly first: number;
}

async function measureWasm(options: WasmEngineOptions): Promise<WasmTimes> {
  const { num_hidden_layers: L, hidden_size: D } = options.config;
  // Keys and values of all texts and little more: all of it has been used before it is measured.
  const cacheBytes = BATCH * (PROMPT + (ROUNDS + 2) * TOKENS + 48) * 2 * L * D * 4;
  await using engine = await openWasmEngine({ ...options, cacheBytes });
  // The first to use the memory waits for the system to hand it out.
  await decode(engine, BATCH);
  const drawn = await decode(engine, BATCH, createSampler({ seed: 1 }, engine));
  const one = await decode(engine, 1);
  const batch = await decode(engine, BATCH);
  return { one, batch, drawn, first: await timeToFirst(engine) };
}

/** Median milliseconds of a step of `count` sequences, after rounds that warm the code up. */
async function decode(
  engine: Engine,
  count: number,
  choose: Sampler = argmax,
): Promise<number> {
  using stack = new DisposableStack();
  const rounds = ROUNDS + 2;
  const maxTokens = rounds * TOKENS + 1;
  const sequences = Array.from(
    { length: count },
    (_, i) => stack.use(engine.createSequence(prompt(PROMPT, i), { maxTokens })),
  );
  for (const sequence of sequences) sequence.append(await firstToken(engine, sequence));
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let step = 0; step < TOKENS; step++) {
      const logits = await engine.step(sequences);
      for (const [i, sequence] of sequences.entries()) {
        const past = { promptIds: [], chosenIds: [] };
        sequence.append(choose(logits[i] ?? new Float32Array(), past));
      }
    }
    times.push((performance.now() - start) / TOKENS);
  }
  return median(times.slice(-ROUNDS));
}

/** Median milliseconds from a prompt of 256 tokens to its first token. */
async function timeToFirst(engine: Engine): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS + 2; round++) {
    const start = performance.now();
    // Another text each time: nothing of it is known.
    using sequence = engine.createSequence(prompt(LONG_PROMPT, 100 + round), { maxTokens: 1 });
    await firstToken(engine, sequence);
    times.push(performance.now() - start);
  }
  return median(times.slice(-ROUNDS));
}

async function firstToken(engine: Engine, sequence: Sequence): Promise<number> {
  for (;;) {
    const [logits] = await engine.step([sequence]);
    if (logits) return argmax(logits);
  }
}

function prompt(length: number, text: number): number[] {
  return Array.from({ length }, (_, i) => (text * 389 + i * 7) % 512);
}

/** Weights that every token is multiplied by. */
function matrixWeights(config: ModelConfig): number {
  return createLayout(config).parameters
    .filter(({ name, shape }) =>
      shape.length === 2 && (name !== "model.embed_tokens.weight" || config.tie_word_embeddings)
    )
    .reduce((sum, { size }) => sum + size, 0);
}
