/**
 * Cuts an element's content into blocks of text: paragraphs, headings, list items, table rows, code.
 *
 * @module
 */
import { type Element, type Node, NodeType } from "deno_dom";
import { isBoilerplate } from "./boilerplate.ts";

/** One run of text that a reader sees as a unit. */
export interface Block {
  readonly text: string;
  readonly isHeading: boolean;
  /** Share of the characters that are inside links, 0..1. */
  readonly linkDensity: number;
  /** The element that directly holds the text. */
  readonly holder: Element;
}

const BLOCK_TAGS = new Set(
  ("ADDRESS ARTICLE BLOCKQUOTE BODY CAPTION CENTER DD DETAILS DIV DL DT FIELDSET FIGCAPTION FIGURE " +
    "H1 H2 H3 H4 H5 H6 HGROUP HR HTML LI MAIN OL P PRE SECTION SUMMARY TABLE TBODY TFOOT THEAD TR UL")
    .split(" "),
);
const CELL_TAGS = new Set(["TD", "TH"]);

/**
 * The blocks under `root`, in reading order, boilerplate left out.
 *
 * @param content elements that hold main content by the author's own mark, whatever their names say
 */
export function readBlocks(root: Element, content: ReadonlySet<Element>): Block[] {
  const blocks: Block[] = [];
  let text = "";
  let linkCharacters = 0;

  function flush(holder: Element): void {
    const isPre = holder.tagName === "PRE";
    const clean = isPre ? trimLines(text) : text.replace(/\s+/g, " ").trim();
    if (clean !== "") {
      const visible = text.replace(/\s+/g, "").length;
      blocks.push({
        text: clean,
        isHeading: /^H[1-6]$/.test(holder.tagName),
        linkDensity: linkCharacters / visible,
        holder,
      });
    }
    text = "";
    linkCharacters = 0;
  }

  function visit(node: Node, { holder, inLink }: { holder: Element; inLink: boolean }): void {
    if (node.nodeType === NodeType.TEXT_NODE) {
      const value = node.nodeValue ?? "";
      text += value;
      if (inLink) linkCharacters += value.replace(/\s+/g, "").length;
      return;
    }
    if (node.nodeType !== NodeType.ELEMENT_NODE) return;
    const element = node as Element;
    if (isBoilerplate(element, content)) return;
    const { tagName } = element;
    if (tagName === "BR") {
      text += "\n";
      return;
    }
    const isBlock = BLOCK_TAGS.has(tagName) && holder.tagName !== "PRE";
    if (isBlock) flush(holder);
    if (CELL_TAGS.has(tagName)) text += " ";
    const inside = { holder: isBlock ? element : holder, inLink: inLink || tagName === "A" };
    for (const child of element.childNodes) visit(child, inside);
    if (isBlock) flush(element);
  }

  visit(root, { holder: root, inLink: false });
  flush(root);
  return blocks;
}

/** Without blank lines around and white space at line ends; what stands before code is kept. */
function trimLines(text: string): string {
  const lines = text.split("\n").map((line) => line.trimEnd());
  const first = lines.findIndex((line) => line !== "");
  return lines.slice(Math.max(0, first), lines.findLastIndex((line) => line !== "") + 1).join("\n");
}
