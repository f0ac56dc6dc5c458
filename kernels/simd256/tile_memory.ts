/**
 * Constants that the 256-bit tile shares with its callers: its size, its modes and the layout of its
 * memory. C comes first.
 *
 * @module
 */
import { NR } from "../sizes.ts";

/** Rows and columns of the tile. */
export const TILE_ROWS = 6;
export const TILE_COLS = 16;
/** Bytes of a tile of sums. */
export const TILE_BYTES = TILE_ROWS * TILE_COLS * 4;
/** Most steps of k in one run. */
export const TILE_STEPS = 128;
/** Bits of its mode: continue sums, keep sums unfinished, add sums to C. */
export const BEGUN = 1;
export const UNFINISHED = 2;
export const ADD = 4;
/** Offset of a word, after a tile of C, that takes what is read only to be in the cache. */
export const UNUSED = TILE_BYTES;
/** Offsets of B, four panels of it, and of the unfinished tiles after them. */
export const B_AT = 512;
export const B_PANEL_BYTES = TILE_STEPS * NR * 4;
export const B_PANELS = 4;
export const UNFINISHED_AT = B_AT + B_PANELS * B_PANEL_BYTES;
/** Bytes of one worker's tile. */
export const SIMD256_BYTES = 2 ** 17;
