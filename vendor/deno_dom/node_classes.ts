import { Element as LinkedomElement, Node as LinkedomNode } from "npm:linkedom@0.18.15/worker";
import type {
  Element as ElementShape,
  HTMLDocument as HTMLDocumentShape,
  Node as NodeShape,
} from "./types.ts";

/** Kinds of node, as `nodeType` numbers them. */
export const NodeType = {
  ELEMENT_NODE: 1,
  ATTRIBUTE_NODE: 2,
  TEXT_NODE: 3,
  CDATA_SECTION_NODE: 4,
  PROCESSING_INSTRUCTION_NODE: 7,
  COMMENT_NODE: 8,
  DOCUMENT_NODE: 9,
  DOCUMENT_TYPE_NODE: 10,
  DOCUMENT_FRAGMENT_NODE: 11,
} as const;

/** A node of the tree; not constructible, for `instanceof` and the `nodeType` numbers. */
export const Node = {
  ...NodeType,
  [Symbol.hasInstance]: (value: unknown): value is NodeShape => value instanceof LinkedomNode,
};
/** A node of the tree. */
export type Node = NodeShape;

/** An element of the tree; not constructible, for `instanceof`. */
export const Element = {
  ...NodeType,
  [Symbol.hasInstance]: (value: unknown): value is ElementShape => value instanceof LinkedomElement,
};
/** An element of the tree. */
export type Element = ElementShape;

/** A whole page; not constructible, for `instanceof`. */
export const HTMLDocument = {
  ...NodeType,
  [Symbol.hasInstance]: (value: unknown): value is HTMLDocumentShape =>
    value instanceof Node && value.nodeType === NodeType.DOCUMENT_NODE,
};
/** A whole page. */
export type HTMLDocument = HTMLDocumentShape;
