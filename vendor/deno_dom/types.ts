/** A node of the tree. */
export interface Node {
  readonly nodeType: number;
  /** Upper-case tag name of an element, `#text` and the like for others. */
  readonly nodeName: string;
  nodeValue: string | null;
  textContent: string;
  readonly childNodes: NodeList;
  readonly parentNode: Node | null;
  readonly parentElement: Element | null;
  readonly firstChild: Node | null;
  readonly lastChild: Node | null;
  readonly nextSibling: Node | null;
  readonly previousSibling: Node | null;
  appendChild(child: Node): Node;
  insertBefore(node: Node, reference: Node | null): Node;
  removeChild(child: Node): Node;
  cloneNode(deep?: boolean): Node;
  contains(node: Node): boolean;
}

/** An ordered list of nodes. */
export interface NodeListOf<T extends Node> extends Iterable<T> {
  readonly length: number;
  readonly [index: number]: T;
  item(index: number): T | null;
  forEach(callback: (node: T, index: number) => void): void;
}

/** An ordered list of nodes of any kind. */
export type NodeList = NodeListOf<Node>;

/** An ordered list of elements. */
export interface HTMLCollection extends Iterable<Element> {
  readonly length: number;
  readonly [index: number]: Element;
}

/** One attribute. */
export interface Attr {
  readonly name: string;
  value: string;
}

/** The attributes of an element. */
export interface NamedNodeMap extends Iterable<Attr> {
  readonly length: number;
}

/** The classes of an element. */
export interface DOMTokenList extends Iterable<string> {
  readonly length: number;
  contains(token: string): boolean;
}

/** An element of the tree. */
export interface Element extends Node {
  readonly tagName: string;
  readonly localName: string;
  id: string;
  className: string;
  readonly classList: DOMTokenList;
  readonly attributes: NamedNodeMap;
  innerHTML: string;
  readonly outerHTML: string;
  readonly children: HTMLCollection;
  readonly childElementCount: number;
  readonly firstElementChild: Element | null;
  readonly lastElementChild: Element | null;
  readonly nextElementSibling: Element | null;
  readonly previousElementSibling: Element | null;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  hasAttribute(name: string): boolean;
  removeAttribute(name: string): void;
  matches(selectors: string): boolean;
  closest(selectors: string): Element | null;
  querySelector(selectors: string): Element | null;
  querySelectorAll(selectors: string): NodeListOf<Element>;
  getElementsByTagName(tagName: string): Iterable<Element>;
  remove(): void;
}

/** A whole HTML page: always has a root element, a head and a body. */
export interface HTMLDocument extends Node {
  readonly documentElement: Element | null;
  readonly head: Element;
  readonly body: Element;
  readonly title: string;
  createElement(tagName: string): Element;
  createTextNode(data?: string): Node;
  getElementById(id: string): Element | null;
  getElementsByTagName(tagName: string): Iterable<Element>;
  querySelector(selectors: string): Element | null;
  querySelectorAll(selectors: string): NodeListOf<Element>;
}
