/**
 * Gradient-boosted decision trees: what a row of numbers scores.
 *
 * @module
 */
import { readyTrees, ROWS_AT_ONCE, type ScoreRows } from "./forest_code.ts";

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

/** Those of depth 4 that are ready. */
const ready = new WeakMap<Forest, ScoreRows>();

/** The score of each row of `width` numbers: the log of the odds that the block is main text. */
export function scoreRows(forest: Forest, rows: Float32Array, width: number): Float32Array {
  const scores = new Float32Array(rows.length / width);
  if (forest.depth !== 4) {
    for (let row = 0; row < scores.length; row++) scores[row] = walk(forest, rows, row * width);
    return scores;
  }
  let scoreSome = ready.get(forest);
  if (scoreSome === undefined) ready.set(forest, scoreSome = readyTrees(forest));
  for (let row = 0; row < scores.length; row += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, scores.length - row);
    const sums = scoreSome(rows.subarray(row * width, (row + count) * width), width);
    for (let i = 0; i < count; i++) scores[row + i] = sums[i] as number;
  }
  return scores;
}

/** The score of the row that begins at `start`, by trees of any depth. */
function walk(
  { depth, bias, features, thresholds, leaves }: Forest,
  rows: Float32Array,
  start: number,
): number {
  const inner = 2 ** depth - 1;
  let score = bias;
  for (let first = 0, firstLeaf = -inner; first < features.length; first += inner) {
    let node = 0;
    for (let level = 0; level < depth; level++) {
      const value = rows[start + (features[first + node] as number)] as number;
      node = 2 * node + (value > (thresholds[first + node] as number) ? 2 : 1);
    }
    score += leaves[firstLeaf + node] as number;
    firstLeaf += inner + 1;
  }
  return score;
}
