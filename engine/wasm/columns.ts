/**
 * Some columns of a product, by whichever kernel is quickest for so many rows: one row goes past the
 * weights alone, sixteen at a time through the 256-bit tile where there is one, the others through the
 * narrow. All give a row the same bits.
 *
 * @module
 */
import { INT8_LIMIT, INTERLEAVED_ROWS, interleavedSize, wordsOf } from "../../kernels/mod.ts";
import type { PassContext } from "./context.ts";
import type { WorkerPlan } from "./plan.ts";
import type { Matrix } from "./weights.ts";

/** Fewer rows of an interleaved panel are done sooner without it. */
const LEAST_INTERLEAVED = 8;

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

/** Rows `[n, k]` as the kernels want them; a single row of f32 is left where it is. */
export function leftOperand(
  { plan, area, kernels }: PassContext,
  { x, n, k }: { x: number; n: number; k: number },
): number {
  let [from, width] = [x, k];
  if (plan.format === "int8") {
    const { quantized, scales, sums } = area;
    kernels.quantize_rows(quantized, scales, sums, x, n, k, INT8_LIMIT, 0);
    [from, width] = [quantized, wordsOf(k)];
  }
  if (n === 1) return from;
  const interleaved = interleavedRows(area, n);
  const rest = area.packed + interleavedSize(interleaved, width) * 4;
  kernels.pack_interleaved(area.packed, from, interleaved, width, width);
  kernels.pack_a(rest, from + interleaved * width * 4, n - interleaved, width, width);
  return area.packed;
}

/** Multiplies by some columns of a matrix and adds its bias. */
export function multiplyColumns(context: PassContext, product: ColumnsOfProduct): void {
  if (context.plan.format === "int8") multiplyInt8(context, product);
  else multiplyF32(context, product);
  const { y, ldy, n, column, columns, matrix: { bias } } = product;
  if (!bias) return;
  for (let row = 0; row < n; row++) {
    context.kernels.add(y + row * ldy * 4, bias.address + column * 4, columns);
  }
}

function multiplyF32({ area, kernels }: PassContext, product: ColumnsOfProduct): void {
  const { y, ldy, accumulate, x, n, column, columns, matrix: { packed, k } } = product;
  const b = packed + column * k * 4;
  if (n === 1) {
    kernels.matvec(y, x, b, columns, k, accumulate);
    return;
  }
  const interleaved = interleavedRows(area, n);
  const rest = x + interleavedSize(interleaved, k) * 4;
  kernels.gemm_interleaved(y, x, b, interleaved, columns, k, ldy, accumulate);
  kernels.gemm(y + interleaved * ldy * 4, rest, b, n - interleaved, columns, k, ldy, accumulate);
}

function multiplyInt8({ area, kernels }: PassContext, product: ColumnsOfProduct): void {
  const { y, ldy, accumulate, x, n, column, columns, matrix } = product;
  const { scales, sums, sumScratch } = area;
  const k = wordsOf(matrix.k);
  const b = matrix.packed + column * k * 4;
  const scalesB = matrix.scales + column * 4;
  if (n === 1) {
    kernels.matvec_int8(y, x, scales, sums, b, scalesB, columns, k, accumulate, sumScratch);
    return;
  }
  const interleaved = interleavedRows(area, n);
  kernels.gemm_int8_interleaved(
    y,
    x,
    scales,
    sums,
    b,
    scalesB,
    interleaved,
    columns,
    k,
    ldy,
    accumulate,
  );
  kernels.gemm_int8(
    y + interleaved * ldy * 4,
    x + interleavedSize(interleaved, k) * 4,
    scales + interleaved * 4,
    sums + interleaved * 4,
    b,
    scalesB,
    n - interleaved,
    columns,
    k,
    ldy,
    accumulate,
    sumScratch,
  );
}

/** How many rows, from the first on, go through the 256-bit tile. */
function interleavedRows({ simd256Tile }: WorkerPlan, n: number): number {
  if (simd256Tile === 0) return 0;
  const rest = n % INTERLEAVED_ROWS;
  return rest < LEAST_INTERLEAVED ? n - rest : n;
}
