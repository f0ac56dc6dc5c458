/**
 * What a block is judged by, as numbers: its text, its place, the elements around it, its neighbours
 * and its like in the page.
 *
 * @module
 */
import { COUNTED } from "./containers.ts";
import type { Container, NameWeights } from "./containers.ts";
import { beginningOf, endOf, type TextCounts } from "./block_text_features.ts";
import { type JudgedPage, PageView, share } from "./page_view.ts";
import type { OpenElement } from "./open_elements.ts";
import type { PlacedBlock } from "./ruled_blocks.ts";

export type { JudgedPage } from "./page_view.ts";

/** How many elements around a block are told of, from its holder's parent outwards. */
const LEVELS = 5;
const PER_LEVEL = 7;
const NEIGHBOURS = [-3, -2, -1, 1, 2, 3] as const;
const PER_NEIGHBOUR = 7;
const OF_TEXT = 20;
const OF_PLACE = 15;
const OF_LIKE = 8;
const OF_PAGE = 6;
/** Where numbers stand that a block's neighbours are told. */
const AT = { length: 3, links: 4, kind: 5, sentences: 15, names: OF_TEXT + 8, kept: OF_TEXT + 13 };

/** Numbers a block. */
export const FEATURES = OF_TEXT + OF_PLACE + OF_LIKE + OF_PAGE + COUNTED.length +
  LEVELS * PER_LEVEL + NEIGHBOURS.length * PER_NEIGHBOUR;

const KINDS = { paragraph: 0, heading: 1, item: 2, row: 3, code: 4 } as const;
const HOLDERS = new Map(
  "p div li td section span figcaption blockquote dd dt article body".split(" ")
    .map((name, at) => [name, at + 1]),
);
/** Logarithms say enough of lengths and counts. */
const logOf = (count: number): number => {
  const whole = count | 0;
  return whole === count && whole >= 0 && whole < LOGARITHMS.length
    ? LOGARITHMS[whole] as number
    : Math.log2(1 + Math.max(0, count));
};
/** Those of small counts, which most are. */
const LOGARITHMS = Float64Array.from({ length: 1024 }, (_, count) => Math.log2(1 + count));
/** Further away is no nearer than this. */
const FAR_HEADING = 50;

/** The numbers of the blocks of a page, a row of {@linkcode FEATURES} or more a block; and its containers. */
export interface PageFeatures {
  readonly rows: Float32Array;
  /** The container that holds each block. */
  readonly containers: readonly Container[];
  /** How many containers there are in all. */
  readonly known: number;
}

/** Tells the numbers of each block, in `rows` of a greater `width` where one is stated. */
export function featuresOf(
  page: JudgedPage,
  weights: NameWeights,
  { width = FEATURES, rows = new Float32Array(page.blocks.length * width) }: {
    width?: number;
    rows?: Float32Array;
  } = {},
): PageFeatures {
  const view = new PageView(page, weights);
  const { size, containers, known } = view;
  const levels = new LevelNumbers(view);
  const ofPage = numbersOfPage(view);
  for (let i = 0; i < size; i++) {
    tellText(view, i, { rows, at: i * width });
    tellPlace(view, i, { rows, at: i * width + OF_TEXT });
    tellLike(view, i, { rows, at: i * width + OF_TEXT + OF_PLACE });
  }
  for (let i = 0; i < size; i++) {
    const container = containers[i] as Container;
    let at = i * width + OF_TEXT + OF_PLACE + OF_LIKE;
    const { counts } = container;
    for (let k = 0; k < counts.length; k++) rows[at++] = counts[k] as number;
    levels.tell(container, { rows, at });
    at += LEVELS * PER_LEVEL;
    for (const offset of NEIGHBOURS) {
      const other = i + offset;
      if (other < 0 || other >= size) rows.fill(0, at, at + PER_NEIGHBOUR);
      else {
        const isLike = containers[other]?.likeness === container.likeness;
        tellNeighbour(rows, { at, from: other * width, isLike });
      }
      at += PER_NEIGHBOUR;
    }
    for (let k = 0; k < OF_PAGE; k++) rows[at++] = ofPage[k] as number;
  }
  return { rows, containers, known };
}

/** Where numbers are told. */
interface Place {
  readonly rows: Float32Array;
  readonly at: number;
}

function tellText(view: PageView, i: number, { rows, at }: Place): void {
  const { text, linkDensity, kind, level, holder } = view.blocks[i] as PlacedBlock;
  const count = view.counts[i] as TextCounts;
  const { length } = text;
  rows[at] = view.words[i] as number;
  rows[at + 1] = i > 0 ? view.words[i - 1] as number : 0;
  rows[at + 2] = view.headingWords[i] as number;
  rows[at + AT.length] = logOf(length);
  rows[at + AT.links] = linkDensity;
  rows[at + AT.kind] = KINDS[kind];
  rows[at + 6] = level;
  rows[at + 7] = HOLDERS.get(holder.tag.name) ?? 0;
  rows[at + 8] = share(count.letters, length);
  rows[at + 9] = share(count.capitals, count.letters);
  rows[at + 10] = share(count.digits, length);
  rows[at + 11] = logOf(count.words);
  rows[at + 12] = share(count.titled, count.words);
  rows[at + 13] = share(count.letters, count.words);
  rows[at + 14] = share(count.commas, count.words);
  rows[at + AT.sentences] = count.sentences;
  rows[at + 16] = share(count.words, count.sentences);
  rows[at + 17] = share(count.marks, count.words);
  rows[at + 18] = endOf(text);
  rows[at + 19] = beginningOf(text);
}

