/**
 * The 256-bit tile with half a panel of packed weights as its rows.
 *
 * @module
 */
import { NR } from "../sizes.ts";
import type { ElementType } from "../templates/mod.ts";
import type { WasmFunction } from "./encode.ts";
import { Sums } from "./sums.ts";
import { B_AT, TILE_STEPS, UNUSED } from "./tile_memory.ts";

/** Bytes of one k in a panel, and of half of it. */
const STEP = NR * 4;
const HALF = STEP / 2;
const LINE = 64;

/**
 * `(steps, a, mode, kept, next)`: C += A · B over 1 to 128 steps of k, A's rows being six columns of a
 * panel `[k][12]`, of f32 or of words of four int8. C starts from zero, or with mode 1 from the
 * 384 bytes at `kept`, and goes there. Meanwhile the tile reads a word of each cache line
 * of the {@linkcode HALF} bytes per step at `next`, which prefetches them.
 */
export function panelTile(base: number, type: ElementType): WasmFunction {
  const [STEPS_LEFT, A, MODE, KEPT, NEXT] = [0, 1, 2, 3, 4];
  const sums = new Sums(5, (body, at) => {
    body.constant(base);
    return at;
  }, 1);
  const { body, integer } = sums;
  sums.begin(MODE, KEPT);
  sums.multiply(
    STEPS_LEFT,
    TILE_STEPS,
    {
      first: (k) => body.get(A).load(k * STEP),
      last: (k) => body.get(A).load(k * STEP + 16),
      b: (k, column) => B_AT + (k * 4 + column) * 16,
      type,
    },
    (k) => {
      const at = Math.floor(k * HALF / LINE) * LINE;
      if (at === Math.floor((k - 1) * HALF / LINE) * LINE) return;
      body.get(integer).get(NEXT).loadInteger(at).add().set(integer);
    },
  );
  body.constant(base).get(integer).storeInteger(UNUSED);
  sums.spill();
  sums.keep(KEPT);
  return { parameters: 5, body };
}
