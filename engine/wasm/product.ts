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
  const panels = Math.ceil(w.n / NR);
  // One a worker: memory gives a long stream of weights faster than several short ones.
  const pieces = Math.min(panels, plan.workers.length);
  /** The input as it was before `leftOperand`. */
  let rows = 0;
  const run = (each: (x: number, at: Columns) => void) => {
    let x: number | undefined;
    share(words, {
      phase,
      pieces,
      each(piece) {
        x ??= leftOperand(context, { x: rows = input(), n, k: w.k });
        const column = Math.floor(piece * panels / pieces) * NR;
        const end = Math.min(w.n, Math.floor((piece + 1) * panels / pieces) * NR);
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
