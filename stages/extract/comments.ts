/**
 * What readers wrote under a page.
 *
 * @module
 */
import { hasProse, scoreOf } from "./block.ts";
import { endOf } from "./block_text_features.ts";
import type { OpenElement } from "./open_elements.ts";
import type { PlacedBlock } from "./ruled_blocks.ts";
import { knownTags, type Tag } from "./tag.ts";

/** A class, an id or an item property by which pages mark what readers wrote. */
const COMMENT =
  /(?:^|[_-])(?:comments?|commentlist|commentaires?|kommentare?|comentarios?)(?=$|[_-])/i;
/** What is in all of those. */
const MAY_BE_COMMENT = /om?ment/i;
/** One by which they say whether readers may, or how many have. */
const STATE = /^(?:no|has|with)-comment|comments?-(?:open|closed|on|off|enabled|disabled)$/i;
/** What stands around a reader's words: who and when, buttons, and the form for one's own. */
const AROUND =
  /(?:^|[_-])(?:meta|metadata|author|byline|user|avatar|vcard|date|time|timestamp|reply|respond|form|links?|actions?|buttons?|tools|votes?|likes?|permalink|count|nav|pagination|pager|title|header|footer)(?=$|[_-])/i;
/** The last word of a name says what it is. */
const WORDS = /(?:comments?|body|content|text)$/i;
const TAGS_AROUND: ReadonlySet<Tag> = new Set(
  Object.values(knownTags("form", "header", "footer", "nav")),
);
const MAX_LINKS = 0.5;

/** The blocks that are taken without comments, unless those are most of the text, as on a tracker. */
export function withoutComments(taken: readonly PlacedBlock[]): readonly PlacedBlock[] {
  const known = new Map<OpenElement, Part>();
  const others = taken.filter(({ holder }) => partOf(holder, known) === "page");
  return others.length < taken.length && hasProse(others) ? others : taken;
}

/** The blocks that are taken, and those of `blocks` that are comments, in reading order. */
export function withComments(
  blocks: readonly PlacedBlock[],
  taken: readonly PlacedBlock[],
): PlacedBlock[] {
  const isTaken = new Set(taken);
  const known = new Map<OpenElement, Part>();
  return blocks.filter((block) =>
    isTaken.has(block) || (partOf(block.holder, known) === "comment" && isWritten(block))
  );
}

/** What an element is a part of. */
type Part = "page" | "comment" | "around";

/** The innermost element that says so decides. */
function partOf(element: OpenElement, known: Map<OpenElement, Part>): Part {
  const found = known.get(element);
  if (found !== undefined) return found;
  const chain: OpenElement[] = [];
  let at: OpenElement | undefined = element;
  for (; at !== undefined && !known.has(at); at = at.parent) chain.push(at);
  let part: Part = (at && known.get(at)) ?? "page";
  for (const next of chain.reverse()) {
    part = partFrom(part, next);
    known.set(next, part);
  }
  return part;
}

function partFrom(outer: Part, { tag, names, parent }: OpenElement): Part {
  // The root of a page says whether it takes comments.
  if (parent === undefined || parent.parent === undefined || outer === "around") return outer;
  if (outer === "page" && !MAY_BE_COMMENT.test(names)) return outer;
  const words = names.split(/\s+/);
  if (TAGS_AROUND.has(tag) || words.some((name) => AROUND.test(name) && !WORDS.test(name))) {
    return outer === "page" ? "page" : "around";
  }
  return words.some((name) => COMMENT.test(name) && !STATE.test(name)) ? "comment" : outer;
}

/** Whether a block is what somebody wrote. */
function isWritten(block: PlacedBlock): boolean {
  if (block.kind === "heading" || block.linkDensity > MAX_LINKS) return false;
  return block.kind === "code" || endOf(block.text) === 1 || scoreOf(block) > 0;
}
