/**
 * What is the most that this machine multiplies and adds? Register-only loops of 128-bit and of
 * 256-bit vectors on all workers at once: the ceilings that every other bench is compared with.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { compileKernels, hasSimd256 } from "../kernels/mod.ts";
import { SWITCH, TEXT } from "./flags.ts";

/** Asks a worker for its rates, each the median of `repeats` runs. */
export interface PeakRequest {
  readonly module: WebAssembly.Module;
  readonly simd256: boolean;
  readonly repeats: number;
}

/** GFLOP/s of the loops; `peak256Gflops` only where V8 pairs 128-bit operations. */
export interface Peak {
  readonly peakGflops: number;
  readonly peak256Gflops?: number;
}

/** Shares of both peaks, for a report. */
export function sharesOf(
  gflops: number,
  { peakGflops, peak256Gflops }: Peak,
): { shareOfPeak: number; shareOf256?: number } {
  return {
    shareOfPeak: gflops / peakGflops,
    ...(peak256Gflops && { shareOf256: gflops / peak256Gflops }),
  };
}

/** Runs `bench peak [--workers W] [--json]`. */
export async function run(args: string[]): Promise<void> {
  const flags = parseArgs({ args, options: { workers: TEXT, json: SWITCH } }).values;
  const workers = Number(flags.workers ?? navigator.hardwareConcurrency);
  const result = { workers, ...await measurePeak(workers) };
  console.log(flags.json ? JSON.stringify(result) : result);
}

/** Rates of all workers together after warming up. */
export async function measurePeak(workers: number): Promise<Peak> {
  const request: PeakRequest = {
    module: await compileKernels(),
    simd256: hasSimd256(),
    repeats: 24,
  };
  const peaks = await Promise.all(Array.from({ length: workers }, () => {
    const { promise, resolve, reject } = Promise.withResolvers<Peak>();
    const thread = new Worker(new URL("./peak_worker.ts", import.meta.url), { type: "module" });
    thread.onmessage = ({ data }: MessageEvent<Peak>) => {
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
  const sum = (rate: (peak: Peak) => number) => peaks.reduce((total, p) => total + rate(p), 0);
  return {
    peakGflops: sum((peak) => peak.peakGflops),
    ...(request.simd256 && { peak256Gflops: sum((peak) => peak.peak256Gflops ?? 0) }),
  };
}
