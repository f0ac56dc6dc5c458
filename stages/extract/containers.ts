/**
 * What the elements around the blocks of a page are: their names' scores, what they stand in, and how
 * often their like stands in the page.
 *
 * @module
 */
import { NAME_SLOTS, nameSlots, slotsOfOne, tagSlot } from "./names.ts";
import type { OpenElement } from "./open_elements.ts";
import { KNOWN_TAGS, knownTags } from "./tag.ts";

const TAG = knownTags("article", "figure", "header", "main", "ol", "section", "ul");
/** Elements whose number around a block is told. */
export const COUNTED = Object.values(TAG);
/** The place of each among them, by its number; -1 of other known tags. */
const PLACE_OF = new Int8Array(KNOWN_TAGS).fill(-1);
for (const [at, { number }] of COUNTED.entries()) PLACE_OF[number] = at;
const NONE: readonly number[] = COUNTED.map(() => 0);

/**
 * Weights of names: those of the holder and its parent, and those of all elements around; and of the
 * words of short texts.
 */
export interface NameWeights {
  readonly near: Float32Array;
  readonly far: Float32Array;
  readonly words: Float32Array;
}

/** No weights, where names say nothing yet. */
export const NO_WEIGHTS: NameWeights = {
  near: new Float32Array(NAME_SLOTS),
  far: new Float32Array(NAME_SLOTS),
  words: new Float32Array(NAME_SLOTS),
};

/** One element around blocks. */
export interface Container {
  readonly element: OpenElement;
  readonly parent: Container | undefined;
  readonly depth: number;
  /** Scores of its own names. */
  readonly near: number;
  readonly far: number;
  /** The sum of the far scores of all around it, and the least and the greatest. */
  readonly sum: number;
  readonly least: number;
  readonly most: number;
  /** How many of each of {@linkcode COUNTED} are around, itself included. */
  readonly counts: readonly number[];
  /** A hash of the tags and names of it and all around it, and what is known of those that share it. */
  readonly likeness: number;
  readonly like: Like;
  /** Its place among the containers of its page. */
  readonly number: number;
}

/** Elements of the same tag and names whose parents are alike, and the blocks that they hold. */
export interface Like {
  /** Its place among those of its page. */
  readonly number: number;
  elements: number;
  blocks: number;
  text: number;
  links: number;
  kept: number;
}

/** What the names of an element score, and what they add to the hash of those around it. */
interface NameScores {
  readonly near: number;
  readonly far: number;
  readonly hash: number;
  /** What the hash so far is multiplied by. */
  readonly factor: number;
}

/** The containers of one page. */
export class Containers {
  readonly #weights: NameWeights;
  /** By the number of the element. */
  readonly #known: (Container | undefined)[];
  readonly #likes = new Map<number, Like>();
  readonly #names = new Map<string, NameScores>();
  readonly #slots = slotsOfOne();
  #count = 0;

  /** Scores names of at most `size` elements by `weights`. */
  constructor(weights: NameWeights, size: number) {
    this.#weights = weights;
    this.#known = new Array(size);
  }

  /** The container that an element is. */
  of(element: OpenElement): Container {
    const known = this.#known[element.number];
    if (known !== undefined) return known;
    const chain: OpenElement[] = [];
    let at: OpenElement | undefined = element;
    while (at !== undefined && this.#known[at.number] === undefined) {
      chain.push(at);
      at = at.parent;
    }
    let parent = at && this.#known[at.number];
    for (let i = chain.length - 1; i >= 0; i--) {
      const next = this.#make(chain[i] as OpenElement, parent);
      this.#known[next.element.number] = next;
      next.like.elements++;
      parent = next;
    }
    return parent as Container;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  #like(likeness: number): Like {
    const known = this.#likes.get(likeness);
    if (known !== undefined) return known;
    const like = { number: this.#likes.size, elements: 0, blocks: 0, text: 0, links: 0, kept: 0 };
    this.#likes.set(likeness, like);
    return like;
  }

  /** What names score: most elements are called as others of their page are. */
  #scoresOf(names: string): NameScores {
    const known = this.#names.get(names);
    if (known !== undefined) return known;
    const slots = this.#slots;
    const count = nameSlots(names, slots);
    let near = 0, far = 0, hash = 0, factor = 1;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      near += this.#weights.near[slot] as number;
      far += this.#weights.far[slot] as number;
      hash = (Math.imul(hash, 31) + slot) | 0;
      factor = Math.imul(factor, 31);
    }
    const scores = { near, far, hash, factor };
    this.#names.set(names, scores);
    return scores;
  }

  #make(element: OpenElement, parent: Container | undefined): Container {
    const { near: nearWeights, far: farWeights } = this.#weights;
    const names = this.#scoresOf(element.names), tag = tagSlot(element.tag);
    const near = (nearWeights[tag] as number) + names.near;
    const far = (farWeights[tag] as number) + names.far;
    const outside = Math.imul(parent?.likeness ?? 0, 31) + tag;
    const likeness = (Math.imul(outside, names.factor) + names.hash) | 0;
    const place = PLACE_OF[element.tag.number] ?? -1;
    let counts = parent === undefined ? NONE : parent.counts;
    if (place >= 0) counts = counts.with(place, (counts[place] as number) + 1);
    return {
      element,
      parent,
      depth: parent === undefined ? 0 : parent.depth + 1,
      near,
      far,
      sum: (parent === undefined ? 0 : parent.sum) + far,
      least: Math.min(far, parent === undefined ? 0 : parent.least),
      most: Math.max(far, parent === undefined ? 0 : parent.most),
      counts,
      likeness,
      like: this.#like(likeness),
      number: this.#count++,
    };
  }
}

/** The slots of the names around a block: of its holder and that one's parent, and of all. */
export function slotsAround(container: Container): { near: Set<number>; far: Set<number> } {
  const near = new Set<number>(), far = new Set<number>();
  const slots = slotsOfOne();
  for (let at: Container | undefined = container, up = 0; at !== undefined; at = at.parent, up++) {
    const count = nameSlots(at.element.names, slots);
    for (const slot of [tagSlot(at.element.tag), ...slots.subarray(0, count)]) {
      if (up < 2) near.add(slot);
      far.add(slot);
    }
  }
  return { near, far };
}
