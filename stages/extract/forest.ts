/**
 * Gradient-boosted decision trees: what a row of numbers scores.
 *
 * @module
 */

/** Trees of one depth, each a complete binary tree laid out by levels (Friedman 2001). */
export interface Forest {
  readonly depth: number;
  /** The score that all rows begin with. */
  readonly bias: number;
  /** Of each inner node the feature it asks for, and the greatest value that goes left. */
  readonly features: Uint8Array;
  readonly thresholds: Float32Array;
  /** What each leaf adds. */
  readonly leaves: Float32Array;
}

/** The score of each row of `width` numbers: the log of the odds that the block is main text. */
export function scoreRows(forest: Forest, rows: Float32Array, width: number): Float32Array {
  const scores = new Float32Array(rows.length / width);
  for (let row = 0; row < scores.length; row++) {
    scores[row] = scoreRow(forest, rows.subarray(row * width, (row + 1) * width));
  }
  return scores;
}

/** The score of one row. */
export function scoreRow(
  { depth, bias, features, thresholds, leaves }: Forest,
  row: Float32Array,
): number {
  const inner = 2 ** depth - 1;
  let score = bias;
  for (let first = 0, firstLeaf = -inner; first < features.length; first += inner) {
    let node = 0;
    for (let level = 0; level < depth; level++) {
      const at = first + node;
      const isRight = (row[features[at] as number] as number) > (thresholds[at] as number);
      node = 2 * node + 1 + Number(isRight);
    }
    score += leaves[firstLeaf + node] as number;
    firstLeaf += inner + 1;
  }
  return score;
}
