/**
 * A register tile of 6 rows by 16 columns that V8 turns into 256-bit instructions where its flag
 * `--experimental-wasm-revectorize` is set and the machine has AVX2: twice the arithmetic of 128-bit
 * vectors, to the same bits, since each sum runs over k as before.
 *
 * V8 joins two operations on 128-bit neighbours when nothing that may trap lies between their loads
 * and between their stores. Deno's V8 checks the bounds of each access, which may trap, unless the
 * address is a constant inside the memory's least size. So B and C of the tile lie at constant
 * addresses, the k loop is unrolled, and each worker has a module for its own addresses. The
 * memory there has C of the tile, 128 steps of k of its 16 columns of B, and unfinished tiles.
 *
 * @module
 */
import { encodeModule, type WasmFunction } from "./encode.ts";
import { panelTile } from "./panel_tile.ts";
import { Sums } from "./sums.ts";
import { ADD, SIMD256_BYTES, TILE_STEPS, UNFINISHED } from "./tile_memory.ts";

/** Placeholder for the tile where it is unused; it must never be called. */
export const NO_TILE: WebAssembly.ModuleImports = {
  gemm_f32_6x16_simd256: refuse,
  panel_f32_6x16_simd256: refuse,
  panel_int8_6x16_simd256: refuse,
};

function refuse(): never {
  throw new TypeError("Cannot multiply: this instance has no 256-bit tile");
}

/** The tiles at `base` of `memory`; they own {@linkcode SIMD256_BYTES} bytes from `base` on. */
export function instantiateTile(
  memory: WebAssembly.Memory,
  base: number,
): WebAssembly.ModuleImports {
  const module = new WebAssembly.Module(simd256Module(base));
  return new WebAssembly.Instance(module, { env: { memory } }).exports as WebAssembly.ModuleImports;
}

/**
 * The module of the tiles whose C, B and unfinished tiles lie at `base`, {@linkcode SIMD256_BYTES}. It
 * exports `gemm_f32_6x16_simd256(steps, a4, a2, mode, kept, c4, c2, ldc)`: C += A · B over 1 to 128
 * steps of k. A's first four rows, `[k][4]`, are at `a4`; its last two at `a2`, also 16 bytes per step.
 * C starts from zero, or with mode 1 from the 384 bytes at `kept`; it goes, with mode 2, to `kept`, or
 * else its first four rows to `c4`, its last two to `c2`, rows `ldc` bytes apart: with mode 4 they are
 * added. Steps are 1 to 3 or a multiple of 4. For the two others see {@linkcode panelTile}.
 */
export function simd256Module(base: number): Uint8Array<ArrayBuffer> {
  // V8 pairs only accesses with an index in their address.
  if (base <= 0 || base % 64 !== 0) {
    throw new RangeError(`Cannot place the 256-bit tile at ${base}: it needs a multiple of 64`);
  }
  return encodeModule(base + SIMD256_BYTES, [
    { ...tile(base), name: "gemm_f32_6x16_simd256" },
    { ...panelTile(base, "f32"), name: "panel_f32_6x16_simd256" },
    { ...panelTile(base, "int8"), name: "panel_int8_6x16_simd256" },
  ]);
}

/**
 * The tile, for at most `steps` steps. Without `pairs` the same at addresses that V8 does not pair,
 * for comparison: constants without an offset lose their index.
 */
export function tile(
  base: number,
  { steps = TILE_STEPS, pairs = true }: { steps?: number; pairs?: boolean } = {},
): WasmFunction {
  const [STEPS_LEFT, A4, A2, MODE, KEPT, C4, C2, LDC] = [0, 1, 2, 3, 4, 5, 6, 7];
  const sums = new Sums(8, (body, at) => {
    body.constant(pairs ? base : base + at);
    return pairs ? at : 0;
  });
  const { body } = sums;
  sums.begin(MODE, KEPT);
  sums.multiply(STEPS_LEFT, steps, {
    first: (k) => body.get(A4).load(k * 16),
    last: (k) => body.get(A2).load(k * 16),
    type: "f32",
  });
  sums.spill();
  body.ifAny(MODE, UNFINISHED);
  sums.keep(KEPT);
  body.otherwise().ifAny(MODE, ADD);
  sums.storeRows(C4, C2, LDC, { add: true });
  body.otherwise();
  sums.storeRows(C4, C2, LDC, { add: false });
  body.end().end();
  return { parameters: 8, body };
}
