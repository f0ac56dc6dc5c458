/** Muon once more in f64, from the paper's formulas, on rows of numbers; and singular values. */

/** Rows of a matrix. */
export type Matrix = readonly (readonly number[])[];

function product(a: Matrix, b: Matrix): number[][] {
  const columns = transposed(b);
  return a.map((row) => columns.map((column) => dot(row, column)));
}

function transposed(a: Matrix): number[][] {
  return (a[0] ?? []).map((_, j) => a.map((row) => row[j] as number));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

/** `sum of factor · matrix`. */
function combine(...terms: [factor: number, matrix: Matrix][]): number[][] {
  const [, first] = terms[0] as [number, Matrix];
  return first.map((row, i) =>
    row.map((_, j) => terms.reduce((sum, [factor, m]) => sum + factor * (m[i]?.[j] as number), 0))
  );
}

/** Newton-Schulz: five rounds of X ← a X + (b A + c A²) X with A = X Xᵀ, on the wide side. */
function orthogonalized(g: Matrix): number[][] {
  if (g.length > (g[0]?.length ?? 0)) return transposed(orthogonalized(transposed(g)));
  const norm = Math.sqrt(g.flat().reduce((sum, value) => sum + value * value, 0));
  let x = combine([1 / norm, g]);
  for (let round = 0; round < 5; round++) {
    const a = product(x, transposed(x));
    const b = combine([-4.775, a], [2.0315, product(a, a)]);
    x = combine([3.4445, x], [1, product(b, x)]);
  }
  return x;
}

/** One step in place: momentum, Nesterov, orthogonalization, decay and update at an RMS of 0.2. */
export function muonStep(
  state: { weights: number[][]; moment: number[][] },
  { gradient, learningRate, momentum, weightDecay }: {
    gradient: Matrix;
    learningRate: number;
    momentum: number;
    weightDecay: number;
  },
): void {
  state.moment = combine([momentum, state.moment], [1 - momentum, gradient]);
  const ahead = combine([momentum, state.moment], [1 - momentum, gradient]);
  const longest = Math.max(gradient.length, gradient[0]?.length ?? 0);
  state.weights = combine(
    [1 - learningRate * weightDecay, state.weights],
    [-learningRate * 0.2 * Math.sqrt(longest), orthogonalized(ahead)],
  );
}

/** By one-sided Jacobi rotations of the rows (Hestenes, 1958), largest first. */
export function singularValues(matrix: Matrix): number[] {
  const rows = (matrix.length <= (matrix[0]?.length ?? 0) ? matrix : transposed(matrix)).map(
    (row) => [...row],
  );
  for (let sweep = 0; sweep < 30; sweep++) {
    for (const [i, p] of rows.entries()) {
      for (const q of rows.slice(i + 1)) {
        const [alpha, beta, gamma] = [dot(p, p), dot(q, q), dot(p, q)];
        if (gamma === 0) continue;
        const zeta = (beta - alpha) / (2 * gamma);
        const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cosine = 1 / Math.sqrt(1 + tangent * tangent);
        const sine = cosine * tangent;
        for (let k = 0; k < p.length; k++) {
          const [a, b] = [p[k] as number, q[k] as number];
          p[k] = cosine * a - sine * b;
          q[k] = sine * a + cosine * b;
        }
      }
    }
  }
  return rows.map((row) => Math.sqrt(dot(row, row))).sort((a, b) => b - a);
}
