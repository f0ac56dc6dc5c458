/**
 * The floor of decoding: how long the workers together take to read the weights once, and do nothing
 * else.
 *
 * @module
 */
import { compileKernels } from "../kernels/mod.ts";

/** Asks a worker to read `floats` numbers of its own memory, `repeats` times. */
export interface ReadRequest {
  readonly module: WebAssembly.Module;
  /** A multiple of 32. */
  readonly floats: number;
  readonly repeats: number;
}

/** Milliseconds to read `bytes` once, shared out among workers that read at the same time. */
export async function measureRead(
  bytes: number,
  { workers }: { workers: number },
): Promise<number> {
  const module = await compileKernels();
  const floats = Math.ceil(bytes / 4 / workers / 32) * 32;
  const times = await Promise.all(Array.from({ length: workers }, () => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const thread = new Worker(new URL("./read_worker.ts", import.meta.url), { type: "module" });
    thread.onmessage = ({ data }: MessageEvent<number>) => {
      thread.terminate();
      resolve(data);
    };
    thread.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`Cannot measure reading: ${event.message}`));
    };
    const request: ReadRequest = { module, floats, repeats: 300 };
    thread.postMessage(request);
    return promise;
  }));
  return Math.max(...times);
}
