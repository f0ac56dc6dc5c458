/**
 * The three products of a linear layer Y = X Wᵀ over weights that are packed after each change, or
 * in parts for each product where they are stored small.
 *
 * @module
 */
import { type FarCopies, type Kernels, NR, packedBSize } from "../kernels/mod.ts";
import { packSmall } from "./frozen.ts";
import type { MemoryPlan } from "./memory_plan.ts";
import type { WorkerArea } from "./worker_area.ts";
import type { PackedGroup, ParameterGroup } from "./groups.ts";

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
  { y, x, w, packed, bias, n, stride = w.rows, accumulate = false }: {
    y: number;
    x: number;
    w: ParameterGroup;
    /** By default those of the plan. */
    packed?: PackedGroup | undefined;
    bias?: ParameterGroup | undefined;
    n: number;
    /** Floats from one row of `y` to the next. */
    stride?: number;
    accumulate?: boolean;
  },
): void {
  const { kernels, plan, area } = products;
  kernels.pack_a(area.packedA, x, n, w.cols, w.cols);
  multiply(products, { y, w, packed, order: "forward", n, stride, accumulate });
  if (!bias) return;
  const addend = plan.baseWeights[bias.index] as number;
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
  { dx, dy, w, packed, n, stride = w.rows, accumulate = false }: {
    dx: number;
    dy: number;
    w: ParameterGroup;
    /** By default those of the plan. */
    packed?: PackedGroup | undefined;
    n: number;
    /** Floats from one row of `dy` to the next. */
    stride?: number;
    accumulate?: boolean;
  },
): void {
  const { kernels, area } = products;
  kernels.pack_a(area.packedA, dy, n, w.rows, stride);
  multiply(products, { y: dx, w, packed, order: "backward", n, stride: w.cols, accumulate });
}

/**
 * Y[n, columns] = (packed A)[n, k] · B, of Wᵀ or W: by parts where that lies in the far memory or is
 * stored small. Columns do not depend on one another, so the bits are the same.
 */
function multiply(
  products: Products,
  { y, w, packed = products.plan.packed[w.index], order, n, stride, accumulate }: {
    y: number;
    w: ParameterGroup;
    packed: PackedGroup | undefined;
    order: "forward" | "backward";
    n: number;
    stride: number;
    accumulate: boolean;
  },
): void {
  const { kernels, plan, area, far } = products;
  const [columns, k] = order === "forward" ? [w.rows, w.cols] : [w.cols, w.rows];
  const add = Number(accumulate);
  const small = plan.small[w.index];
  if (packed && !packed.isFar) {
    return kernels.gemm(y, area.packedA, packed[order], n, columns, k, stride, add);
  }
  const step = Math.floor(area.panelFloats / k / NR) * NR;
  for (let column = 0; column < columns; column += step) {
    const count = Math.min(step, columns - column);
    if (small) packSmall(products, { small, w, order, column, count });
    else if (packed) {
      far.load(area.panels, packed[order] + column * k * 4, packedBSize(k, count) * 4);
    } else throw new TypeError(`Cannot multiply by ${w.name}: the group is not packed`);
    kernels.gemm(y + column * 4, area.packedA, area.panels, n, count, k, stride, add);
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
