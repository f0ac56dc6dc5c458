/**
 * One worker of the ceiling measurement; answers with its median GFLOP/s.
 *
 * @module
 */
import {
  FMA_PEAK256_FLOPS,
  FMA_PEAK_FLOPS,
  instantiateKernels,
  instantiatePeak256,
} from "../kernels/mod.ts";
import { median } from "./median.ts";
import type { Peak, PeakRequest } from "./peak.ts";

const ITERATIONS = 1 << 20;

self.addEventListener("message", ({ data }: MessageEvent<PeakRequest>) => {
  const { module, simd256, repeats } = data;
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
  const kernels = instantiateKernels(module, memory);
  const rate = (loop: (iterations: number) => void, flops: number) => {
    // Optimised code replaces the first version between calls, never inside one.
    for (let i = 0; i < 2000; i++) loop(100);
    return median(Array.from({ length: repeats }, () => {
      const start = performance.now();
      loop(ITERATIONS);
      return ITERATIONS * flops / (performance.now() - start) / 1e6;
    }));
  };
  const peak: Peak = {
    peakGflops: rate(kernels.fma_peak, FMA_PEAK_FLOPS),
    ...(simd256 && { peak256Gflops: rate(instantiatePeak256(), FMA_PEAK256_FLOPS) }),
  };
  (self as typeof self & { postMessage(peak: Peak): void }).postMessage(peak);
});
