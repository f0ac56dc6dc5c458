/**
 * Finds the main text of a parsed page.
 *
 * @module
 */
import type { Element, HTMLDocument } from "deno_dom";
import { type Block, readBlocks } from "./blocks.ts";

/** A block with more of its characters in links is a list of links, not text. */
const MAX_LINK_DENSITY = 0.5;
/** Shorter blocks say nothing about where the text is. */
const MIN_SCORED_LENGTH = 25;
/** A container must hold this share of the page's score to be taken for the whole text. */
const MIN_SHARE = 0.5;

/** The author's own mark of the main content, when it is there and unambiguous. */
function declaredRoot(document: HTMLDocument): Element | undefined {
  const marked = document.querySelectorAll("main, [role=main]");
  if (marked.length === 1) return marked[0];
  const articles = document.querySelectorAll("article");
  return articles.length === 1 ? articles[0] : undefined;
}

const scoreOf = ({ text, linkDensity, isHeading }: Block) =>
  isHeading || text.length < MIN_SCORED_LENGTH ? 0 : text.length * (1 - linkDensity);

/**
 * The container that most of the page's running text stands in: each block counts for its holder's
 * parent in full and for the grandparent by half, as in Arc90's Readability (2009).
 */
function scoredRoot(blocks: readonly Block[]): Element | undefined {
  const scores = new Map<Element, number>();
  let total = 0;
  for (const block of blocks) {
    const score = scoreOf(block);
    if (score === 0) continue;
    total += score;
    const parent = block.holder.parentElement;
    const grandparent = parent?.parentElement;
    if (parent) scores.set(parent, (scores.get(parent) ?? 0) + score);
    if (grandparent) scores.set(grandparent, (scores.get(grandparent) ?? 0) + score / 2);
  }
  let best: Element | undefined;
  let bestScore = total * MIN_SHARE;
  for (const [element, score] of scores) {
    if (score > bestScore) [best, bestScore] = [element, score];
  }
  return best;
}

/**
 * The page's main text, blocks separated by one blank line; empty when it has none. Lists of links
 * and headings with nothing under them are left out.
 */
export function mainText(document: HTMLDocument): string {
  const body = document.querySelector("body");
  if (body === null) return "";
  const content = markedContent(document);
  let root = declaredRoot(document);
  let blocks = readBlocks(root ?? body, content);
  if (root === undefined) {
    root = scoredRoot(blocks);
    if (root !== undefined) blocks = readBlocks(root, content);
  }
  return textBlocks(blocks).map(({ text }) => text).join("\n\n");
}

/** Main and article elements and all they stand in. */
function markedContent(document: HTMLDocument): Set<Element> {
  const content = new Set<Element>();
  for (const marked of document.querySelectorAll("body, main, article")) {
    for (
      let element: Element | null = marked;
      element !== null && !content.has(element);
      element = element.parentElement
    ) content.add(element);
  }
  return content;
}

/** Drops lists of links, and headings with no text under them. */
function textBlocks(blocks: readonly Block[]): Block[] {
  const kept: Block[] = [];
  let headings: Block[] = [];
  for (const block of blocks) {
    if (block.isHeading) headings.push(block);
    else if (block.linkDensity <= MAX_LINK_DENSITY) {
      kept.push(...headings, block);
      headings = [];
    } else headings = [];
  }
  return kept;
}
