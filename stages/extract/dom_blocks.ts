/**
 * Cuts an element's content into blocks of text: paragraphs, headings, list items, table rows, code.
 *
 * @module
 */
import { type Element, type Node, NodeType } from "deno_dom";
import { type Block, CELL_END, LINE_BREAK, makeBlock, visibleLength } from "./block.ts";
import {
  BLOCK,
  CELL,
  DOUBTFUL,
  hides,
  isNamedSurrounding,
  kindOf,
  SURROUNDING,
  SURROUNDING_ROLES,
  UNREAD,
} from "./tags.ts";

/** A block and the element that directly holds its text. */
export interface HeldBlock extends Block {
  readonly holder: Element;
}

function isHidden(element: Element): boolean {
  return element.hasAttribute("hidden") || element.getAttribute("aria-hidden") === "true" ||
    hides(element.getAttribute("style") ?? "");
}

function isNamedSo(element: Element): boolean {
  return isNamedSurrounding(element.getAttribute("class") ?? "") ||
    isNamedSurrounding(element.getAttribute("id") ?? "");
}

/** Whether an element looks as if it and all inside it were no text. */
export function isDoubtful(element: Element): boolean {
  return DOUBTFUL.has(element.localName) || DOUBTFUL.has(element.getAttribute("role") ?? "") ||
    isNamedSo(element);
}

/** Whether an element and all inside it is left out; the looks of content don't count. */
function isBoilerplate(element: Element, isContent: (element: Element) => boolean): boolean {
  return UNREAD.has(element.localName) || SURROUNDING.has(element.localName) ||
    SURROUNDING_ROLES.has(element.getAttribute("role") ?? "") || isHidden(element) ||
    (!isContent(element) && isDoubtful(element));
}

/** Where in its lists a node stands. */
interface Place {
  readonly holder: Element;
  readonly inLink: boolean;
  readonly listDepth: number;
  /** Place of the item the node is in, 0 where its list has bullets. */
  readonly ordinal: number;
}

/**
 * The blocks under `root`, in reading order, boilerplate left out.
 *
 * @param isContent tells the elements that hold main content, whatever they look like
 */
export function readBlocks(root: Element, isContent: (element: Element) => boolean): HeldBlock[] {
  const blocks: HeldBlock[] = [];
  let text = "";
  let linkCharacters = 0;

  function flush({ holder, listDepth, ordinal }: Place): void {
    const kind = kindOf(holder.localName);
    const level = kind === "heading"
      ? Number(holder.localName[1])
      : kind === "item"
      ? Math.max(1, listDepth)
      : 0;
    const block = makeBlock(text, {
      kind,
      level,
      ordinal: kind === "item" ? ordinal : 0,
      linkCharacters,
    });
    if (block !== undefined) blocks.push({ ...block, holder });
    text = "";
    linkCharacters = 0;
  }

  function visit(node: Node, place: Place): void {
    if (node.nodeType === NodeType.TEXT_NODE) {
      const value = node.nodeValue ?? "";
      text += value;
      if (place.inLink) linkCharacters += visibleLength(value);
      return;
    }
    if (node.nodeType !== NodeType.ELEMENT_NODE) return;
    const element = node as Element;
    if (isBoilerplate(element, isContent)) return;
    const name = element.localName;
    if (name === "br") {
      text += LINE_BREAK;
      return;
    }
    const isBlock = BLOCK.has(name) && place.holder.localName !== "pre";
    if (isBlock) flush(place);
    if (CELL.has(name)) text += CELL_END;
    const isList = name === "ul" || name === "ol";
    const inside: Place = {
      holder: isBlock ? element : place.holder,
      inLink: place.inLink || name === "a",
      listDepth: place.listDepth + (isList ? 1 : 0),
      ordinal: place.ordinal,
    };
    let items = 0;
    let last = inside;
    for (const child of element.childNodes) {
      const isItem = name === "ol" && child.nodeName === "LI";
      last = name === "ol" || name === "ul" ? { ...inside, ordinal: isItem ? ++items : 0 } : inside;
      visit(child, last);
    }
    if (isBlock) flush(inside);
  }

  const top: Place = { holder: root, inLink: false, listDepth: 0, ordinal: 0 };
  visit(root, top);
  flush(top);
  return blocks;
}
