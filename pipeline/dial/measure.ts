/**
 * How fast this machine trains a model: a few steps on random tokens.
 *
 * @module
 */
import type { ModelConfig } from "../../model/config.ts";
import { initParameters } from "../../model/init.ts";
import { randomStream } from "../../model/random.ts";
import { type OptimizerOptions, optimizerStep } from "../../stages/train/mod.ts";
import { openSpheres, type SphereBatch, type SpheresOptions } from "../../workers/mod.ts";

/** Options of {@linkcode measureSpeed}. */
export interface MeasureOptions extends SpheresOptions {
  readonly optimizer: OptimizerOptions;
  /** As many as are wanted; full rows of random tokens by default. */
  readonly batches?: AsyncIterable<SphereBatch>;
  /** Bytes that training may take; those that this machine has left by default. */
  readonly available?: number;
}

/** Shortest times of the steps that warm up, and of those that count. */
const WARM_MS = 1000, MEASURED_MS = 2000;

/**
 * Tokens per second of training.
 *
 * @throws {RangeError} when the model cannot be trained in the memory there is
 */
export async function measureSpeed(options: MeasureOptions): Promise<number> {
  const { config, rows, cols, optimizer } = options;
  const { available = Deno.systemMemoryInfo().available } = options;
  await using spheres = await openSpheres(options);
  if (spheres.bytes > available) {
    const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
    throw new RangeError(
      `Cannot train this model: it takes ${mebibytes(spheres.bytes)}, and ${
        mebibytes(available)
      } are free`,
    );
  }
  // An adapter takes as long beside weights of zero.
  const { parameters, layout } = spheres;
  if (!options.lora) initParameters(parameters, { config, layout, seed: 0 });
  await spheres.packWeights();
  const { batches = repeat(randomBatch(config, { rows, cols })) } = options;
  let [step, tokens, start, warm] = [0, 0, performance.now(), false];
  for await (const batch of batches) {
    // At a rate of nothing the weights stay as they are; all parts of a run are among any few steps.
    const progress = step++ % 10 / 10;
    await spheres.step(batch, optimizerStep(optimizer, { step, learningRate: 0, progress }));
    tokens += batch.rows * batch.cols;
    const ms = performance.now() - start;
    if (warm && ms >= MEASURED_MS) return 1000 * tokens / ms;
    if (!warm && ms >= WARM_MS) [tokens, start, warm] = [0, performance.now(), true];
  }
  throw new RangeError("Cannot measure this machine: the batches ended");
}

async function* repeat(batch: SphereBatch): AsyncGenerator<SphereBatch, void> {
  while (true) yield batch;
}

function randomBatch(
  { vocab_size: vocab }: ModelConfig,
  { rows, cols }: { rows: number; cols: number },
): SphereBatch {
  const random = randomStream(0, { name: "dial" });
  const ids = Int32Array.from({ length: rows * cols + 1 }, (_, i) => random.word(i) % vocab);
  return {
    inputIds: ids.slice(0, -1),
    targetIds: ids.slice(1),
    mask: new Int32Array(rows * cols).fill(1),
    rows,
    cols,
    validTokens: rows * cols,
  };
}
