/**
 * Which of a page's blocks are its main text, by the elements that they stood in.
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

/** The blocks of the main text: under the author's own mark, else where most of the text stands. */
export function mainBlocks(
  blocks: readonly PlacedBlock[],
  { mains, articles }: { mains: readonly OpenElement[]; articles: readonly OpenElement[] },
): PlacedBlock[] {
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

/** Elements that hold main content, and all around them, are not judged by their looks. */
export function clearNames(content: OpenElement): void {
  for (let at: OpenElement | undefined = content; at !== undefined; at = at.parent) {
    if (at.suspicion === "doubtful") at.suspicion = "none";
  }
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
