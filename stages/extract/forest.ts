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
  const ordered = order(rows.slice(), 0, rows.length);
  for (let row = 0; row < scores.length; row++) scores[row] = scoreAt(forest, ordered, row * width);
  return scores;
}

/** Numbers as integers in the same order, so that a tree is walked without a branch to foretell. */
export type Ordered = Int32Array & { readonly isOrdered: true };

/**
 * Puts the bits of floats in the place of some of them, those of negative ones turned round, rounded up
 * to 31 bits so that no difference overflows. What is not a number comes first: it goes left.
 */
export function order(values: Float32Array, start: number, end: number): Ordered {
  const bits = orderedView(values);
  for (let i = start; i < end; i++) {
    const b = bits[i] as number;
    const isNumber = (b & 0x7fffffff) <= 0x7f800000;
    const turned = b >= 0 ? b : -(b & 0x7fffffff);
    bits[i] = isNumber ? (turned + 1) >> 1 : -0x40000000;
  }
  return bits;
}

let viewed = new Float32Array();
let view = new Int32Array() as Ordered;

/** The same memory; the view that was asked for last is known. */
function orderedView(values: Float32Array): Ordered {
  if (values !== viewed) {
    viewed = values as typeof viewed;
    view = new Int32Array(values.buffer, values.byteOffset, values.length) as Ordered;
  }
  return view;
}

/** Of each inner node the threshold, and the feature in its lowest bits. */
const nodes = new WeakMap<Forest, Int32Array>();

const FEATURE_BITS = 0xff;

/** The lower half of a threshold's bits is 0: there is room, and what is greater is so after rounding up. */
function nodesOf(forest: Forest): Int32Array {
  const known = nodes.get(forest);
  if (known !== undefined) return known;
  const { features, thresholds } = forest;
  const ordered = order(thresholds.slice(), 0, thresholds.length);
  const made = ordered.map((threshold, at) => threshold | (features[at] as number));
  nodes.set(forest, made);
  return made;
}

/** The score of the row that begins at `start`. */
export function scoreAt(forest: Forest, rows: Ordered, start: number): number {
  const { depth, bias, leaves } = forest;
  const asked = nodesOf(forest);
  if (depth === 4) return scoreOfFour({ asked, leaves, bias }, rows, start);
  const inner = 2 ** depth - 1;
  let score = bias;
  for (let first = 0, firstLeaf = -inner; first < asked.length; first += inner) {
    let node = 0;
    for (let level = 0; level < depth; level++) {
      node = 2 * node + 1 + isGreater(asked[first + node] as number, rows, start);
    }
    score += leaves[firstLeaf + node] as number;
    firstLeaf += inner + 1;
  }
  return score;
}

/** 1 where the value that a node asks for is greater than its threshold: the sign of a difference. */
const isGreater = (node: number, rows: Ordered, start: number): number =>
  ((node & ~FEATURE_BITS) - (rows[start + (node & FEATURE_BITS)] as number)) >>> 31;

/** The same for trees of depth 4, as those of the model are, with its loop unrolled: four times as fast. */
function scoreOfFour(
  { asked, leaves, bias }: { asked: Int32Array; leaves: Float32Array; bias: number },
  rows: Ordered,
  start: number,
): number {
  let score = bias;
  for (let tree = 0, firstLeaf = 0; tree < asked.length; tree += 15, firstLeaf += 16) {
    // The digits of the leaf's number.
    let leaf = isGreater(asked[tree] as number, rows, start);
    leaf = 2 * leaf + isGreater(asked[tree + 1 + leaf] as number, rows, start);
    leaf = 2 * leaf + isGreater(asked[tree + 3 + leaf] as number, rows, start);
    leaf = 2 * leaf + isGreater(asked[tree + 7 + leaf] as number, rows, start);
    score += leaves[firstLeaf + leaf] as number;
  }
  return score;
}
