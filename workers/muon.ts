/**
 * Muon: momentum whose singular values are all brought near one (Jordan et al., "Muon: An optimizer
 * for hidden layers in neural networks", 2024). One worker computes a whole matrix, in arithmetic
 * that depends on nothing else, so that any number of workers gives the same bits.
 *
 * @module
 */
import { type Kernels, NR } from "../kernels/mod.ts";
import type { HiddenMatrix, MuonArea } from "./muon_area.ts";

/** A polynomial a x + b x³ + c x⁵ of the singular values. */
type Quintic = readonly [a: number, b: number, c: number];
/** Five rounds of one drive singular values to about one. */
const FIXED = Array<Quintic>(5).fill([3.4445, -4.775, 2.0315]);
/** Best one after the other for singular values from 0.001 to 1 (Amsel et al., arXiv:2505.16932). */
const POLAR_EXPRESS: readonly Quintic[] = [
  [8.28721201814563, -23.595886519098837, 17.300387312530933],
  [4.107059111542203, -2.9478499167379106, 0.5448431082926601],
  [3.9486908534822946, -2.908902115962949, 0.5518191394370137],
  [3.3184196573706015, -2.488488024314874, 0.51004894012372],
  [2.300652019954817, -1.6689039845749493, 0.4188073119525673],
];
/** By so much they expect singular values above the true ones, against rounding. */
const SAFETY = 1.01;
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
  /** Rounds of Polar Express, at most five; 0, the default, for five of the fixed polynomial. */
  readonly polarRounds?: number;
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
  const { learningRate, momentum, polarRounds = 0, weightDecay, clipScale } = rates;
  const size = rows * cols;
  // Nesterov momentum: looks one step ahead.
  kernels.muon_momentum(update, moment, gradient, size, momentum, clipScale);
  orthogonalize(context, { rows, cols, polarRounds });
  const rate = learningRate * UPDATE_RMS * Math.sqrt(Math.max(rows, cols));
  kernels.blend(weights, update, size, 1 - learningRate * weightDecay, -rate);
}

/**
 * Replaces `area.update`, `[rows, cols]` = U S Vᵀ, by about U Vᵀ: X ← X (a I + b G + c G²) with
 * G = Xᵀ X, or its transpose where X is wide, so that G is the smaller of the two.
 */
export function orthogonalize(
  { kernels, f32, area }: MuonContext,
  { rows, cols, polarRounds = 0 }: { rows: number; cols: number; polarRounds?: number },
): void {
  const { update, gram, polynomial, packedA, packedB } = area;
  const wide = rows <= cols;
  const side = wide ? rows : cols;
  const p = f32.subarray(polynomial / 4, polynomial / 4 + side * side);
  const norm = Math.sqrt(kernels.sum_squares(update, rows * cols));
  const quintics = polarRounds > 0 ? POLAR_EXPRESS.slice(0, polarRounds).map(cautious) : FIXED;
  const margin = polarRounds > 0 ? SAFETY : 1;
  kernels.scale(update, update, rows * cols, 1 / margin / (norm + EPSILON));

  for (const [a, b, c] of quintics) {
    if (wide) {
      kernels.pack_a(packedA, update, rows, cols, cols);
      kernels.pack_b_transposed(packedB, update, cols, rows, cols, cols * NR);
    } else {
      kernels.pack_a_transposed(packedA, update, cols, rows, cols);
      kernels.pack_b(packedB, update, rows, cols, cols, rows * NR);
    }
    multiplySymmetric({ kernels, area }, { side, k: wide ? cols : rows });
    // b G + c G² is one product, G (b I + c G).
    kernels.scale(polynomial, gram, side * side, c);
    addToDiagonal(p, { side, value: b });
    kernels.pack_a(packedA, gram, side, side, side);
    kernels.pack_b(packedB, polynomial, side, side, side, side * NR);
    kernels.gemm(polynomial, packedA, packedB, side, side, side, side, 0);
    addToDiagonal(p, { side, value: a });
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

function cautious([a, b, c]: Quintic): Quintic {
  return [a / SAFETY, b / SAFETY ** 3, c / SAFETY ** 5];
}

function addToDiagonal(
  matrix: Float32Array,
  { side, value }: { side: number; value: number },
): void {
  for (let i = 0; i < matrix.length; i += side + 1) matrix[i] = (matrix[i] as number) + value;
}
