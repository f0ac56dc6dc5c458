/**
 * Stand-in for deno_dom (`@b-fuze/deno-dom`), over linkedom: the parser and the parts of the tree
 * that this project reads, with the same names and types as the original.
 *
 * @module
 */
export { DOMParser } from "./dom_parser.ts";
export { Element, HTMLDocument, Node, NodeType } from "./node_classes.ts";
