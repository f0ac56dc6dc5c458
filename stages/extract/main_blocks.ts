/**
 * Which of a page's blocks are its main text, by the elements that they stood in.
 *
 * @module
 */
import { type Block, MIN_SHARE, scoreOf, textBlocks } from "./block.ts";
import type { OpenElement } from "./open_elements.ts";

/** A block and where it stood. */
export interface PlacedBlock extends Block {
  readonly holder: OpenElement;
  readonly suspect: OpenElement | undefined;
}

/** The blocks of the main text: under the author's own mark, else where most of the text stands. */
export function mainBlocks(
  blocks: readonly PlacedBlock[],
  { mains, articles }: { mains: readonly OpenElement[]; articles: readonly OpenElement[] },
): PlacedBlock[] {
  const declared = mains.length === 1 ? mains[0] : articles.length === 1 ? articles[0] : undefined;
  const root = declared ?? scoredRoot(blocks.filter((block) => !isLeftOut(block, undefined)));
  const under = root === undefined ? blocks : blocks.slice(root.firstBlock, root.endBlock);
  return textBlocks(under.filter((block) => !isLeftOut(block, root)));
}

/** Elements that hold main content, and all around them, are not judged by their names. */
export function clearNames(content: OpenElement): void {
  for (let at: OpenElement | undefined = content; at !== undefined; at = at.parent) {
    if (at.suspicion === "named") at.suspicion = "none";
  }
}

/** Whether a block is left out of the text under `root`. */
function isLeftOut({ suspect }: PlacedBlock, root: OpenElement | undefined): boolean {
  for (let at = suspect; at !== undefined; at = at.parent?.suspect) {
    if (root !== undefined && at.number < root.number) return false;
    const isRoot = root !== undefined && at.number === root.number;
    if (at.suspicion === "surrounding" || (at.suspicion === "named" && !isRoot)) return true;
  }
  return false;
}

/**
 * The element that most of the running text stands in: each block counts for its holder's parent in
 * full and for the grandparent by half, as in Arc90's Readability (2009).
 */
function scoredRoot(blocks: readonly PlacedBlock[]): OpenElement | undefined {
  const scores = new Map<OpenElement, number>();
  let total = 0;
  for (const block of blocks) {
    const score = scoreOf(block);
    if (score === 0) continue;
    total += score;
    const parent = block.holder.parent;
    const grandparent = parent?.parent;
    if (parent) scores.set(parent, (scores.get(parent) ?? 0) + score);
    if (grandparent) scores.set(grandparent, (scores.get(grandparent) ?? 0) + score / 2);
  }
  let best: OpenElement | undefined;
  let bestScore = total * MIN_SHARE;
  for (const [element, score] of scores) {
    if (score > bestScore) [best, bestScore] = [element, score];
  }
  return best;
}
