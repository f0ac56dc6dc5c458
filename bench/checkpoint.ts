/**
 * What does it cost to write a checkpoint every ten steps?
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { saveCheckpoint } from "../model/checkpoint/mod.ts";
import { presetConfig, PRESETS } from "../model/config.ts";
import { initParameters } from "../model/init.ts";
import { randomStream } from "../model/random.ts";
import { checkpoint } from "../stages/checkpoint/mod.ts";
import { ADAMW_DEFAULTS } from "../stages/train/mod.ts";
import type { StepReport } from "../stages/types.ts";
import { openSpheres, type SphereBatch, type Spheres } from "../workers/mod.ts";
import { TEXT } from "./flags.ts";
import { median } from "./median.ts";

const VOCAB = 4096;
const STEPS = 10;

/** Of ten steps; processor time is that of all threads, which other programs disturb less. */
interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Runs `bench checkpoint [--rounds N]`: preset small, rounds with and without by turns. */
export async function run(args: string[]): Promise<void> {
  const { rounds: given = "5" } = parseArgs({ args, options: { rounds: TEXT } }).values;
  const rounds = Number(given);
  const config = presetConfig("small", { vocabSize: VOCAB, endOfTextId: 0 });
  const { rows, cols } = PRESETS.small;
  await using spheres = await openSpheres({ config, rows, cols });
  const { layout, parameters } = spheres;
  initParameters(parameters, { config, layout, seed: 1 });
  await spheres.packWeights();
  const random = randomStream(1, { name: "bench" });
  const inputIds = Int32Array.from({ length: rows * cols }, (_, i) => random.word(i) % VOCAB);
  const batch: SphereBatch = {
    inputIds,
    targetIds: inputIds,
    mask: inputIds.map(() => 1),
    rows,
    cols,
    validTokens: inputIds.length,
  };
  await Deno.mkdir("runs", { recursive: true });
  const dir = await Deno.makeTempDir({ dir: "runs", prefix: "bench-" });
  const without: Cost[] = [], withCheckpoint: Cost[] = [];
  try {
    await trainRound(spheres, { batch, dir: undefined });
    for (let round = 0; round < rounds; round++) {
      without.push(await trainRound(spheres, { batch, dir: undefined }));
      withCheckpoint.push(await trainRound(spheres, { batch, dir }));
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  const more = (kind: keyof Cost) => {
    const [a = NaN, b = NaN] = [without, withCheckpoint].map((costs) =>
      median(costs.map((cost) => cost[kind]))
    );
    return `${(100 * (b / a - 1)).toFixed(1)} %`;
  };
  console.log({ without, withCheckpoint, moreTime: more("ms"), moreProcessorTime: more("cpuMs") });

  /** Ten steps and, at their start, a snapshot that is written beside them. */
  async function trainRound(
    spheres: Spheres,
    { batch, dir }: { batch: SphereBatch; dir: string | undefined },
  ): Promise<Cost> {
    const cursor = { epoch: 0, batch: 0, state: null };
    const snapshot = (step: number) => ({
      step,
      totalTokens: 0,
      cursors: { batch: cursor },
      parameters: spheres.parameters.slice(),
      firstMoment: spheres.firstMoment.slice(),
      secondMoment: spheres.secondMoment.slice(),
    });
    async function* reports(): AsyncGenerator<StepReport> {
      for (let step = 1; step <= STEPS; step++) {
        const due = dir !== undefined && step === 1 ? { snapshot: snapshot(step) } : {};
        const { loss, gradNorm } = await spheres.step(batch, {
          ...ADAMW_DEFAULTS,
          step,
          learningRate: 1e-4,
        });
        yield {
          step,
          loss,
          gradNorm,
          perplexity: Math.exp(loss),
          learningRate: 1e-4,
          tokens: 0,
          totalTokens: 0,
          tokensPerSecond: 0,
          stepMs: 0,
          spheres: [],
          cursor,
          ...due,
        };
      }
    }
    const started = performance.now();
    const cpu = process.cpuUsage();
    const stage = checkpoint({
      dir: dir ?? "",
      save: (path, snapshot) => saveCheckpoint(path, { config, layout, snapshot }),
    });
    for await (const _ of ReadableStream.from(reports()).pipeThrough(stage));
    const { user, system } = process.cpuUsage(cpu);
    return { ms: performance.now() - started, cpuMs: (user + system) / 1000 };
  }
}
