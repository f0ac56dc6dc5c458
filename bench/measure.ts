/** Timing of kernels, warmed until they are optimised. */
import { FMA_PEAK_FLOPS, type Kernels } from "../kernels/mod.ts";

const WARM_MS = 150;
const ROUND_MS = 20;
const ROUNDS = 15;

/** Milliseconds of one call of `run`: the mean of its best round, the one others disturbed least. */
export function measure(run: () => void): number {
  // V8 optimises a function while it is called often, and swaps the result in at a call.
  let calls = 0;
  const warm = performance.now();
  while (performance.now() - warm < WARM_MS) {
    run();
    calls++;
  }
  const perRound = Math.max(1, Math.round(calls * ROUND_MS / WARM_MS));
  return Math.min(...Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    for (let i = 0; i < perRound; i++) run();
    return (performance.now() - start) / perRound;
  }));
}

/** GFLOP/s of multiply-adds in registers alone: the ceiling on this core. */
export function measurePeak(kernels: Kernels): number {
  const iterations = 2000;
  return iterations * FMA_PEAK_FLOPS / measure(() => kernels.fma_peak(iterations)) / 1e6;
}
