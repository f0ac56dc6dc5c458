/**
 * The product of a pass's rows with a weight matrix, as one worker of several does its share of it:
 * pieces of columns, taken from a counter. The left operand each worker makes for itself when it takes
 * its first piece.
 *
 * @module
 */
import { INT8_LIMIT, type Kernels, NR, wordsOf } from "../../kernels/mod.ts";
import { share } from "./control_words.ts";
import type { Plan, WorkerPlan } from "./plan.ts";
import type { Matrix } from "./weights.ts";

/** A worker's view of the engine. */
export interface PassContext {
  readonly plan: Plan;
  readonly area: WorkerPlan;
  readonly kernels: Kernels;
  readonly words: Int32Array;
  /** The whole memory. */
  readonly ints: Int32Array;
}

/** Columns that `matvec` takes at once. */
const UNIT = 3 * NR;
/** Pieces a worker and phase: a worker that is held up leaves the rest to others. */
const PIECES = 3;

/** Some columns of a product. */
interface Columns {
  readonly column: number;
  readonly columns: number;
}

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
  const units = Math.ceil(w.n / UNIT);
  const pieces = Math.min(units, plan.workers.length * PIECES);
  const run = (each: (x: number, at: Columns) => void) => {
    let x: number | undefined;
    share(words, {
      phase,
      pieces,
      each(piece) {
        x ??= leftOperand(context, { x: input(), n, k: w.k });
        const column = Math.floor(piece * units / pieces) * UNIT;
        const end = Math.min(w.n, Math.floor((piece + 1) * units / pieces) * UNIT);
        each(x, { column, columns: end - column });
      },
    });
  };
  const whole = (y: number, accumulate: number) =>
    run((x, at) => {
      const to = { y: y + at.column * 4, ldy: w.n, accumulate };
      multiplyColumns(context, { ...at, ...to, x, n, matrix: w });
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
          (y, matrix, ldy) =>
            multiplyColumns(context, { ...at, y, ldy, accumulate: 0, x, n, matrix }),
          at,
        )
      ),
  };
}

/** Rows `[n, k]` as the kernels want them; a single row of numbers is left where it is. */
function leftOperand(
  { plan, area, kernels }: PassContext,
  { x, n, k }: { x: number; n: number; k: number },
): number {
  if (plan.format === "int8") {
    const { bytes, scales, sums, packed } = area;
    kernels.quantize_rows(bytes, scales, sums, x, n, k, INT8_LIMIT, 0);
    if (n === 1) return bytes;
    kernels.pack_a(packed, bytes, n, wordsOf(k), wordsOf(k));
    return packed;
  }
  if (n === 1) return x;
  kernels.pack_a(area.packed, x, n, k, k);
  return area.packed;
}

interface ColumnsOfProduct extends Columns {
  readonly y: number;
  readonly ldy: number;
  readonly accumulate: number;
  /** From {@linkcode leftOperand}. */
  readonly x: number;
  readonly n: number;
  readonly matrix: Matrix;
}

function multiplyColumns({ plan, area, kernels }: PassContext, product: ColumnsOfProduct): void {
  const { y, ldy, accumulate, x, n, column, columns, matrix: { packed, scales, k } } = product;
  if (plan.format === "int8") {
    const words = wordsOf(k);
    const b = packed + column * words * 4;
    const scalesB = scales + column * 4;
    const { scales: scalesA, sums, sumScratch } = area;
    if (n === 1) {
      kernels.matvec_int8(
        y,
        x,
        scalesA,
        sums,
        b,
        scalesB,
        columns,
        words,
        accumulate,
        sumScratch,
      );
    } else {
      kernels.gemm_int8(
        y,
        x,
        scalesA,
        sums,
        b,
        scalesB,
        n,
        columns,
        words,
        ldy,
        accumulate,
        sumScratch,
      );
    }
    return;
  }
  const b = packed + column * k * 4;
  if (n === 1) kernels.matvec(y, x, b, columns, k, accumulate);
  else kernels.gemm(y, x, b, n, columns, k, ldy, accumulate);
}
