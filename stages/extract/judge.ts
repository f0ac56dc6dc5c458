/**
 * How much each block of a page looks like main text, by a model that was learned from annotated
 * pages: one look at the block, and a second one that knows what the first said of its neighbours.
 *
 * @module
 */
import type { NameWeights } from "./containers.ts";
import { FEATURES, featuresOf, type JudgedPage, type PageFeatures } from "./features.ts";
import { type Forest, scoreRows } from "./forest.ts";
import { NEIGHBOUR_FEATURES, tellNeighbours } from "./neighbour_features.ts";

const WIDE = FEATURES + NEIGHBOUR_FEATURES;
/** What scores less, or more, at first sight is not looked at twice: on no page did that change its text. */
const HOPELESS = -3;
const SURE = 2.5;
const isInDoubt = (score: number) => score >= HOPELESS && score <= SURE;
/** Rows for pages of as many blocks as most have at most are kept from page to page. */
const KEPT_ROWS = new Float32Array(512 * WIDE);

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
  const size = page.blocks.length;
  const room = size * WIDE;
  const rows = room <= KEPT_ROWS.length ? KEPT_ROWS : new Float32Array(room);
  const { containers, known } = featuresOf(page, names, { rows, width: WIDE });
  const filled = rows.subarray(0, room);
  const scores = scoreRows(first, filled, WIDE);
  const look = { scores, containers, known, isAsked: isInDoubt };
  tellNeighbours(page.blocks, look, { rows, width: WIDE, from: FEATURES });
  const twice = scoreRows(second, filled, WIDE);
  return scores.map((score, i) => isInDoubt(score) ? twice[i] as number : score);
}

/** The rows of the second look: those of the first with more numbers behind them. */
export function secondLook(
  { blocks }: JudgedPage,
  { rows: narrow, containers, known }: PageFeatures,
  scores: Float32Array,
): Float32Array {
  const rows = new Float32Array(blocks.length * WIDE);
  for (let i = 0; i < blocks.length; i++) {
    rows.set(narrow.subarray(i * FEATURES, (i + 1) * FEATURES), i * WIDE);
  }
  const look = { scores, containers, known, isAsked: () => true };
  tellNeighbours(blocks, look, { rows, width: WIDE, from: FEATURES });
  return rows;
}
