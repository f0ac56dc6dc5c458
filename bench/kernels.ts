/**
 * Where does the time between the matrix products go? Times every other kernel at the shapes of the
 * small preset, one leaf's sequence of 256 tokens: GFLOP/s and share of peak for attention, GB/s of
 * memory read and written for the rest.
 *
 * @module
 */
import {
  attentionBackwardScratchSize,
  compileKernels,
  instantiateKernels,
  type Kernels,
} from "../kernels/mod.ts";
import { measure, measureCorePeak } from "./measure.ts";
import { sharesOf } from "./peak.ts";

/** One kernel at one shape; `flops` or `bytes` of a call, whichever bounds it. */
interface Case {
  readonly name: string;
  readonly flops?: number;
  readonly bytes?: number;
  run(): void;
}

const MEBIBYTE = 2 ** 20;
/** Arrays of at most 4 MiB, one after another from the second MiB of the memory. */
const area = (index: number) => (1 + 4 * index) * MEBIBYTE;

function cases(kernels: Kernels): Case[] {
  const [t, d, f, v] = [256, 256, 688, 4096];
  const [a, b, c, e, g] = [area(0), area(1), area(2), area(3), area(4)] as const;
  const float = 4;
  const attention = (heads: number, headDim: number, t: number): Case[] => {
    const dims = [t, heads, heads, headDim, 3 * heads * headDim, heads * headDim] as const;
    // Two products of headDim per query and visible key.
    const flops = 2 * 2 * headDim * heads * t * (t + 1) / 2;
    if (attentionBackwardScratchSize(t, headDim) * float > 4 * MEBIBYTE) {
      throw new RangeError(`Cannot time attention over ${t} tokens: its scratch is past its area`);
    }
    const [out, lse, qkv, scratch, dqkv, dout] = [a, b, c, e, g, area(5)] as const;
    const shape = `${t} tokens, ${heads} heads of ${headDim}`;
    return [
      {
        name: `attention ${shape}`,
        flops,
        run: () => kernels.attention(out, lse, qkv, 0, ...dims, scratch),
      },
      {
        name: `attention_backward ${shape}`,
        flops: 2.5 * flops,
        run: () => kernels.attention_backward(dqkv, dout, out, lse, qkv, 0, ...dims, scratch),
      },
    ];
  };
  return [
    ...attention(4, 64, 256),
    ...attention(4, 32, 128),
    ...attention(1, 64, 1024),
    { name: "pack_a", bytes: 2 * t * d * float, run: () => kernels.pack_a(a, b, t, d, d) },
    {
      name: "pack_a_transposed",
      bytes: 2 * t * 3 * d * float,
      run: () => kernels.pack_a_transposed(a, b, 3 * d, t, 3 * d),
    },
    {
      name: "pack_b",
      bytes: 2 * t * d * float,
      run: () => kernels.pack_b(a, b, t, d, d, t * 12),
    },
    {
      name: "pack_b_transposed",
      bytes: 2 * 3 * d * d * float,
      run: () => kernels.pack_b_transposed(a, b, d, 3 * d, d, d * 12),
    },
    {
      name: "rms_norm",
      bytes: 2 * t * d * float,
      run: () => kernels.rms_norm(a, b, c, e, t, d, 1e-5),
    },
    {
      name: "rms_norm_backward",
      bytes: 4 * t * d * float,
      run: () => kernels.rms_norm_backward(a, b, c, e, g, area(5), t, d),
    },
    {
      name: "rope",
      bytes: 2 * t * 2 * d * float,
      run: () => kernels.rope(a, b, c, e, t, 8, 64, 3 * d, 1),
    },
    { name: "swiglu", bytes: 3 * t * f * float, run: () => kernels.swiglu(a, b, t, f) },
    {
      name: "swiglu_backward",
      bytes: 5 * t * f * float,
      run: () => kernels.swiglu_backward(a, b, c, t, f),
    },
    {
      name: "cross_entropy",
      bytes: 64 * v * float,
      run: () => kernels.cross_entropy(a, b, c, e, 64, v, v, 1),
    },
    {
      name: "embedding_backward",
      bytes: 3 * t * d * float,
      run: () => kernels.embedding_backward(a, b, c, t, d),
    },
    { name: "add", bytes: 3 * t * d * float, run: () => kernels.add(a, b, t * d) },
    { name: "sum_squares", bytes: MEBIBYTE, run: () => kernels.sum_squares(a, MEBIBYTE / 4) },
    {
      name: "adamw",
      bytes: 7 * MEBIBYTE,
      run: () => kernels.adamw(a, b, c, e, MEBIBYTE / 4, 1e-9, 0.9, 0.99, 1e-8, 0, 1, 1, 1),
    },
  ];
}

/** Runs the benchmark; `--json` prints one object instead of lines. */
export async function run(args: string[]): Promise<void> {
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 65536, shared: true });
  const kernels = instantiateKernels(
    await compileKernels({ strictSimd: args.includes("--strict-simd") }),
    memory,
  );
  const floats = new Float32Array(memory.buffer);
  const peak = measureCorePeak(kernels);
  const results = cases(kernels).map(({ name, flops, bytes, run }) => {
    fill(floats, new Int32Array(memory.buffer));
    const ms = measure(run);
    return {
      name,
      microseconds: ms * 1e3,
      ...(flops && { gflops: flops / ms / 1e6, ...sharesOf(flops / ms / 1e6, peak) }),
      ...(bytes && { gigabytesPerSecond: bytes / ms / 1e6 }),
    };
  });
  if (args.includes("--json")) {
    console.log(JSON.stringify({ ...peak, relaxed: kernels.relaxed() === 1, results }));
    return;
  }
  console.log(`register-only multiply-adds: ${peak.peakGflops.toFixed(1)} GFLOP/s`);
  for (const { name, microseconds, gflops, shareOfPeak = 0, gigabytesPerSecond = 0 } of results) {
    const rate = gflops
      ? `${gflops.toFixed(1)} GFLOP/s  ${(100 * shareOfPeak).toFixed(0)} %`
      : `${gigabytesPerSecond.toFixed(1)} GB/s`;
    console.log(`${name.padEnd(46)}${microseconds.toFixed(1).padStart(9)} us  ${rate}`);
  }
}

/** Small values everywhere but where `cases` reads integers: ids, positions, targets and masks of 1. */
function fill(floats: Float32Array, integers: Int32Array): void {
  for (let i = 16384; i < floats.length; i++) floats[i] = ((i * 7919) % 1009) / 1009 - 0.5;
  for (const index of [2, 3]) {
    // Only the first kilobyte: floats of a weight or logit there become denormals, too few to tell.
    integers.fill(1, area(index) / 4, area(index) / 4 + 256);
  }
}
