/**
 * A register tile of 6 rows by 16 columns that V8 turns into 256-bit instructions where its flag
 * `--experimental-wasm-revectorize` is set and the machine has AVX2: twice the arithmetic of 128-bit
 * vectors, to the same bits, since each sum runs over k as before.
 *
 * V8 joins two operations on 128-bit neighbours when nothing that may trap lies between their loads
 * and between their stores. Deno's V8 checks the bounds of each access, which may trap, unless the
 * address is a constant inside the memory's least size. So B and C of the tile lie at constant
 * addresses, the k loop is unrolled, and each worker has a module for its own addresses. The
 * memory there has C of the tile, 128 steps of k of four panels of B, three times 16 columns, and
 * unfinished tiles. Code that is too long for the cache of decoded instructions halves the speed.
 *
 * @module
 */
import { encodeModule, type WasmFunction } from "./encode.ts";
import { panelTile } from "./panel_tile.ts";
import { Sums } from "./sums.ts";
import { NR } from "../sizes.ts";
import {
  ADD,
  B_AT,
  B_PANEL_BYTES,
  SIMD256_BYTES,
  TILE_COLS,
  TILE_STEPS,
  UNFINISHED,
} from "./tile_memory.ts";

/** Vectors in a panel's row. */
const VECTORS = NR / 4;

/** Placeholder for the tile where it is unused; it must never be called. */
export const NO_TILE: WebAssembly.ModuleImports = {
  gemm_f32_6x16_simd256_at0: refuse,
  gemm_f32_6x16_simd256_at1: refuse,
  gemm_f32_6x16_simd256_at2: refuse,
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
 * exports `gemm_f32_6x16_simd256_atN(steps, a4, a2, mode, kept, c4, c2, ldc)`: C += A · B over 1 to 128
 * steps of k, B being group N of 16 columns in the four panels. A's first four rows, `[k][4]`, are at `a4`; its last two at `a2`, also 16 bytes per step.
 * C starts from zero, or with mode 1 from the 384 bytes at `kept`; it goes, with mode 2, to `kept`, or
 * else its first four rows to `c4`, its last two to `c2`, rows `ldc` bytes apart: with mode 4 they are
 * added. Steps are 1 to 3, a multiple of 4, or 125 to 127. For the two others see {@linkcode panelTile}.
 */
function simd256Module(base: number): Uint8Array<ArrayBuffer> {
  // V8 pairs only accesses with an index in their address.
  if (base <= 0 || base % 64 !== 0) {
    throw new RangeError(`Cannot place the 256-bit tile at ${base}: it needs a multiple of 64`);
  }
  return encodeModule(base + SIMD256_BYTES, [
    ...[0, 1, 2].map((group) => ({
      ...tile(base, { group }),
      name: `gemm_f32_6x16_simd256_at${group}`,
    })),
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
  { group = 0, steps = TILE_STEPS, pairs = true }: {
    group?: number;
    steps?: number;
    pairs?: boolean;
  } = {},
): WasmFunction {
  const [STEPS_LEFT, A4, A2, MODE, KEPT, C4, C2, LDC] = [0, 1, 2, 3, 4, 5, 6, 7];
  const sums = new Sums(8, (body, at) => {
    body.constant(pairs ? base : base + at);
    return pairs ? at : 0;
  });
  const { body } = sums;
  sums.begin(MODE, KEPT);
  sums.multiply(STEPS_LEFT, steps, {
    // An address without an offset shares the limit that it is checked against with the others.
    first: (k) => body.get(A4).constant(k * 16).add().load(0),
    last: (k) => body.get(A2).constant(k * 16).add().load(0),
    b: (k, column) => placeOf(k, group * TILE_COLS / 4 + column),
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

/** Offset of step k of a vector in panels side by side. */
function placeOf(k: number, vector: number): number {
  const panel = Math.floor(vector / VECTORS);
  return B_AT + panel * B_PANEL_BYTES + (k * VECTORS + vector % VECTORS) * 16;
}
