/**
 * Multiplies by both tiles and prints `{ wide, products, different }` as JSON: whether V8 makes
 * 256-bit vectors here, and how many values of how many products differ in their bits. Each product
 * is repeated so often that optimised code has long come.
 *
 * @module
 */
import {
  compileKernels,
  hasWideVectors,
  instantiateKernels,
  NR,
  packedASize,
  packedBSize,
} from "../../kernels/mod.ts";
import { randomStream } from "../../model/random.ts";

const SHAPES = [[24, 16, 1], [37, 51, 131], [48, 48, 128], [100, 100, 513], [
  605,
  17,
  130,
]] as const;
const REPEATS = 400;
/** Among the random values of every other product: they overflow, vanish, cancel and have signs. */
const HOSTILE = [1e30, -1e30, 1e-42, -1e-42, 0, -0, Infinity, -Infinity];
const TILE = 65536;

if (import.meta.main) {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
  const module = await compileKernels();
  const both = [instantiateKernels(module, memory), instantiateKernels(module, memory, TILE)];
  const floats = new Float32Array(memory.buffer);
  const random = randomStream(7, { name: "wide" });
  let different = 0;
  for (const [index, [m, n, k]] of SHAPES.entries()) {
    const [a, b] = [2 * TILE, 2 * TILE + m * k * 4];
    const packedA = b + k * n * 4;
    const packedB = packedA + packedASize(m, k) * 4;
    const c = packedB + packedBSize(k, n) * 4;
    for (let i = 0; i < m * k + k * n; i++) {
      const hostile = index % 2 === 1 && random.uniform(i) < 0.1;
      floats[a / 4 + i] = hostile ? HOSTILE[i % HOSTILE.length] ?? 0 : random.normal(i);
    }
    both[0]?.pack_a(packedA, a, m, k, k);
    both[0]?.pack_b(packedB, b, k, n, n, k * NR);
    const products = both.map((kernels) => {
      for (let i = 0; i < REPEATS; i++) kernels.gemm(c, packedA, packedB, m, n, k, n, 0);
      kernels.gemm(c, packedA, packedB, m, n, k, n, 1);
      return new Uint32Array(memory.buffer, c, m * n).slice();
    });
    different += products[0]?.filter((bits, i) => bits !== products[1]?.[i]).length ?? NaN;
  }
  console.log(JSON.stringify({ wide: hasWideVectors(), products: SHAPES.length, different }));
}
