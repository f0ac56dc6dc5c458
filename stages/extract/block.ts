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

/** Stands where a page breaks a line: the record separator of ASCII. */
export const LINE_BREAK = "\x1e";

/** White space that is more or other than one blank; blanks alone, as most are, cost nothing. */
const UNEVEN_SPACE = /(?:[^\S ]| \s)\s*/g;
const UNEVEN_SPACE_OR_CELL = new RegExp(
  `(?:[${CELL_END}\\t-\\r\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]| [\\s${CELL_END}])[\\s${CELL_END}]*`,
  "g",
);
const ONLY_CELLS = new RegExp(`^[\\s${CELL_END}]*$`);

/** Running text of a block that is prose, and of a page that has some. */
const MIN_SENTENCE = 60;
const MIN_PROSE = 140;

/** As HTML normalizes them. */
const LINE_END = /\r\n?/g;

/** A block with more of its characters in links is a list of links, not text. */
const MAX_LINK_DENSITY = 0.5;
/** Shorter blocks say nothing about where the text is. */
const MIN_SCORED_LENGTH = 25;
/** A container must hold this share of the page's score to be taken for the whole text. */
const MIN_SHARE = 0.5;

/** How much running text a block is: its length, less what is in links; nothing for headings. */
export function scoreOf({ text, linkDensity, kind }: Block): number {
  return kind === "heading" || text.length < MIN_SCORED_LENGTH
    ? 0
    : text.length * (1 - linkDensity);
}

/**
 * The container that most of the page's running text stands in: each block counts for its holder's
 * parent in full and for the grandparent by half, as in Arc90's Readability (2009).
 */
export function scoredRoot<E>(
  blocks: readonly (Block & { readonly holder: E })[],
  parentOf: (element: E) => E | null | undefined,
): E | undefined {
  const scores = new Map<E, number>();
  let total = 0;
  for (const block of blocks) {
    const score = scoreOf(block);
    if (score === 0) continue;
    total += score;
    const parent = parentOf(block.holder);
    const grandparent = parent && parentOf(parent);
    if (parent) scores.set(parent, (scores.get(parent) ?? 0) + score);
    if (grandparent) scores.set(grandparent, (scores.get(grandparent) ?? 0) + score / 2);
  }
  let best: E | undefined;
  let bestScore = total * MIN_SHARE;
  for (const [element, score] of scores) {
    if (score > bestScore) [best, bestScore] = [element, score];
  }
  return best;
}

/** The text of a block as {@linkcode Block.text} has it; empty where there is nothing to see. */
export function cleanText(text: string, kind: BlockKind): string {
  if (kind === "code") {
    return trimLines(text.replaceAll(CELL_END, " ").replaceAll(LINE_BREAK, "\n"));
  }
  if (kind === "row") {
    const row = text.replaceAll(LINE_BREAK, " ").replace(UNEVEN_SPACE, " ").trim();
    return ONLY_CELLS.test(row) ? "" : row;
  }
  // Most space that is uneven stands around a block.
  if (!text.includes(LINE_BREAK)) {
    const trimmed = text.trim();
    return isEven(trimmed) ? trimmed : trimmed.replace(UNEVEN_SPACE_OR_CELL, " ").trim();
  }
  if (kind === "heading") return cleanText(text.replaceAll(LINE_BREAK, " "), kind);
  return text.split(LINE_BREAK).map((line) => cleanText(line, kind)).join("\n").trim()
    .replace(/\n{3,}/g, "\n\n");
}

/** Whether the only white space of a trimmed text is single blanks. */
function isEven(text: string): boolean {
  const { length } = text;
  let isAfterBlank = false;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 0x20) {
      if (isAfterBlank || code !== 0x20) return false;
      isAfterBlank = true;
    } else {
      if (code >= 0xa0 && isWideSpace(code)) return false;
      isAfterBlank = false;
    }
  }
  return true;
}

/** The share of links, given how many characters of `text` are in them. */
export function linkDensityOf(text: string, linkCharacters: number): number {
  return linkCharacters === 0 ? 0 : linkCharacters / visibleLength(text);
}

/** Characters that are not white space. */
export function visibleLength(text: string): number {
  const { length } = text;
  let visible = 0;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    // The sign of a difference: a branch at each blank would be mistaken for most.
    visible += (0x20 - code) >>> 31;
    if (code >= 0xa0 && isWideSpace(code)) visible--;
  }
  return visible;
}

/** White space beyond ASCII, as `\s` has it. */
function isWideSpace(code: number): boolean {
  return code === 0xa0 || code === 0x1680 || (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000 ||
    code === 0xfeff;
}

/** Without blank lines around and white space at line ends; what stands before code is kept. */
function trimLines(text: string): string {
  const unix = text.includes("\r") ? text.replace(LINE_END, "\n") : text;
  const end = unix.trimEnd();
  const clean = /[^\S\n]\n/.test(end)
    ? end.split("\n").map((line) => line.trimEnd()).join("\n")
    : end;
  const indent = /\S/.exec(clean)?.index ?? 0;
  return clean.slice(clean.lastIndexOf("\n", indent) + 1);
}

/**
 * Drops lists of links, and headings with no text under them. Items of links that a paragraph leads to
 * and that text follows, or that a colon announces, are part of it.
 */
export function textBlocks<B extends Block>(blocks: readonly B[]): B[] {
  const kept: B[] = [];
  let headings: B[] = [];
  /** Items of links since the last text. */
  let links: B[] = [];
  /** What follows the links is no text: only a colon before them says that they are some. */
  const endLinks = () => {
    if (kept.at(-1)?.text.endsWith(":")) kept.push(...links);
    links = [];
  };
  for (const block of blocks) {
    if (block.kind === "heading") {
      endLinks();
      headings.push(block);
    } else if (block.linkDensity <= MAX_LINK_DENSITY) {
      kept.push(...links, ...headings, block);
      headings = [];
      links = [];
    } else {
      if (headings.length === 0 && isListed(block) && leadsTo(kept.at(-1))) links.push(block);
      else endLinks();
      headings = [];
    }
  }
  endLinks();
  return kept;
}

/** Whether a block stands in a list or a table. */
const isListed = ({ kind }: Block) => kind === "item" || kind === "row";

/** Whether links after this block may be part of the text. */
function leadsTo(block: Block | undefined): boolean {
  if (block === undefined) return false;
  return isListed(block) || block.text.endsWith(":") || scoreOf(block) > 0;
}

/** Whether blocks have prose. */
export function hasProse(blocks: readonly Block[]): boolean {
  let prose = 0;
  for (const block of blocks) {
    const score = scoreOf(block);
    if (score >= MIN_SENTENCE) prose += score;
  }
  return prose >= MIN_PROSE;
}
