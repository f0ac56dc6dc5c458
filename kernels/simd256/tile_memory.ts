/**
 * What the 256-bit tile and the kernels that call it agree on: its size, its modes and where its memory
 * holds what. C comes first.
 *
 * @module
 */

/** Rows and columns of the tile. */
export const TILE_ROWS = 6;
export const TILE_COLS = 16;
/** Bytes of a tile of sums. */
export const TILE_BYTES = TILE_ROWS * TILE_COLS * 4;
/** Most steps of k in one run. */
export const TILE_STEPS = 128;
/** Bits of its mode: sums that go on, that go on later, that are added to C. */
export const BEGUN = 1;
export const UNFINISHED = 2;
export const ADD = 4;
/** Where B begins, and after it unfinished tiles. */
export const B_AT = 512;
export const UNFINISHED_AT = B_AT + TILE_STEPS * TILE_COLS * 4;
/** Bytes that the tile of one worker takes. */
export const SIMD256_BYTES = 2 ** 16;
