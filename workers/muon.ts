/**
 * Muon: momentum whose singular values are all brought near one (Jordan et al., "Muon: An optimizer
 * for hidden layers in neural networks", 2024). One worker computes a whole matrix, in arithmetic
 * that depends on nothing else, so that any number of workers gives the same bits.
 *
 * @module
 */
import { type Kernels, NR } from "../kernels/mod.ts";
import type { HiddenMatrix, MuonArea } from "./muon_area.ts";

/** The quintic a x + b x³ + c x⁵, which drives singular values to about one in five rounds. */
const [A, B, C] = [3.4445, -4.775, 2.0315];
const ROUNDS = 5;
/** Rows of a Gram matrix computed at once, up to their last one's diagonal: a multiple of those of a tile. */
const STRIP = 48;
/** Avoids division by zero for a zero gradient. */
const EPSILON = 1e-7;
/**
 * Root mean square of an update's entries at learning rate 1, about AdamW's (Liu et al.,
 * arXiv:2502.16982): both optimizers then want learning rates of one size.
 */
const UPDATE_RMS = 0.2;

/** Context of the arithmetic besides its matrix. */
export interface MuonContext {
  readonly kernels: Kernels;
  /** The whole shared memory. */
  readonly f32: Float32Array;
  readonly area: MuonArea;
}

/** Settings of one step. */
export interface MuonRates {
  readonly learningRate: number;
  readonly momentum: number;
  /** Decoupled, as AdamW's. */
  readonly weightDecay: number;
  /** Factor on the gradient. */
  readonly clipScale: number;
}

/** One Muon step in place on a matrix's weights and first moment; numbers are byte addresses. */
export function muon(
  context: MuonContext,
  { matrix: { rows, cols }, weights, gradient, moment, rates }: {
    matrix: HiddenMatrix;
    weights: number;
    gradient: number;
    moment: number;
    rates: MuonRates;
  },
): void {
  const { kernels, area: { update } } = context;
  const { learningRate, momentum, weightDecay, clipScale } = rates;
  const size = rows * cols;
  // Nesterov momentum: looks one step ahead.
  kernels.muon_momentum(update, moment, gradient, size, momentum, clipScale);
  orthogonalize(context, { rows, cols });
  const rate = learningRate * UPDATE_RMS * Math.sqrt(Math.max(rows, cols));
  kernels.blend(weights, update, size, 1 - learningRate * weightDecay, -rate);
}

/**
 * Replaces `area.update`, `[rows, cols]` = U S Vᵀ, by about U Vᵀ: X ← X (a I + b G + c G²) with
 * G = Xᵀ X, or its transpose where X is wide, so that G is the smaller of the two.
 */
export function orthogonalize(
  { kernels, f32, area }: MuonContext,
  { rows, cols }: { rows: number; cols: number },
): void {
  const { update, gram, polynomial, packedA, packedB } = area;
  const wide = rows <= cols;
  const side = wide ? rows : cols;
  const p = f32.subarray(polynomial / 4, polynomial / 4 + side * side);
  const norm = Math.sqrt(kernels.sum_squares(update, rows * cols));
  kernels.scale(update, update, rows * cols, 1 / (norm + EPSILON));

  for (let round = 0; round < ROUNDS; round++) {
    if (wide) {
      kernels.pack_a(packedA, update, rows, cols, cols);
      kernels.pack_b_transposed(packedB, update, cols, rows, cols, cols * NR);
    } else {
      kernels.pack_a_transposed(packedA, update, cols, rows, cols);
      kernels.pack_b(packedB, update, rows, cols, cols, rows * NR);
    }
    multiplySymmetric({ kernels, area }, { side, k: wide ? cols : rows });
    // b G + c G² is one product, G (b I + c G).
    kernels.scale(polynomial, gram, side * side, C);
    addToDiagonal(p, { side, value: B });
    kernels.pack_a(packedA, gram, side, side, side);
    kernels.pack_b(packedB, polynomial, side, side, side, side * NR);
    kernels.gemm(polynomial, packedA, packedB, side, side, side, side, 0);
    addToDiagonal(p, { side, value: A });
    if (wide) {
      kernels.pack_a(packedA, polynomial, side, side, side);
      kernels.pack_b(packedB, update, rows, cols, cols, rows * NR);
    } else {
      kernels.pack_a(packedA, update, rows, cols, cols);
      kernels.pack_b(packedB, polynomial, side, side, side, side * NR);
    }
    kernels.gemm(update, packedA, packedB, rows, cols, side, cols, 0);
  }
}

/** The Gram matrix of packed operands, of which one half mirrors the other. */
function multiplySymmetric(
  { kernels, area: { gram, packedA, packedB } }: Pick<MuonContext, "kernels" | "area">,
  { side, k }: { side: number; k: number },
): void {
  for (let row = 0; row < side; row += STRIP) {
    const rows = Math.min(STRIP, side - row);
    const c = gram + row * side * 4;
    kernels.gemm(c, packedA + row * k * 4, packedB, rows, row + rows, k, side, 0);
  }
  kernels.mirror(gram, side);
}

function addToDiagonal(
  matrix: Float32Array,
  { side, value }: { side: number; value: number },
): void {
  for (let i = 0; i < matrix.length; i += side + 1) matrix[i] = (matrix[i] as number) + value;
}
