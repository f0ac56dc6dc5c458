/**
 * The elements of a page as one pass over its tags sees them: those that are open, and of each one
 * met what the choice of the main text needs.
 *
 * @module
 */
import { KNOWN_TAGS, type Tag } from "./tag.ts";

/** Why an element may be no part of the main text. */
export type Suspicion = "none" | "doubtful" | "surrounding";

/** The end of what is open: a small integer, as those are that replace it. */
const NOT_ENDED = 2 ** 30;

/** Stands before an id among names; blanks divide the others. */
export const ID = "\t";

/** One element; numbered in the order of start tags, so what it holds has greater numbers. */
export interface OpenElement {
  readonly number: number;
  readonly tag: Tag;
  readonly parent: OpenElement | undefined;
  /** The element that holds text met in it: itself where it begins a block, else one around it. */
  readonly holder: OpenElement | undefined;
  /** The innermost element, itself included, that is suspected of being no main text. */
  readonly suspect: OpenElement | undefined;
  suspicion: Suspicion;
  /** Its classes, its id, and what else names it, parted by blanks. */
  readonly names: string;
  /** Blocks made before it began, and before it ended. */
  readonly firstBlock: number;
  endBlock: number;
  /** Items of a numbered list so far; -1 for other elements. */
  items: number;
  readonly listDepth: number;
}

/** What is known of an element besides its name as it begins. */
export interface Beginning {
  readonly suspicion: Suspicion;
  /** Blocks made so far. */
  readonly blocks: number;
  readonly names: string;
}

/** Elements by their number of the last start tag. */
export class OpenElements {
  readonly #stack: OpenElement[] = [];
  /** How often each tag is open, by its number, so that a stray end tag costs nothing. */
  readonly #open: number[] = new Array(KNOWN_TAGS).fill(0);
  #count = 0;
  readonly #onEnd: (element: OpenElement) => void;

  /** `onEnd` hears of each element as it ends. */
  constructor(onEnd: (element: OpenElement) => void) {
    this.#onEnd = onEnd;
  }

  /** How many are open. */
  get depth(): number {
    return this.#stack.length;
  }

  /** The innermost open element. */
  get top(): OpenElement | undefined {
    return this.#stack[this.#stack.length - 1];
  }

  /** Ends what a start tag ends without being asked. */
  endFor({ ends }: Tag): void {
    if (ends === 0) return;
    for (let top = this.top; top !== undefined && (top.tag.bit & ends) !== 0; top = this.top) {
      this.#pop();
    }
  }

  /** Opens an element. */
  open(tag: Tag, { suspicion, blocks, names }: Beginning): OpenElement {
    const parent = this.top;
    const element: { -readonly [K in keyof OpenElement]: OpenElement[K] } = {
      number: this.#count++,
      tag,
      parent,
      holder: parent?.holder,
      suspect: parent?.suspect,
      suspicion,
      names,
      firstBlock: blocks,
      endBlock: NOT_ENDED,
      items: tag.isNumbered ? 0 : -1,
      listDepth: (parent === undefined ? 0 : parent.listDepth) + (tag.isList ? 1 : 0),
    };
    // All of preformatted text is one block.
    if (tag.isBlock && parent?.holder?.tag.kind !== "code") element.holder = element;
    if (suspicion !== "none") element.suspect = element;
    this.#stack.push(element);
    while (this.#open.length <= tag.number) this.#open.push(0);
    this.#open[tag.number] = this.openCount(tag) + 1;
    return element;
  }

  /** How many elements of this tag are open. */
  openCount({ number }: Tag): number {
    return this.#open[number] ?? 0;
  }

  /** Ends the innermost open element of this tag and all inside it; a stray end tag does nothing. */
  close(tag: Tag): void {
    if (this.openCount(tag) === 0) return;
    while (this.#pop()?.tag !== tag);
  }

  /** Ends the innermost open element. */
  closeTop(): void {
    this.#pop();
  }

  /** Ends all that is open. */
  closeAll(): void {
    while (this.#pop() !== undefined);
  }

  #pop(): OpenElement | undefined {
    const element = this.top;
    if (element === undefined) return undefined;
    this.#onEnd(element);
    this.#stack.pop();
    this.#open[element.tag.number] = this.openCount(element.tag) - 1;
    return element;
  }
}
