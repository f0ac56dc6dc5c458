/**
 * How near does the matrix product come to the machine's ceiling? Prints GFLOP/s of each shape, packed
 * operands ready, and its share of register-only multiply-add loops measured in the same run.
 *
 * @module
 */
import {
  compileKernels,
  hasSimd256,
  instantiateKernels,
  type Kernels,
  packedASize,
  packedBSize,
  SIMD256_BYTES,
} from "../kernels/mod.ts";
import { measure, measureCorePeak } from "./measure.ts";
import { sharesOf } from "./peak.ts";

/** `[name, m, n, k]`: C[m, n] = A[m, k] · B[k, n]. */
const SHAPES: readonly [name: string, m: number, n: number, k: number][] = [
  ["cube", 384, 384, 384],
  ["oblong", 768, 512, 256],
  ["qkv", 256, 768, 256],
  ["attention output", 256, 256, 256],
  ["gate and up", 256, 1376, 256],
  ["down", 256, 256, 688],
  ["logits", 256, 4096, 256],
  ["d input of gate and up", 256, 256, 1376],
  ["d weight of qkv", 768, 256, 256],
  ["d weight of gate and up", 1376, 256, 256],
  ["d weight of down", 256, 688, 256],
  ["d weight of logits", 4096, 256, 256],
  ["tiny gate and up", 128, 704, 128],
];

/** Where the 256-bit tile is. */
const SIMD256_TILE = 65536;

/** Runs the benchmark; `--json` prints one object instead of lines. */
export async function run(args: string[]): Promise<void> {
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 65536, shared: true });
  const strictSimd = args.includes("--strict-simd");
  const simd256 = !strictSimd && hasSimd256();
  const kernels = instantiateKernels(
    await compileKernels({ strictSimd }),
    memory,
    simd256 ? SIMD256_TILE : 0,
  );
  new Float32Array(memory.buffer).fill(0.5, 16384);
  const peak = measureCorePeak(kernels);
  const results = SHAPES.map(([name, m, n, k]) => {
    const gflops = 2 * m * n * k / measure(() => multiply(kernels, m, n, k)) / 1e6;
    return { name, m, n, k, gflops, ...sharesOf(gflops, peak) };
  });
  if (args.includes("--json")) {
    console.log(JSON.stringify({ ...peak, relaxed: kernels.relaxed() === 1, simd256, results }));
    return;
  }
  console.log(
    `register-only multiply-adds, 128-bit: ${peak.peakGflops.toFixed(1)} GFLOP/s` +
      (peak.peak256Gflops ? `, 256-bit: ${peak.peak256Gflops.toFixed(1)}` : "") +
      (simd256 ? "; products in 256-bit vectors" : ""),
  );
  for (const { name, m, n, k, gflops, shareOfPeak, shareOf256 } of results) {
    const shape = `${m} x ${n} x ${k}`;
    const share = (100 * (shareOf256 ?? shareOfPeak)).toFixed(0);
    console.log(`${name.padEnd(26)}${shape.padEnd(18)}${gflops.toFixed(1)} GFLOP/s  ${share} %`);
  }
}

function multiply(kernels: Kernels, m: number, n: number, k: number): void {
  const a = SIMD256_TILE + SIMD256_BYTES;
  const b = a + packedASize(m, k) * 4;
  const c = b + packedBSize(k, n) * 4;
  kernels.gemm(c, a, b, m, n, k, n, 0);
}
