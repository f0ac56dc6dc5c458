/**
 * The 256-bit tile with half a panel of packed weights as its rows.
 *
 * @module
 */
import { NR } from "../sizes.ts";
import type { ElementType } from "../templates/mod.ts";
import type { WasmFunction } from "./encode.ts";
import { Sums } from "./sums.ts";
import { B_AT, TILE_STEPS } from "./tile_memory.ts";

/** Bytes of one k in a panel. */
const STEP = NR * 4;

/**
 * `(steps, a, mode, kept)`: C += A · B over 1 to 128 steps of k, A's rows being six columns of a
 * panel `[k][12]`, of f32 or of words of four int8. C starts from zero, or with mode 1 from the
 * 384 bytes at `kept`, and goes there.
 */
export function panelTile(base: number, type: ElementType): WasmFunction {
  const [STEPS_LEFT, A, MODE, KEPT] = [0, 1, 2, 3];
  const sums = new Sums(4, (body, at) => {
    body.constant(base);
    return at;
  });
  sums.begin(MODE, KEPT);
  sums.multiply(STEPS_LEFT, TILE_STEPS, {
    // An address without an offset shares the limit that it is checked against with the others.
    first: (k) => sums.body.get(A).constant(k * STEP).add().load(0),
    last: (k) => sums.body.get(A).constant(k * STEP + 16).add().load(0),
    b: (k, column) => B_AT + (k * 4 + column) * 16,
    type,
  });
  sums.spill();
  sums.keep(KEPT);
  return { parameters: 4, body: sums.body };
}
