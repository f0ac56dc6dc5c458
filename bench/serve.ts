/**
 * How fast do the engines decode, how near does ours come to reading its weights once a token, and
 * what do many sequences at once gain? Greedy, on the base reference model, everything in one run.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "@std/cli/parse-args";
import type { ModelConfig } from "../model/config.ts";
import { formatConfig } from "../model/config_json.ts";
import { initParameters } from "../model/init.ts";
import { createLayout } from "../model/layout.ts";
import { writeOnnx } from "../model/onnx/mod.ts";
import { type Engine, openOnnxEngine, openWasmEngine, type Sequence } from "../serve/mod.ts";
import { likeliest } from "../serve/distribution.ts";
import { median } from "./median.ts";
import { measurePeak } from "./peak.ts";
import { measureRead } from "./read_peak.ts";
import { CONFIGS, modelConfig } from "./train.ts";
import { measureTransformers } from "./transformers_js.ts";

const ROUNDS = 5;
/** Tokens a round, one sequence at a time. */
const TOKENS = 64;
/** Sequences at once. */
const BATCH = 16;
const PROMPT = 16;
const LONG_PROMPT = 256;

/** Runs `bench serve [--workers W] [--without-transformers] [--json]`. */
export async function run(args: string[]): Promise<void> {
  const flags = parseArgs(args, {
    string: ["workers"],
    boolean: ["json", "without-transformers"],
  });
  const workers = Number(flags.workers ?? navigator.hardwareConcurrency);
  const config = { ...modelConfig(CONFIGS.base), max_position_embeddings: 2 * CONFIGS.base.T };
  const layout = createLayout(config);
  const parameters = new Float32Array(layout.length);
  initParameters(parameters, { config, layout, seed: 1 });
  await Deno.mkdir("runs", { recursive: true });
  const scratch = await Deno.makeTempDir({ dir: "runs", prefix: "bench-" });
  try {
    const folder = join(scratch, "model");
    await Deno.mkdir(join(folder, "onnx"), { recursive: true });
    const model = join(folder, "onnx/model.onnx");
    await writeOnnx(model, { config, layout, parameters, precision: "float32" });
    await Deno.writeTextFile(join(folder, "config.json"), formatConfig(config));

    await using wasm = await openWasmEngine({ config, parameters, workers });
    await using onnx = await openOnnxEngine({ model, config });
    const [ours, theirs] = [await decode(wasm, 1), await decode(onnx, 1)];
    const batch = await decode(wasm, BATCH);
    const first = { wasm: await timeToFirst(wasm), onnx: await timeToFirst(onnx) };
    // The processor's cores are free of the engines' workers while these run.
    const weightBytes = matrixWeights(config) * 4;
    const readMs = await measureRead(weightBytes, { workers });
    const peakGflops = await measurePeak(workers);
    const transformers = flags["without-transformers"]
      ? { skipped: "by flag" }
      : await measureTransformers(
        folder,
        { scratch, tokens: TOKENS, rounds: ROUNDS, promptLength: LONG_PROMPT },
      );
    const js = "skipped" in transformers ? undefined : median(transformers.perToken);
    const result = {
      config: "base",
      workers,
      weightMiB: Math.round(weightBytes / 2 ** 20),
      readMs,
      readGigabytesPerSecond: weightBytes / readMs / 1e6,
      peakGflops,
      msPerToken: { wasm: ours, onnx: theirs, transformersJs: js ?? null },
      tokensPerSecond: { wasm: 1000 / ours, onnx: 1000 / theirs, batch16: BATCH * 1000 / batch },
      timesOnnx: theirs / ours,
      timesTransformersJs: js === undefined ? null : js / ours,
      ...("skipped" in transformers && { transformersJsSkipped: transformers.skipped }),
      shareOfReading: readMs / ours,
      batch16TimesBatch1: BATCH * ours / batch,
      batch16ShareOfPeak: 2 * matrixWeights(config) * BATCH / batch / 1e6 / peakGflops,
      mostThatBatch16CouldGain: peakGflops * 1e6 / (2 * matrixWeights(config)) * ours,
      msToFirstTokenAt256: {
        ...first,
        transformersJs: "skipped" in transformers ? null : median(transformers.first),
      },
    };
    console.log(flags.json ? JSON.stringify(result) : result);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** Median milliseconds of a step of `count` sequences, after rounds that warm the code up. */
async function decode(engine: Engine, count: number): Promise<number> {
  using stack = new DisposableStack();
  const rounds = ROUNDS + 2;
  const maxTokens = rounds * TOKENS / (count > 1 ? 4 : 1) + 1;
  const sequences = Array.from(
    { length: count },
    (_, i) => stack.use(engine.createSequence(prompt(PROMPT, i), { maxTokens })),
  );
  for (const sequence of sequences) sequence.append(await firstToken(engine, sequence));
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const steps = TOKENS / (count > 1 ? 4 : 1);
    for (let step = 0; step < steps; step++) {
      const logits = await engine.step(sequences);
      for (const [i, sequence] of sequences.entries()) {
        sequence.append(likeliest(logits[i] ?? new Float32Array()));
      }
    }
    times.push((performance.now() - start) / steps);
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
    if (logits) return likeliest(logits);
  }
}

function prompt(length: number, text: number): number[] {
  return Array.from({ length }, (_, i) => (text * 389 + i * 7) % 8192);
}

/** Weights that every token is multiplied by. */
function matrixWeights(config: ModelConfig): number {
  return createLayout(config).parameters
    .filter(({ name, shape }) =>
      shape.length === 2 && (name !== "model.embed_tokens.weight" || config.tie_word_embeddings)
    )
    .reduce((sum, { size }) => sum + size, 0);
}
