/**
 * The ceiling: a register-only multiply-add loop on all workers at once.
 *
 * @module
 */
import { compileKernels } from "../kernels/mod.ts";

/** Asks a worker for `iterations` of the loop, `repeats` times. */
export interface PeakRequest {
  readonly module: WebAssembly.Module;
  readonly iterations: number;
  readonly repeats: number;
}

/** GFLOP/s of all workers together, the median of several runs after warming up. */
export async function measurePeak(workers: number): Promise<number> {
  const module = await compileKernels();
  const request: PeakRequest = { module, iterations: 1 << 20, repeats: 24 };
  const rates = await Promise.all(Array.from({ length: workers }, () => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const thread = new Worker(new URL("./peak_worker.ts", import.meta.url), { type: "module" });
    thread.onmessage = ({ data }: MessageEvent<number>) => {
      thread.terminate();
      resolve(data);
    };
    thread.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`Cannot measure the peak: ${event.message}`));
    };
    thread.postMessage(request);
    return promise;
  }));
  return rates.reduce((sum, rate) => sum + rate, 0);
}
