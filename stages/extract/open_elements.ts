/**
 * The elements of a page as one pass over its tags sees them: those that are open, and of each one
 * met what the choice of the main text needs.
 *
 * @module
 */
import type { Block } from "./block.ts";
import { MIN_SHARE, scoreOf } from "./block.ts";
import { BLOCK, ENDS, kindOf } from "./tags.ts";

/** Why an element may be no part of the main text. */
export type Suspicion = "none" | "named" | "surrounding";

/** One element; numbered in the order of start tags, so what it holds has greater numbers. */
export interface OpenElement {
  readonly number: number;
  readonly name: string;
  readonly parent: OpenElement | undefined;
  readonly isBlock: boolean;
  /** The innermost element, itself included, that is suspected of being no main text. */
  readonly suspect: OpenElement | undefined;
  suspicion: Suspicion;
  /** Blocks made before it began, and before it ended. */
  readonly firstBlock: number;
  endBlock: number;
  /** Items of a numbered list so far; -1 for other elements. */
  items: number;
  readonly listDepth: number;
}

/** A block and where it stood. */
export interface PlacedBlock extends Block {
  readonly holder: OpenElement;
  readonly suspect: OpenElement | undefined;
}

/** Elements by their number of the last start tag. */
export class OpenElements {
  readonly #stack: OpenElement[] = [];
  /** How often each name is open, so that a stray end tag costs nothing. */
  readonly #open = new Map<string, number>();
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
    return this.#stack.at(-1);
  }

  /** Ends what a start tag `name` ends without being asked. */
  endFor(name: string): void {
    const ended = ENDS.get(name);
    if (ended === undefined) return;
    for (let top = this.top; top !== undefined && ended.has(top.name); top = this.top) this.#pop();
  }

  /** Opens an element. */
  open(name: string, { suspicion, blocks }: { suspicion: Suspicion; blocks: number }): OpenElement {
    const parent = this.top;
    const isList = name === "ul" || name === "ol";
    const element: { -readonly [K in keyof OpenElement]: OpenElement[K] } = {
      number: this.#count++,
      name,
      parent,
      isBlock: BLOCK.has(name),
      suspect: parent?.suspect,
      suspicion,
      firstBlock: blocks,
      endBlock: Infinity,
      items: name === "ol" ? 0 : -1,
      listDepth: (parent?.listDepth ?? 0) + (isList ? 1 : 0),
    };
    if (suspicion !== "none") element.suspect = element;
    this.#stack.push(element);
    this.#open.set(name, (this.#open.get(name) ?? 0) + 1);
    return element;
  }

  /** Whether an element of this name is open. */
  has(name: string): boolean {
    return (this.#open.get(name) ?? 0) > 0;
  }

  /** Ends the innermost open element of this name and all inside it; a stray end tag does nothing. */
  close(name: string): void {
    if (!this.has(name)) return;
    while (this.#pop()?.name !== name);
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
    this.#open.set(element.name, (this.#open.get(element.name) ?? 1) - 1);
    return element;
  }
}

/** Elements that hold main content, and all around them, are not judged by their names. */
export function clearNames(content: OpenElement): void {
  for (let at: OpenElement | undefined = content; at !== undefined; at = at.parent) {
    if (at.suspicion === "named") at.suspicion = "none";
  }
}

/** Whether a block is left out of the text under `root`. */
export function isLeftOut({ suspect }: PlacedBlock, root: OpenElement | undefined): boolean {
  for (let at = suspect; at !== undefined; at = at.parent?.suspect) {
    if (root !== undefined && at.number < root.number) return false;
    const isRoot = root !== undefined && at.number === root.number;
    if (at.suspicion === "surrounding" || (at.suspicion === "named" && !isRoot)) return true;
  }
  return false;
}

/**
 * The element that most of the running text stands in: each block counts for its holder's parent in
 * full and for the grandparent by half, as in Arc90's Readability (2009).
 */
export function scoredRoot(blocks: readonly PlacedBlock[]): OpenElement | undefined {
  const scores = new Map<OpenElement, number>();
  let total = 0;
  for (const block of blocks) {
    const score = scoreOf(block);
    if (score === 0) continue;
    total += score;
    const parent = block.holder.parent;
    const grandparent = parent?.parent;
    if (parent) scores.set(parent, (scores.get(parent) ?? 0) + score);
    if (grandparent) scores.set(grandparent, (scores.get(grandparent) ?? 0) + score / 2);
  }
  let best: OpenElement | undefined;
  let bestScore = total * MIN_SHARE;
  for (const [element, score] of scores) {
    if (score > bestScore) [best, bestScore] = [element, score];
  }
  return best;
}

/** Kind, level and ordinal of the next block that `holder` holds. */
export function shapeOf(holder: OpenElement): Pick<Block, "kind" | "level" | "ordinal"> {
  const kind = kindOf(holder.name);
  if (kind === "heading") return { kind, level: Number(holder.name[1]), ordinal: 0 };
  if (kind !== "item") return { kind, level: 0, ordinal: 0 };
  const list = holder.parent;
  const isNumbered = list !== undefined && list.items >= 0;
  return { kind, level: Math.max(1, holder.listDepth), ordinal: isNumbered ? list.items : 0 };
}
