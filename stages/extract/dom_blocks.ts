/**
 * Cuts the body of a parsed page into blocks of text.
 *
 * @module
 */
import { type Element, type HTMLDocument, type Node, NodeType } from "deno_dom";
import { ATTRIBUTE, type Attribute, ATTRIBUTES, type ValueTest } from "./attribute.ts";
import { type Attributes, BlockReader, isAnchor } from "./block_reader.ts";
import type { PageBlocks } from "./ruled_blocks.ts";
import { knownTags, tagNamed } from "./tag.ts";

const TAG = knownTags(...["br", "hr", "html"] as const);

/** What HTML takes for white space (HTML standard, 12.1). */
const ONLY_SPACE = /^[ \t\n\f\r]*$/;

/** All blocks of a page, in reading order. */
export function readBlocks(document: HTMLDocument): PageBlocks {
  const reader: BlockReader = new BlockReader((element) => reader.end(element, true));

  function visit(node: Node): void {
    if (node.nodeType === NodeType.TEXT_NODE) {
      const text = node.nodeValue ?? "";
      if (reader.isInCode || !ONLY_SPACE.test(text)) reader.add(text);
      else if (text !== "") reader.addSpace();
    } else if (node.nodeType === NodeType.ELEMENT_NODE) visitElement(node as Element);
  }

  function visitElement(element: Element): void {
    const tag = tagNamed(element.localName);
    if (tag === TAG.br) reader.breakLine();
    else if (tag === TAG.hr) reader.split(tag);
    if (tag.isUnread || tag.isVoid) return;
    const attributes = new ElementAttributes(element);
    if (isAnchor(tag, attributes)) return element.childNodes.forEach(visit);
    const isSplit = reader.split(tag);
    const opened = reader.begin(tag, attributes);
    reader.enter(opened, { isSplit, role: attributes.attribute(ATTRIBUTE.role) });
    for (const child of element.childNodes) visit(child);
    reader.elements.closeTop();
  }

  const html = document.querySelector("html"), body = document.querySelector("body");
  if (html !== null) reader.begin(TAG.html, new ElementAttributes(html));
  if (body !== null) visitElement(body);
  return reader.read();
}

/** The attributes of an element. */
class ElementAttributes implements Attributes {
  readonly #element: Element;
  readonly hasAttributes: boolean;

  constructor(element: Element) {
    this.#element = element;
    this.hasAttributes = element.attributes.length > 0;
  }

  has(attribute: Attribute): boolean {
    return this.#element.hasAttribute(nameOf(attribute));
  }

  attribute(attribute: Attribute): string {
    return this.#element.getAttribute(nameOf(attribute)) ?? "";
  }

  passes(attribute: Attribute, isSo: ValueTest): boolean {
    const value = this.attribute(attribute);
    return isSo(value, 0, value.length);
  }
}

const nameOf = (attribute: Attribute) => ATTRIBUTES[attribute] as string;
