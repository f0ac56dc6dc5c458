/**
 * What the kernels of a machine compute, as a digest: machines with the same compute the same steps.
 *
 * @module
 */
import { presetConfig } from "../../model/config.ts";
import { initParameters } from "../../model/init.ts";
import {
  ADAMW_DEFAULTS,
  learningRateAt,
  MUON_DEFAULTS,
  SCHEDULE_DEFAULTS,
} from "../../stages/train/mod.ts";
import { openSpheres } from "../../workers/mod.ts";
import { sha256Of } from "./blobs.ts";

const ROWS = 3, COLS = 21, STEPS = 3;

/**
 * Trains a small model for a few steps by either optimizer, and returns the digest of what it became.
 * Machines differ where one fuses a relaxed multiply-add and the other does not.
 */
export async function probeKernels({ strictSimd }: { strictSimd: boolean }): Promise<string> {
  const config = {
    ...presetConfig("tiny", { vocabSize: 61, endOfTextId: 0 }),
    num_hidden_layers: 1,
  };
  await using spheres = await openSpheres({
    config,
    rows: ROWS,
    cols: COLS,
    leaves: 2,
    workers: 1,
    strictSimd,
  });
  const { layout, parameters } = spheres;
  initParameters(parameters, { config, layout, seed: 1 });
  await spheres.packWeights();
  const size = ROWS * COLS;
  const ids = (step: number) =>
    Int32Array.from({ length: size }, (_, i) => (7 * i + 13 * step) % config.vocab_size);
  const schedule = { ...SCHEDULE_DEFAULTS, name: "cosine", peak: 0.01 } as const;
  for (let step = 1; step <= STEPS; step++) {
    const learningRate = learningRateAt(step / STEPS, schedule);
    const { momentum, rate } = MUON_DEFAULTS;
    await spheres.step({
      inputIds: ids(step),
      targetIds: ids(step + 1),
      mask: new Int32Array(size).fill(1),
      rows: ROWS,
      cols: COLS,
      validTokens: size,
    }, {
      ...ADAMW_DEFAULTS,
      step,
      learningRate,
      ...step > 1 && { muon: { momentum, learningRate: rate * learningRate } },
    });
  }
  return sha256Of(new Uint8Array(parameters.slice().buffer));
}

/**
 * @throws {Error} where this machine computes otherwise than that of the keeper
 */
export async function checkProbe(
  { strictSimd, probe }: { strictSimd: boolean; probe: string },
): Promise<void> {
  if (await probeKernels({ strictSimd }) === probe) return;
  const remedy = strictSimd
    ? "another version of Deno may be the reason"
    : "begin the run with --strict-simd, which gives the same bits on every machine";
  throw new Error(
    `Cannot train on this machine: its kernels round otherwise than the keeper's; ${remedy}`,
  );
}
