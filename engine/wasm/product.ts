/**
 * The product of a pass's rows with a weight matrix, as one worker of several does its share of it:
 * pieces of columns, taken from a counter. The left operand each worker makes for itself when it takes
 * its first piece.
 *
 * @module
 */
import { NR } from "../../kernels/mod.ts";
import { addAdapters } from "./adapters.ts";
import { type Columns, leftOperand, multiplyColumns } from "./columns.ts";
import type { PassContext } from "./context.ts";
import { share } from "./control_words.ts";
import type { Matrix } from "./weights.ts";

/** Columns that pieces are made of: as many as `matvec` takes at once, or a panel. */
const MATVEC_UNIT = 3 * NR;
const UNIT = NR;
/** Pieces a worker and phase: a worker that is held up leaves the rest to others. */
const PIECES = 3;

/** Writes some columns of a product to `y`, whose rows are `ldy` floats apart. */
export type Product = (y: number, matrix: Matrix, ldy: number) => void;

/** What a product is of. */
export interface ProductOptions {
  readonly phase: number;
  /** Rows. */
  readonly n: number;
  /** Where several matrices share the rows, any of them: all are of one shape. */
  readonly w: Matrix;
  /** Where the rows `[n, k]` lie, made on the first call. */
  readonly input: () => number;
}

/** One product phase, to be done with as one of the results says. */
export function multiply(context: PassContext, { phase, n, w, input }: ProductOptions) {
  const { words, plan } = context;
  const unit = n === 1 ? MATVEC_UNIT : UNIT;
  const units = Math.ceil(w.n / unit);
  const pieces = Math.min(units, plan.workers.length * PIECES);
  /** The input as it was before `leftOperand`. */
  let rows = 0;
  const run = (each: (x: number, at: Columns) => void) => {
    let x: number | undefined;
    share(words, {
      phase,
      pieces,
      each(piece) {
        x ??= leftOperand(context, { x: rows = input(), n, k: w.k });
        const column = Math.floor(piece * units / pieces) * unit;
        const end = Math.min(w.n, Math.floor((piece + 1) * units / pieces) * unit);
        each(x, { column, columns: end - column });
      },
    });
  };
  const whole = (y: number, accumulate: number) =>
    run((x, at) => {
      const to = { y: y + at.column * 4, ldy: w.n, accumulate };
      multiplyColumns(context, { ...at, ...to, x, n, matrix: w });
      addAdapters(context, { ...at, ...to, x: rows, matrix: w });
    });
  return {
    /** Y = X Wᵀ */
    into: (y: number) => whole(y, 0),
    /** Y += X Wᵀ */
    addTo: (y: number) => whole(y, 1),
    /** Whatever is made of some columns. */
    each: (made: (product: Product, at: Columns) => void) =>
      run((x, at) =>
        made(
          (y, matrix, ldy) => {
            multiplyColumns(context, { ...at, y, ldy, accumulate: 0, x, n, matrix });
            addAdapters(context, { ...at, y, ldy, x: rows, matrix });
          },
          at,
        )
      ),
  };
}
