/**
 * Generators of AssemblyScript: the unrolled kernels and the constants. A kernel's file is named by
 * operation, type, tile and instruction set; kernels/assembly imports it from kernels/build.
 *
 * @module
 */
import { fmaPeakSource } from "./fma_peak.ts";
import { matvecSource } from "./matvec.ts";
import { sizesSource } from "./sizes.ts";
import { tileSource } from "./tile.ts";
export type { ElementType } from "./source.ts";

/** The generator of each file, which gets the file's name. */
const SOURCES: Readonly<Record<string, (name: string) => string>> = {
  sizes: sizesSource,
  gemm_f32_4x12_simd128: (name) => tileSource({ name, type: "f32", rows: 4, columns: 12 }),
  gemm_f32_4x8_simd128: (name) => tileSource({ name, type: "f32", rows: 4, columns: 8 }),
  gemm_f32_8x4_simd128: (name) => tileSource({ name, type: "f32", rows: 8, columns: 4 }),
  gemm_int8_4x12_simd128: (name) => tileSource({ name, type: "int8", rows: 4, columns: 12 }),
  matvec_f32_1x12_simd128: (name) => matvecSource({ name, type: "f32" }),
  matvec_int8_1x12_simd128: (name) => matvecSource({ name, type: "int8" }),
  fma_peak: (name) => fmaPeakSource({ name, sums: 12, steps: 8 }),
};

/** Every generated source, by its path from kernels/. */
export function generateSources(): Map<string, string> {
  return new Map(
    Object.entries(SOURCES).map(([name, write]) => [`build/${name}.ts`, write(name)]),
  );
}
