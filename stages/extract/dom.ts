/**
 * The `dom` engine: parses a page to a tree and chooses the element that holds its main text.
 *
 * @module
 */
import { DOMParser, type Element, type HTMLDocument, type Node, NodeType } from "deno_dom";
import { scoredRoot, textBlocks } from "./block.ts";
import type { Content } from "./content.ts";
import { type HeldBlock, isDoubtful, readBlocks } from "./dom_blocks.ts";
import { type Metadata, MetadataReader } from "./metadata.ts";
import { pardonedOf } from "./pardon.ts";

/** The author's own mark of the main content, when it is there and unambiguous. */
function declaredRoot(document: HTMLDocument): Element | undefined {
  const marked = document.querySelectorAll("main, [role=main]");
  if (marked.length === 1) return marked[0];
  const articles = document.querySelectorAll("article");
  return articles.length === 1 ? articles[0] : undefined;
}

/**
 * Reads a page. Nesting and attributes must have been looked at before: the parser knows no limits.
 *
 * @returns `undefined` when the parser gives up
 */
export function readDom(html: string): Content | undefined {
  const document = new DOMParser().parseFromString(html, "text/html");
  return document === null
    ? undefined
    : { ...readMetadata(document), blocks: mainBlocks(document) };
}

function readMetadata(document: HTMLDocument): Metadata {
  const metadata = new MetadataReader();
  for (const meta of document.querySelectorAll("meta")) {
    const name = ["name", "property", "itemprop", "http-equiv"]
      .map((attribute) => meta.getAttribute(attribute)).find((value) => value !== null);
    metadata.meta(name ?? "", meta.getAttribute("content") ?? "");
  }
  metadata.title(document.querySelector("title")?.textContent ?? "");
  const heading = document.querySelector("h1");
  metadata.heading(heading === null ? "" : spacedText(heading));
  metadata.byline(
    document.querySelector("[rel=author], [itemprop=author]")?.textContent ?? "",
  );
  for (const time of document.querySelectorAll("time[datetime]")) {
    metadata.time(time.getAttribute("datetime") ?? "");
  }
  metadata.lang(document.querySelector("html")?.getAttribute("lang") ?? "");
  return metadata.read();
}

/** The text under a node, with a blank where it breaks a line. */
function spacedText(node: Node): string {
  if (node.nodeType === NodeType.TEXT_NODE) return node.nodeValue ?? "";
  return node.nodeName === "BR" ? " " : Array.from(node.childNodes, spacedText).join("");
}

/** The blocks of the main text, without lists of links and headings with nothing under them. */
function mainBlocks(document: HTMLDocument): HeldBlock[] {
  const body = document.querySelector("body");
  if (body === null) return [];
  const content = markedContent(document);
  for (const element of pardonedElements(body, content)) content.add(element);
  const isContent = (element: Element) => content.has(element);
  let root = declaredRoot(document);
  let blocks = readBlocks(root ?? body, isContent);
  if (root === undefined) {
    root = scoredRoot(blocks, ({ parentElement }) => parentElement);
    if (root !== undefined) blocks = readBlocks(root, isContent);
  }
  return textBlocks(blocks);
}

/** Elements that only look as if they were no text. */
function pardonedElements(body: Element, content: ReadonlySet<Element>): Set<Element> {
  const doubtful = new Map<Element, boolean>();
  const isJudged = (element: Element) => {
    const known = doubtful.get(element) ?? (!content.has(element) && isDoubtful(element));
    doubtful.set(element, known);
    return known;
  };
  return pardonedOf(readBlocks(body, () => true), ({ holder }) => {
    const around: Element[] = [];
    for (let at: Element | null = holder; at !== null; at = at.parentElement) {
      if (isJudged(at)) around.push(at);
    }
    return around;
  });
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
