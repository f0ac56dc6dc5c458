/**
 * Some columns of a product, by whichever kernel is quickest for so many rows: one row goes past the
 * weights alone, sixteen at a time through the wide tile where there is one, the others through the
 * narrow. All give a row the same bits.
 *
 * @module
 */
import { INT8_LIMIT, STRIPE, stripesSize, wordsOf } from "../../kernels/mod.ts";
import type { PassContext } from "./context.ts";
import type { WorkerPlan } from "./plan.ts";
import type { Matrix } from "./weights.ts";

/** Fewer rows of a stripe are done sooner without it. */
const LEAST_STRIPED = 8;

/** Some columns of a product. */
export interface Columns {
  readonly column: number;
  readonly columns: number;
}

/** What {@linkcode multiplyColumns} is to do. */
export interface ColumnsOfProduct extends Columns {
  readonly y: number;
  /** Floats from one row of y to the next. */
  readonly ldy: number;
  readonly accumulate: number;
  /** From {@linkcode leftOperand}. */
  readonly x: number;
  readonly n: number;
  readonly matrix: Matrix;
}

/** Rows `[n, k]` as the kernels want them; a single row of numbers is left where it is. */
export function leftOperand(
  { plan, area, kernels }: PassContext,
  { x, n, k }: { x: number; n: number; k: number },
): number {
  let [from, width] = [x, k];
  if (plan.format === "int8") {
    const { bytes, scales, sums } = area;
    kernels.quantize_rows(bytes, scales, sums, x, n, k, INT8_LIMIT, 0);
    [from, width] = [bytes, wordsOf(k)];
  }
  if (n === 1) return from;
  const striped = stripedRows(area, n);
  const rest = area.packed + stripesSize(striped, width) * 4;
  kernels.pack_stripes(area.packed, from, striped, width, width);
  kernels.pack_a(rest, from + striped * width * 4, n - striped, width, width);
  return area.packed;
}

/** Multiplies by some columns of a matrix. */
export function multiplyColumns(context: PassContext, product: ColumnsOfProduct): void {
  if (context.plan.format === "int8") multiplyBytes(context, product);
  else multiplyFloats(context, product);
}

function multiplyFloats({ area, kernels }: PassContext, product: ColumnsOfProduct): void {
  const { y, ldy, accumulate, x, n, column, columns, matrix: { packed, k } } = product;
  const b = packed + column * k * 4;
  if (n === 1) {
    kernels.matvec(y, x, b, columns, k, accumulate);
    return;
  }
  const striped = stripedRows(area, n);
  const rest = x + stripesSize(striped, k) * 4;
  kernels.gemm_stripes(y, x, b, striped, columns, k, ldy, accumulate);
  kernels.gemm(y + striped * ldy * 4, rest, b, n - striped, columns, k, ldy, accumulate);
}

function multiplyBytes({ area, kernels }: PassContext, product: ColumnsOfProduct): void {
  const { y, ldy, accumulate, x, n, column, columns, matrix } = product;
  const { scales, sums, sumScratch } = area;
  const k = wordsOf(matrix.k);
  const b = matrix.packed + column * k * 4;
  const scalesB = matrix.scales + column * 4;
  if (n === 1) {
    kernels.matvec_int8(y, x, scales, sums, b, scalesB, columns, k, accumulate, sumScratch);
    return;
  }
  const striped = stripedRows(area, n);
  kernels.gemm_int8_stripes(
    y,
    x,
    scales,
    sums,
    b,
    scalesB,
    striped,
    columns,
    k,
    ldy,
    accumulate,
  );
  kernels.gemm_int8(
    y + striped * ldy * 4,
    x + stripesSize(striped, k) * 4,
    scales + striped * 4,
    sums + striped * 4,
    b,
    scalesB,
    n - striped,
    columns,
    k,
    ldy,
    accumulate,
    sumScratch,
  );
}

/** How many rows, from the first on, go through the wide tile. */
function stripedRows({ wideTile }: WorkerPlan, n: number): number {
  if (wideTile === 0) return 0;
  const rest = n % STRIPE;
  return rest < LEAST_STRIPED ? n - rest : n;
}
