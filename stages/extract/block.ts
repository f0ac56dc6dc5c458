/**
 * What both engines make of a page: blocks of text in reading order, and how they are told apart.
 *
 * @module
 */

/** What a block is, for Markdown and for what is left out. */
export type BlockKind = "paragraph" | "heading" | "item" | "row" | "code";

/** One run of text that a reader sees as a unit. */
export interface Block {
  /** White space collapsed, but for code; {@linkcode CELL_END} between the cells of a row. */
  readonly text: string;
  readonly kind: BlockKind;
  /** Of a heading 1 to 6, of a list item the depth of its list from 1; else 0. */
  readonly level: number;
  /** Place of an item in its numbered list from 1; 0 where the list has bullets. */
  readonly ordinal: number;
  /** Share of the characters that are inside links, 0..1. */
  readonly linkDensity: number;
}

/** Stands between the cells of a row: the unit separator of ASCII, which no page shows. */
export const CELL_END = "\x1f";

const SPACE_OR_CELL = new RegExp(`[\\s${CELL_END}]+`, "g");
const ONLY_CELLS = new RegExp(`^[\\s${CELL_END}]*$`);

/** A block with more of its characters in links is a list of links, not text. */
const MAX_LINK_DENSITY = 0.5;
/** Shorter blocks say nothing about where the text is. */
const MIN_SCORED_LENGTH = 25;
/** A container must hold this share of the page's score to be taken for the whole text. */
export const MIN_SHARE = 0.5;

/** How much running text a block is: its length, less what is in links; nothing for headings. */
export function scoreOf({ text, linkDensity, kind }: Block): number {
  return kind === "heading" || text.length < MIN_SCORED_LENGTH
    ? 0
    : text.length * (1 - linkDensity);
}

/** Makes a block out of the text of an element; `undefined` where there is nothing to see. */
export function makeBlock(
  text: string,
  { kind, level, ordinal, linkCharacters }: Omit<Block, "text" | "linkDensity"> & {
    /** Characters of `text` in links, white space not counted. */
    linkCharacters: number;
  },
): Block | undefined {
  const clean = kind === "code"
    ? trimLines(text)
    : text.replace(kind === "row" ? /\s+/g : SPACE_OR_CELL, " ").trim();
  if (clean === "" || (kind === "row" && ONLY_CELLS.test(clean))) return undefined;
  const linkDensity = linkCharacters === 0 ? 0 : linkCharacters / visibleLength(text);
  return { text: clean, kind, level, ordinal, linkDensity };
}

/** Characters that are not white space. */
export function visibleLength(text: string): number {
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x20 && (code < 0xa0 || !isWideSpace(code))) length++;
  }
  return length;
}

/** White space beyond ASCII, as `\s` has it. */
function isWideSpace(code: number): boolean {
  return code === 0xa0 || code === 0x1680 || (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000 ||
    code === 0xfeff;
}

/** Without blank lines around and white space at line ends; what stands before code is kept. */
function trimLines(text: string): string {
  const lines = text.split("\n").map((line) => line.trimEnd());
  const first = lines.findIndex((line) => line !== "");
  return lines.slice(Math.max(0, first), lines.findLastIndex((line) => line !== "") + 1).join("\n");
}

/** Drops lists of links, and headings with no text under them. */
export function textBlocks<B extends Block>(blocks: readonly B[]): B[] {
  const kept: B[] = [];
  let headings: B[] = [];
  for (const block of blocks) {
    if (block.kind === "heading") headings.push(block);
    else if (block.linkDensity <= MAX_LINK_DENSITY) {
      kept.push(...headings, block);
      headings = [];
    } else headings = [];
  }
  return kept;
}
