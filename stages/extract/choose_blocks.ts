/**
 * Which blocks are taken, given how much each looks like main text.
 *
 * @module
 */
import { countText, endOf } from "./block_text_features.ts";
import type { OpenElement } from "./open_elements.ts";
import type { PlacedBlock } from "./ruled_blocks.ts";
import { knownTags, type Tag } from "./tag.ts";

/** What belongs between blocks of the text is text even where it is this much less likely. */
const LENIENCE_INSIDE = 2;
const MAX_LINKS_INSIDE = 0.3;
/** Items of lists of definitions. */
const DEFINITIONS: ReadonlySet<Tag> = new Set(Object.values(knownTags("dt", "dd")));

/** The blocks that score more than `least`, and what belongs between them. */
export function chooseBlocks(
  blocks: readonly PlacedBlock[],
  scores: Float32Array,
  least: number,
): PlacedBlock[] {
  const taken: PlacedBlock[] = [];
  /** Blocks since the last that scores more. */
  let between: { block: PlacedBlock; score: number }[] = [];
  let before: PlacedBlock | undefined;
  for (const [i, block] of blocks.entries()) {
    const score = scores[i] as number;
    if (score <= least) {
      if (before !== undefined) between.push({ block, score });
      continue;
    }
    const last = between.at(-1)?.block;
    for (const { block: other, score: lower } of between) {
      const isHeading = other === last && (other.kind === "heading" || isNamedTitle(other));
      const belongs = isHeading || isInside(other, { before, after: block });
      if (belongs && lower > least - LENIENCE_INSIDE) taken.push(other);
    }
    taken.push(block);
    between = [];
    before = block;
  }
  for (const { block, score } of between) {
    if (block.linkDensity > MAX_LINKS_INSIDE || !isListBeside(block, before)) break;
    if (score > least - LENIENCE_INSIDE) taken.push(block);
  }
  return taken;
}

/** Whether a block is code, an item, or a sentence beside both its neighbours: few links, and no heading. */
function isInside(
  block: PlacedBlock,
  { before, after }: { before: PlacedBlock | undefined; after: PlacedBlock },
): boolean {
  const { kind, linkDensity, holder } = block;
  if (linkDensity > MAX_LINKS_INSIDE || kind === "heading") return false;
  if (kind !== "code" && isNumber(block)) return false;
  if (kind === "code" || holder.listDepth > 0 || DEFINITIONS.has(holder.tag)) return true;
  const { parent } = holder;
  return endOf(block.text) === 1 && parent === before?.holder.parent &&
    parent === after.holder.parent;
}

/** A class or id that has the word. */
const TITLE = /(?:^|[\s_-])title(?:$|[\s_-])/i;

/** Whether a block stands in an element called a title, as DocBook's are. */
function isNamedTitle({ holder, linkDensity }: PlacedBlock): boolean {
  return linkDensity <= MAX_LINKS_INSIDE && TITLE.test(holder.names);
}

/** Whether a block is a date, a time or a count. */
function isNumber({ text }: PlacedBlock): boolean {
  const { letters, digits } = countText(text);
  return digits > letters;
}

/** Whether a block stands in the same list as one before it, or in a list beside that one. */
function isListBeside({ holder }: PlacedBlock, before: PlacedBlock | undefined): boolean {
  const beside = before?.holder.parent;
  let at: OpenElement | undefined = holder;
  while (at !== undefined && at.listDepth > 0) {
    at = at.parent;
    if (at !== undefined && at === beside) return true;
  }
  return false;
}
