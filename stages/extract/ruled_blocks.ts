/**
 * Which of a page's blocks are its main text by rules: the elements that they stood in, and their links.
 *
 * @module
 */
import { type Block, scoredRoot, textBlocks } from "./block.ts";
import type { OpenElement } from "./open_elements.ts";
import { pardonedOf } from "./pardon.ts";

/** A block and where it stood. */
export interface PlacedBlock extends Block {
  readonly holder: OpenElement;
  readonly suspect: OpenElement | undefined;
}

/** All blocks of a page, and the elements by which its author marks the main content. */
export interface PageBlocks {
  readonly blocks: readonly PlacedBlock[];
  readonly mains: readonly OpenElement[];
  readonly articles: readonly OpenElement[];
}

/** What the rules take for main text: under the author's own mark, else where most of the text stands. */
export function ruledBlocks({ blocks, mains, articles }: PageBlocks): PlacedBlock[] {
  for (const element of pardonedOf(blocks, doubtfulAround)) element.suspicion = "none";
  const declared = mains.length === 1 ? mains[0] : articles.length === 1 ? articles[0] : undefined;
  const root = declared ?? scoredRoot(
    blocks.filter((block) => !isLeftOut(block, undefined)),
    ({ parent }) => parent,
  );
  const under = root === undefined ? blocks : blocks.slice(root.firstBlock, root.endBlock);
  return textBlocks(under.filter((block) => !isLeftOut(block, root)));
}

/** The elements around a block that only look as if they were no text; none where one surely is. */
function doubtfulAround({ suspect }: PlacedBlock): OpenElement[] | undefined {
  const around: OpenElement[] = [];
  for (let at = suspect; at !== undefined; at = at.parent?.suspect) {
    if (at.suspicion === "surrounding") return undefined;
    if (at.suspicion === "doubtful") around.push(at);
  }
  return around;
}

/** Whether a block is left out of the text under `root`. */
function isLeftOut({ suspect }: PlacedBlock, root: OpenElement | undefined): boolean {
  for (let at = suspect; at !== undefined; at = at.parent?.suspect) {
    if (root !== undefined && at.number < root.number) return false;
    const isRoot = root !== undefined && at.number === root.number;
    if (at.suspicion === "surrounding" || (at.suspicion === "doubtful" && !isRoot)) return true;
  }
  return false;
}
