import type { Element, HTMLDocument, Node } from "./types.ts";
import { Element as ElementClass, NodeType } from "./node_classes.ts";

/** Elements that, met before anything visible, belong to the head (HTML standard, 13.2.6.4.4). */
const HEAD_TAGS = new Set([
  "BASE",
  "BASEFONT",
  "BGSOUND",
  "LINK",
  "META",
  "NOFRAMES",
  "NOSCRIPT",
  "SCRIPT",
  "STYLE",
  "TEMPLATE",
  "TITLE",
]);

/**
 * Gives a parsed page the html, head and body elements that the HTML standard's tree builder would
 * have made up, and moves what lies outside of them to where it belongs. linkedom leaves the tree as
 * it was written.
 */
export function completePage(document: HTMLDocument): void {
  if (isComplete(document)) return;
  const html = document.createElement("html");
  const head = document.createElement("head");
  const body = document.createElement("body");
  let inBody = false;

  const place = (node: Node): void => {
    if (node instanceof ElementClass) {
      if (node.tagName === "HTML") {
        copyAttributes(node, html);
        moveChildren(node, place);
      } else if (node.tagName === "HEAD" && !inBody) {
        copyAttributes(node, head);
        // What is not the head's ends it, whether or not its end tag is there.
        moveChildren(node, (child) => isOfHead(child) ? head.appendChild(child) : place(child));
      } else if (node.tagName === "BODY") {
        inBody = true;
        copyAttributes(node, body);
        moveChildren(node, (child) => body.appendChild(child));
      } else if (!inBody && HEAD_TAGS.has(node.tagName)) {
        head.appendChild(node);
      } else {
        inBody = true;
        body.appendChild(node);
      }
    } else if (inBody) {
      body.appendChild(node);
    } else if (node.nodeType === NodeType.COMMENT_NODE) {
      head.appendChild(node);
    } else if (node.textContent.trim() !== "") {
      inBody = true;
      body.appendChild(node);
    }
  };
  function isOfHead(node: Node): boolean {
    if (inBody) return false;
    if (node instanceof ElementClass) return HEAD_TAGS.has(node.tagName);
    return node.nodeType === NodeType.COMMENT_NODE || node.textContent.trim() === "";
  }

  // The doctype, and comments before the root, stay where they are.
  const loose = Array.from(document.childNodes).filter((node) =>
    node instanceof ElementClass || node.nodeType === NodeType.TEXT_NODE
  );
  for (const node of loose) document.removeChild(node);
  for (const node of loose) place(node);
  html.appendChild(head);
  html.appendChild(body);
  document.appendChild(html);
}

/** Whether the document is one html element of a head and a body, as nearly every real page is. */
function isComplete(document: HTMLDocument): boolean {
  const elements = elementsOf(document);
  const [html] = elements;
  if (elements.length !== 1 || html?.tagName !== "HTML" || hasText(document) || hasText(html)) {
    return false;
  }
  return elementsOf(html).map((element) => element.tagName).join() === "HEAD,BODY";
}

function elementsOf(parent: Node): Element[] {
  return Array.from(parent.childNodes).filter((node) => node instanceof ElementClass);
}

function hasText(parent: Node): boolean {
  return Array.from(parent.childNodes).some((node) =>
    node.nodeType === NodeType.TEXT_NODE && node.textContent.trim() !== ""
  );
}

function moveChildren(from: Element, place: (node: Node) => void): void {
  for (const child of Array.from(from.childNodes)) place(child);
}

function copyAttributes(from: Element, to: Element): void {
  // linkedom puts a new attribute before the others: last first keeps their order.
  for (const { name, value } of Array.from(from.attributes).reverse()) {
    if (!to.hasAttribute(name)) to.setAttribute(name, value);
  }
}
