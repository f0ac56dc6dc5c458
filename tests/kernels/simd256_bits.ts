/**
 * Multiplies by both tiles and prints `{ simd256, different }` as JSON: whether V8 makes 256-bit vectors
 * here, and of each kind of product how many values differ in their bits. Each product is repeated so
 * often that optimised code has long come.
 *
 * @module
 */
import {
  compileKernels,
  hasSimd256,
  instantiateKernels,
  INT8_LIMIT,
  INT8_SCRATCH,
  interleavedSize,
  type Kernels,
  NR,
  packedASize,
  packedBSize,
  SIMD256_BYTES,
  WEIGHT_LIMIT,
  WEIGHT_ZERO,
  wordsOf,
} from "../../kernels/mod.ts";
import { randomStream } from "../../model/random.ts";

const SHAPES = [
  [12, 16, 1],
  [37, 51, 131],
  [48, 48, 128],
  [100, 100, 513],
  [605, 17, 130],
  [28, 62, 381],
] as const;
const REPEATS = 400;
/** Among the random values of every other product: they overflow, vanish, cancel and have signs. */
const HOSTILE = [1e30, -1e30, 1e-42, -1e-42, 0, -0, Infinity, -Infinity];
const TILE = 65536;

/** Bits of c `[m, n]` after a product often repeated and once added. */
function bitsOf(c: number, size: number, multiply: (accumulate: number) => void): Uint32Array {
  for (let i = 0; i < REPEATS; i++) multiply(0);
  multiply(1);
  return new Uint32Array(memory.buffer, c, size).slice();
}

const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
const module = await compileKernels();
const narrow = instantiateKernels(module, memory);
const simd256 = instantiateKernels(module, memory, TILE);
const floats = new Float32Array(memory.buffer);
const random = randomStream(7, { name: "simd256" });
const products = { gemm: 0, interleaved: 0, int8: 0 };
for (const [index, [m, n, k]] of SHAPES.entries()) {
  let end = TILE + SIMD256_BYTES;
  const take = (size: number) => (end += size * 4) - size * 4;
  const [a, b] = [take(m * k), take(n * k)];
  const [c, packedB] = [take(m * n), take(packedBSize(k, n))];
  const [packedA, interleaved] = [take(packedASize(m, k)), take(interleavedSize(m, k))];
  for (let i = 0; i < m * k + k * n; i++) {
    const hostile = index % 2 === 1 && random.uniform(i) < 0.1;
    floats[a / 4 + i] = hostile ? HOSTILE[i % HOSTILE.length] ?? 0 : random.normal(i);
  }
  const compare = (
    name: keyof typeof products,
    expected: (accumulate: number) => void,
    actual: (accumulate: number) => void,
  ) => {
    const bits = bitsOf(c, m * n, expected);
    const others = bitsOf(c, m * n, actual);
    products[name] += bits.filter((word, i) => word !== others[i]).length;
  };
  narrow.pack_a(packedA, a, m, k, k);
  narrow.pack_b_transposed(packedB, b, k, n, k, k * NR);
  narrow.pack_interleaved(interleaved, a, m, k, k);
  const gemm = (kernels: Kernels) => (accumulate: number) =>
    kernels.gemm(c, packedA, packedB, m, n, k, n, accumulate);
  compare("gemm", gemm(narrow), gemm(simd256));
  compare(
    "interleaved",
    gemm(narrow),
    (accumulate) => simd256.gemm_interleaved(c, interleaved, packedB, m, n, k, n, accumulate),
  );
  const words = wordsOf(k);
  const quantized = (x: number, rows: number, limit: number, offset: number) => {
    const [bytes, scales, sums] = [take(rows * words), take(rows), take(rows)];
    narrow.quantize_rows(bytes, scales, sums, x, rows, k, limit, offset);
    return { bytes, scales, sums };
  };
  const x = quantized(a, m, INT8_LIMIT, 0), w = quantized(b, n, WEIGHT_LIMIT, WEIGHT_ZERO);
  narrow.pack_a(packedA, x.bytes, m, words, words);
  narrow.pack_b_transposed(packedB, w.bytes, words, n, words, words * NR);
  narrow.pack_interleaved(interleaved, x.bytes, m, words, words);
  const rest = [x.scales, x.sums, packedB, w.scales, m, n, words, n] as const;
  const scratch = take(INT8_SCRATCH);
  compare(
    "int8",
    (accumulate) => narrow.gemm_int8(c, packedA, ...rest, accumulate, scratch),
    (accumulate) => simd256.gemm_int8_interleaved(c, interleaved, ...rest, accumulate),
  );
}
console.log(JSON.stringify({ simd256: hasSimd256(), different: products }));
