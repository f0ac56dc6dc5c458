/**
 * The training kernels: compiled once, instantiated by every worker over one shared memory. They are
 * independent of models, streams and workers. Bytes 0 to 65535 of the memory are theirs (constants,
 * the same from every instance); the rest belongs to the caller.
 *
 * @module
 */
import { ensureKernels } from "./build.ts";
import type { Kernels } from "./kernels.ts";
import { instantiateTile, NO_TILE } from "./simd256/tile.ts";
export type { Kernels } from "./kernels.ts";
export * from "./sizes.ts";
export {
  createFarMemory,
  type FarCopies,
  instantiateFarCopies,
  MAX_FAR_BYTES,
} from "./far_memory.ts";
export { FMA_PEAK256_FLOPS, instantiatePeak256 } from "./simd256/peak.ts";
export { hasSimd256 } from "./simd256/probe.ts";
export { SIMD256_BYTES } from "./simd256/tile_memory.ts";

/**
 * Compiles the kernels for this machine, building them first where missing or stale: with relaxed
 * SIMD where the engine has it, unless `strictSimd` asks for the build whose every operation has one
 * defined result. `relaxed()` of an instance returns which one it is.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compileKernels, instantiateKernels } from "./mod.ts";
 * const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
 * const kernels = instantiateKernels(await compileKernels(), memory);
 * new Float32Array(memory.buffer, 65536, 4).set([1, 2, 10, 20]);
 * kernels.add(65536, 65544, 2);
 * assertEquals([...new Float32Array(memory.buffer, 65536, 2)], [11, 22]);
 * ```
 */
export async function compileKernels(
  { strictSimd = false }: { strictSimd?: boolean } = {},
): Promise<WebAssembly.Module> {
  const builds = await ensureKernels();
  const relaxed = new Uint8Array(builds.relaxed);
  return await WebAssembly.compile(
    !strictSimd && WebAssembly.validate(relaxed) ? relaxed : new Uint8Array(builds.plain),
  );
}

/**
 * One worker's instance over `memory`, which must be shared with a maximum of at most 65536 pages.
 * With `simd256`, the address of {@linkcode SIMD256_BYTES} reserved bytes, products use the tile of
 * kernels/simd256, which pays off where {@linkcode hasSimd256}.
 */
export function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  simd256 = 0,
): Kernels {
  const { exports } = new WebAssembly.Instance(module, {
    env: { memory },
    simd256: simd256 === 0 ? NO_TILE : instantiateTile(memory, simd256),
  });
  // tests/kernels/load_test.ts checks the exports against `Kernels`.
  const kernels = exports as object as Kernels;
  kernels.use_simd256(simd256);
  return kernels;
}
