/**
 * How fast is a training step, and what share of the machine does it use?
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import type { ModelConfig } from "../model/config.ts";
import { trainingFlopsPerToken } from "../model/flops.ts";
import { createLayout } from "../model/layout.ts";
import { initParameters } from "../model/init.ts";
import { randomStream } from "../model/random.ts";
import { openSpheres, type SphereBatch } from "../workers/mod.ts";
import { budgetOf } from "./budget.ts";
import { SWITCH, TEXT } from "./flags.ts";
import { median } from "./median.ts";
import { measurePeak, sharesOf } from "./peak.ts";

/** Reference models: L, H, D, F, T, B, V. */
export const CONFIGS = {
  tiny: { L: 4, H: 4, D: 128, F: 352, T: 64, B: 12, V: 512 },
  small: { L: 4, H: 4, D: 256, F: 688, T: 256, B: 8, V: 4096 },
  base: { L: 6, H: 6, D: 384, F: 1024, T: 256, B: 8, V: 8192 },
} as const;
/** Dimensions of such a model. */
export type Dims = Readonly<Record<"L" | "H" | "D" | "F" | "T" | "B" | "V", number>>;

const OPTIMIZER = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clip: 1,
};

/** Runs `bench train --config NAME [--workers W] [--steps N] [--muon] [--json]`. */
export async function run(args: string[]): Promise<void> {
  const options = { config: TEXT, workers: TEXT, steps: TEXT, muon: SWITCH, json: SWITCH };
  const flags = parseArgs({ args, options }).values;
  const name = flags.config ?? "tiny";
  if (!isConfig(name)) throw new RangeError(`Cannot bench --config ${name}: tiny, small or base`);
  const workers = Number(flags.workers ?? navigator.hardwareConcurrency);
  const steps = Number(flags.steps ?? 12);
  const result = await measureTraining(name, { workers, steps, muon: flags.muon ?? false });
  console.log(flags.json ? JSON.stringify(result) : result);
}

function isConfig(name: string): name is keyof typeof CONFIGS {
  return Object.hasOwn(CONFIGS, name);
}

/** Trains on random tokens, after steps that run code which V8 has not optimised yet. */
export async function measureTraining(
  name: keyof typeof CONFIGS,
  { workers, steps, muon = false }: { workers: number; steps: number; muon?: boolean },
) {
  const dims = CONFIGS[name];
  const config = modelConfig(dims);
  const layout = createLayout(config);
  await using spheres = await openSpheres({
    config,
    rows: dims.B,
    cols: dims.T,
    workers,
    profile: true,
  });
  initParameters(spheres.parameters, { config, layout, seed: 1 });
  await spheres.packWeights();
  const batch = randomBatch(dims);
  const stepMs: number[] = [];
  let idle = 0;
  let waiting = 0;
  const warmup = Math.max(6, Math.ceil(steps / 2));
  let before = spheres.kernelMs();
  let rootCpu = process.threadCpuUsage();
  let heap = Deno.memoryUsage().heapUsed;
  let started = performance.now();
  for (let step = 1; step <= warmup + steps; step++) {
    if (step === warmup + 1) {
      before = spheres.kernelMs();
      rootCpu = process.threadCpuUsage();
      heap = Deno.memoryUsage().heapUsed;
      started = performance.now();
    }
    const start = performance.now();
    const { spheres: leaves } = await spheres.step(batch, {
      ...OPTIMIZER,
      ...muon && { muon: { learningRate: 1e-3, momentum: 0.95 } },
      step,
    });
    if (step <= warmup) continue;
    const ms = performance.now() - start;
    stepMs.push(ms);
    const leafMs = leaves.reduce((sum, leaf) => sum + leaf.computeMs + leaf.waitMs, 0);
    waiting += leaves.reduce((sum, leaf) => sum + leaf.waitMs, 0) / ms / spheres.topology.workers;
    idle += 1 - leafMs / ms / spheres.topology.workers;
  }
  const trainedMs = performance.now() - started;
  const heapGrowth = Deno.memoryUsage().heapUsed - heap;
  const rootUsed = process.threadCpuUsage(rootCpu);
  const msPerStep = median(stepMs);
  const { B, T } = dims;
  const gflops = B * T * trainingFlopsPerToken(config, { cols: T }) / msPerStep / 1e6;
  const peak = await measurePeak(spheres.topology.workers);
  const phases = phaseMs(before, spheres.kernelMs(), steps * spheres.topology.workers);
  return {
    config: name,
    params: layout.count,
    workers: spheres.topology.workers,
    sharedMiB: Math.round(spheres.bytes / 2 ** 20),
    msPerStep,
    tokensPerSecond: B * T / msPerStep * 1000,
    gflops,
    ...peak,
    ...sharesOf(gflops, peak),
    simd256: spheres.simd256,
    shareWaitingForTurn: waiting / steps,
    shareOutsideLeaves: idle / steps,
    rootCpuShare: (rootUsed.user + rootUsed.system) / 1000 / trainedMs,
    heapBytesPerStep: Math.round(heapGrowth / steps),
    phases,
    // The mean, as phases are: `msPerStep` is the median.
    budget: budgetOf(phases, {
      msPerStep: trainedMs / steps,
      waitingForTurn: waiting / steps * msPerStep,
    }),
  };
}

/** Milliseconds a step and worker in each kernel. */
function phaseMs(
  before: Record<string, number>,
  after: Record<string, number>,
  share: number,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, ms]) => [name, (ms - (before[name] ?? 0)) / share]),
  );
}

/** The configuration of a reference model. */
export function modelConfig({ L, H, D, F, T, V }: Dims): ModelConfig {
  return {
    model_type: "llama",
    attention_bias: false,
    mlp_bias: false,
    vocab_size: V,
    hidden_size: D,
    intermediate_size: F,
    num_hidden_layers: L,
    num_attention_heads: H,
    num_key_value_heads: H,
    head_dim: D / H,
    max_position_embeddings: T,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    rope_scaling: null,
    no_rope_layers: null,
    tie_word_embeddings: true,
    initializer_range: 0.02,
    bos_token_id: null,
    eos_token_id: null,
  };
}

/** A batch whose every token is scored. */
export function randomBatch({ B, T, V }: Dims): SphereBatch {
  const random = randomStream(7, { name: "bench" });
  const ids = Int32Array.from({ length: B * T + 1 }, (_, i) => random.word(i) % V);
  return {
    inputIds: ids.slice(0, B * T),
    targetIds: ids.slice(1),
    mask: new Int32Array(B * T).fill(1),
    rows: B,
    cols: T,
    validTokens: B * T,
  };
}
