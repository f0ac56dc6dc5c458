/**
 * The three products of a linear layer Y = X Wᵀ over weights that are packed once per step.
 *
 * @module
 */
import { type FarCopies, type Kernels, NR, packedBSize } from "../kernels/mod.ts";
import type { MemoryPlan, PackedGroup } from "./memory_plan.ts";
import type { WorkerArea } from "./worker_area.ts";
import type { ParameterGroup } from "./groups.ts";

/** Context of a product besides its operands. */
export interface Products {
  readonly kernels: Kernels;
  readonly plan: MemoryPlan;
  readonly area: WorkerArea;
  readonly far: FarCopies;
}

/** Y[n, out] = X[n, in] · Wᵀ + bias, added to Y when `accumulate`. */
export function linear(
  products: Products,
  { y, x, w, bias, n, accumulate = false }: {
    y: number;
    x: number;
    w: ParameterGroup;
    bias?: ParameterGroup | undefined;
    n: number;
    accumulate?: boolean;
  },
): void {
  const { kernels, plan, area } = products;
  kernels.pack_a(area.packedA, x, n, w.cols, w.cols);
  const { forward: packed, isFar } = packedWeights(plan, w);
  multiply(products, { y, packed, isFar, n, columns: w.rows, k: w.cols, accumulate });
  if (!bias) return;
  const addend = plan.weights + bias.offset * 4;
  for (let i = 0; i < n; i++) kernels.add(y + i * w.rows * 4, addend, w.rows);
}

/** db[out]: the rows of dY[n, out] summed in their order. */
export function biasGradient(
  { kernels }: Products,
  { db, dy, bias, n }: { db: number; dy: number; bias: ParameterGroup; n: number },
): void {
  kernels.zero(db, bias.cols);
  for (let i = 0; i < n; i++) kernels.add(db, dy + i * bias.cols * 4, bias.cols);
}

/** dX[n, in] = dY[n, out] · W. */
export function linearInputGradient(
  products: Products,
  { dx, dy, w, n, stride = w.rows }: {
    dx: number;
    dy: number;
    w: ParameterGroup;
    n: number;
    /** Floats from one row of `dy` to the next. */
    stride?: number;
  },
): void {
  const { kernels, plan, area } = products;
  kernels.pack_a(area.packedA, dy, n, w.rows, stride);
  const { backward: packed, isFar } = packedWeights(plan, w);
  multiply(products, { y: dx, packed, isFar, n, columns: w.cols, k: w.rows, accumulate: false });
}

/**
 * Y[n, columns] = (packed A)[n, k] · B, by parts of B where it lies in the far memory. Columns do not
 * depend on one another, so the bits are the same.
 */
function multiply(
  { kernels, area, far }: Products,
  { y, packed, isFar, n, columns, k, accumulate }: {
    y: number;
    packed: number;
    isFar: boolean;
    n: number;
    columns: number;
    k: number;
    accumulate: boolean;
  },
): void {
  const add = Number(accumulate);
  if (!isFar) return kernels.gemm(y, area.packedA, packed, n, columns, k, columns, add);
  const step = Math.floor(area.panelFloats / k / NR) * NR;
  for (let column = 0; column < columns; column += step) {
    const count = Math.min(step, columns - column);
    far.load(area.panels, packed + column * k * 4, packedBSize(k, count) * 4);
    kernels.gemm(y + column * 4, area.packedA, area.panels, n, count, k, columns, add);
  }
}

/** dW[out, in] = dYᵀ · X, added to dW when `accumulate`. */
export function linearWeightGradient(
  { kernels, area }: Products,
  { dw, dy, x, w, n, stride = w.rows, accumulate = false }: {
    dw: number;
    dy: number;
    x: number;
    w: ParameterGroup;
    n: number;
    /** Floats from one row of `dy` to the next. */
    stride?: number;
    accumulate?: boolean;
  },
): void {
  kernels.pack_a_transposed(area.packedA, dy, w.rows, n, stride);
  kernels.pack_b(area.packedB, x, n, w.cols, w.cols, n * NR);
  kernels.gemm(
    dw,
    area.packedA,
    area.packedB,
    w.rows,
    w.cols,
    n,
    w.cols,
    Number(accumulate),
  );
}

function packedWeights(plan: MemoryPlan, w: ParameterGroup): PackedGroup {
  const packed = plan.packed[w.index];
  if (!packed) throw new TypeError(`Cannot multiply by ${w.name}: the group is not packed`);
  return packed;
}