function tellPlace(view: PageView, i: number, { rows, at }: Place): void {
  const { firstHeading, size } = view;
  const { parent, depth, near, far, sum, least, most } = view.containers[i] as Container;
  const afterHeading = Math.max(-FAR_HEADING, Math.min(FAR_HEADING, i - firstHeading));
  rows[at] = share(i, size);
  rows[at + 1] = share(view.text.between(0, i), view.total);
  rows[at + 2] = firstHeading < 0 ? -2 * FAR_HEADING : afterHeading;
  rows[at + 3] = view.sinceHeading[i] as number;
  rows[at + 4] = view.headingLevel[i] as number;
  rows[at + 5] = depth;
  rows[at + 6] = near + (parent === undefined ? 0 : parent.near);
  rows[at + 7] = far;
  rows[at + 8] = sum;
  rows[at + 9] = share(sum, depth + 1);
  rows[at + 10] = least;
  rows[at + 11] = most;
  rows[at + 12] = view.suspicionOf(view.blocks[i] as PlacedBlock);
  rows[at + 13] = view.keeps[i] as number;
  rows[at + 14] = view.sinceKept[i] as number;
}

function tellLike(view: PageView, i: number, { rows, at }: Place): void {
  const { parent, like: { blocks, text, links, kept } } = view.containers[i] as Container;
  const grandparent = parent?.parent;
  rows[at] = view.untilKept[i] as number;
  rows[at + 1] = logOf(blocks);
  rows[at + 2] = logOf(share(text, blocks));
  rows[at + 3] = share(links, text);
  rows[at + 4] = share(kept, text);
  rows[at + 5] = view.titled.share((view.blocks[i] as PlacedBlock).text);
  rows[at + 6] = parent === undefined ? 0 : logOf(parent.like.elements);
  rows[at + 7] = grandparent === undefined ? 0 : logOf(grandparent.like.elements);
}

/** Tells what a block is beside from the row of that one. */
function tellNeighbour(
  rows: Float32Array,
  { at, from, isLike }: { at: number; from: number; isLike: boolean },
): void {
  rows[at] = rows[from + AT.length] as number;
  rows[at + 1] = rows[from + AT.links] as number;
  rows[at + 2] = 1 + (rows[from + AT.kind] as number);
  rows[at + 3] = 1 + (rows[from + AT.kept] as number);
  rows[at + 4] = rows[from + AT.names] as number;
  rows[at + 5] = rows[from + AT.sentences] as number;
  rows[at + 6] = isLike ? 1 : 0;
}

/** What the elements around blocks hold, each reckoned once. */
class LevelNumbers {
  readonly #view: PageView;
  readonly #numbers: Float32Array;
  readonly #isKnown: Uint8Array;

  constructor(view: PageView) {
    this.#view = view;
    this.#numbers = new Float32Array(view.known * PER_LEVEL);
    this.#isKnown = new Uint8Array(view.known);
  }

  /** Tells of the elements around what a container holds. */
  tell({ element, parent }: Container, { rows, at }: Place): void {
    let to = at;
    if (parent === undefined) {
      for (let up = 0; up < LEVELS; up++, to += PER_LEVEL) this.#reckon(element, rows, to);
      // Nothing is around it whose names could say anything.
      for (let up = 1; up <= LEVELS; up++) rows[at + up * PER_LEVEL - 1] = 0;
      return;
    }
    let level = parent;
    for (let up = 0; up < LEVELS; up++) {
      let from = level.number * PER_LEVEL;
      if (this.#isKnown[level.number] === 0) {
        this.#reckon(level.element, this.#numbers, from);
        this.#numbers[from + PER_LEVEL - 1] = level.far;
        this.#isKnown[level.number] = 1;
      }
      for (let k = 0; k < PER_LEVEL; k++) rows[to++] = this.#numbers[from++] as number;
      level = level.parent ?? level;
    }
  }

  #reckon(element: OpenElement, out: Float32Array, at: number): void {
    const { text, links, kept, sentences, size, total } = this.#view;
    const inside = text.in(element);
    out[at] = logOf(inside);
    out[at + 1] = share(inside, total);
    out[at + 2] = share(links.in(element), inside);
    out[at + 3] = share(kept.in(element), inside);
    out[at + 4] = share(sentences.in(element), inside) * 100;
    out[at + 5] = logOf(Math.min(size, element.endBlock) - element.firstBlock);
  }
}

/** What all blocks of a page are told of it. */
function numbersOfPage(view: PageView): number[] {
  const { size, total } = view;
  const kept = view.kept.between(0, size);
  return [
    logOf(size),
    logOf(total),
    share(view.links.between(0, size), total),
    logOf(kept),
    share(kept, total),
    logOf(view.prose),
  ];
}
