/**
 * One worker of the memory measurement; answers with the milliseconds of its median pass.
 *
 * @module
 */
import { instantiateKernels } from "../kernels/mod.ts";
import { median } from "./median.ts";
import type { ReadRequest } from "./read_peak.ts";

self.addEventListener("message", ({ data }: MessageEvent<ReadRequest>) => {
  const { module, floats, repeats } = data;
  const pages = Math.ceil(floats * 4 / 65536) + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const kernels = instantiateKernels(module, memory);
  // Pages that were never written to are all the same one.
  new Float32Array(memory.buffer).fill(1, 65536 / 4);
  for (let i = 0; i < 200; i++) kernels.read_peak(65536, 4096);
  const times = Array.from({ length: repeats }, () => {
    const start = performance.now();
    kernels.read_peak(65536, floats);
    return performance.now() - start;
  });
  (self as typeof self & { postMessage(ms: number): void }).postMessage(median(times));
});
