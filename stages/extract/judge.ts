/**
 * How much each block of a page looks like main text, by a model that was learned from annotated
 * pages: one look at the block, and a second one that knows what the first said of its neighbours.
 *
 * @module
 */
import type { NameWeights } from "./containers.ts";
import { FEATURES, featuresOf, type JudgedPage, type PageFeatures } from "./features.ts";
import { type Forest, orderedOf, scoreAt, scoreRows } from "./forest.ts";
import { NEIGHBOUR_FEATURES, withNeighbours } from "./neighbour_features.ts";

const WIDE = FEATURES + NEIGHBOUR_FEATURES;
/** What scores less at first sight is not looked at twice. */
const HOPELESS = -3;

/** What was learned. */
export interface BlockModel {
  readonly names: NameWeights;
  readonly first: Forest;
  readonly second: Forest;
  /** The score above which a block is main text. */
  readonly threshold: number;
}

/** The log of the odds that each block is main text. */
export function judge({ names, first, second }: BlockModel, page: JudgedPage): Float32Array {
  const features = featuresOf(page, names);
  const scores = scoreRows(first, features.rows, FEATURES);
  const rows = orderedOf(secondLook(page, features, scores));
  return scores.map((score, i) => score < HOPELESS ? score : scoreAt(second, rows, i * WIDE));
}

/** The numbers of the second look. */
export function secondLook(
  { blocks }: JudgedPage,
  { rows, containers }: PageFeatures,
  scores: Float32Array,
): Float32Array {
  const likeness = containers.map((container) => container.likeness);
  return withNeighbours(blocks, { rows, scores, width: FEATURES, likeness });
}
