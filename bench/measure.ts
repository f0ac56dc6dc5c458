/** Timing of kernels, warmed until they are optimised. */
import {
  FMA_PEAK256_FLOPS,
  FMA_PEAK_FLOPS,
  hasSimd256,
  instantiatePeak256,
  type Kernels,
} from "../kernels/mod.ts";
import type { Peak } from "./peak.ts";

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

/** GFLOP/s of multiply-adds in registers alone: the ceilings on this core. */
export function measureCorePeak(kernels: Kernels): Peak {
  const iterations = 2000;
  const rate = (loop: (iterations: number) => void, flops: number) =>
    iterations * flops / measure(() => loop(iterations)) / 1e6;
  return {
    peakGflops: rate(kernels.fma_peak, FMA_PEAK_FLOPS),
    ...(hasSimd256() && { peak256Gflops: rate(instantiatePeak256(), FMA_PEAK256_FLOPS) }),
  };
}
