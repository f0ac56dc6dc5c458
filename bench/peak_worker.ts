/**
 * One worker of the ceiling measurement; answers with its median GFLOP/s.
 *
 * @module
 */
import { FMA_PEAK_FLOPS, instantiateKernels } from "../kernels/mod.ts";
import { median } from "./median.ts";
import type { PeakRequest } from "./peak.ts";

self.addEventListener("message", ({ data }: MessageEvent<PeakRequest>) => {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
  const kernels = instantiateKernels(data.module, memory);
  // Optimised code replaces the first version between calls, never inside one.
  for (let i = 0; i < 2000; i++) kernels.fma_peak(100);
  const rates = Array.from({ length: data.repeats }, () => {
    const start = performance.now();
    kernels.fma_peak(data.iterations);
    return data.iterations * FMA_PEAK_FLOPS / (performance.now() - start) / 1e6;
  });
  (self as typeof self & { postMessage(rate: number): void }).postMessage(median(rates));
});
