/**
 * What a block is judged by, as numbers: its text, its place, the elements around it, its neighbours
 * and its like in the page.
 *
 * @module
 */
import { COUNTED } from "./containers.ts";
import type { Container, NameWeights } from "./containers.ts";
import { beginningOf, endOf } from "./block_text_features.ts";
import { type JudgedPage, PageView, share } from "./page_view.ts";

export type { JudgedPage } from "./page_view.ts";

/** How many elements around a block are told of, from its holder's parent outwards. */
const LEVELS = 5;
const PER_LEVEL = 7;
const NEIGHBOURS = [-3, -2, -1, 1, 2, 3] as const;
const PER_NEIGHBOUR = 7;
const OF_TEXT = 21;
const OF_PLACE = 15;
const OF_LIKE = 9;
const OF_PAGE = 6;

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

/** The numbers of the blocks of a page, one row of {@linkcode FEATURES} a block; and its containers. */
export interface PageFeatures {
  readonly rows: Float32Array;
  readonly containers: readonly Container[];
}

/** Takes a number. */
type Tell = (value: number) => void;

/** Tells the numbers of each block. */
export function featuresOf(page: JudgedPage, weights: NameWeights): PageFeatures {
  const view = new PageView(page, weights);
  const rows = new Float32Array(view.size * FEATURES);
  let at = 0;
  const tell = (value: number) => void (rows[at++] = value);
  for (let i = 0; i < view.size; i++) {
    tellText(view, i, tell);
    tellPlace(view, i, tell);
    tellLike(view, i, tell);
    for (const count of (view.containers[i] as Container).counts) tell(count);
    tellLevels(view, i, tell);
    for (const offset of NEIGHBOURS) tellNeighbour(view, { i, other: i + offset }, tell);
    tellPage(view, tell);
  }
  return { rows, containers: view.containers };
}

function tellText(view: PageView, i: number, tell: Tell): void {
  const { block, text, length, words } = view.at(i);
  tell(words);
  tell(i > 0 ? view.at(i - 1).words : 0);
  tell(view.headingWords[i] as number);
  tell(logOf(length));
  tell(block.linkDensity);
  tell(KINDS[block.kind]);
  tell(block.level);
  tell(HOLDERS.get(block.holder.tag.name) ?? 0);
  tell(share(text.letters, length));
  tell(share(text.capitals, text.letters));
  tell(share(text.digits, length));
  tell(logOf(text.words));
  tell(share(text.titled, text.words));
  tell(share(text.letters, text.words));
  tell(share(text.commas, text.words));
  tell(text.sentences);
  tell(share(text.words, text.sentences));
  tell(share(text.marks, text.words));
  tell(text.lines);
  tell(endOf(block));
  tell(beginningOf(block));
}

function tellPlace(view: PageView, i: number, tell: Tell): void {
  const { block, container } = view.at(i);
  const { parent } = container;
  const { firstHeading } = view;
  tell(share(i, view.size));
  tell(share(view.text.between(0, i), view.total));
  const afterHeading = Math.max(-FAR_HEADING, Math.min(FAR_HEADING, i - firstHeading));
  tell(firstHeading < 0 ? -2 * FAR_HEADING : afterHeading);
  tell(view.sinceHeading[i] as number);
  tell(view.headingLevel[i] as number);
  tell(container.depth);
  tell(container.near + (parent?.near ?? 0));
  tell(container.far);
  tell(container.sum);
  tell(share(container.sum, container.depth + 1));
  tell(container.least);
  tell(container.most);
  tell(view.suspicionOf(block));
  tell(view.keeps[i] as number);
  tell(view.sinceKept[i] as number);
}

function tellLike(view: PageView, i: number, tell: Tell): void {
  const { block, container } = view.at(i);
  const { parent } = container;
  const path = view.pathOf(container);
  tell(view.untilKept[i] as number);
  tell(logOf(path.blocks));
  tell(logOf(share(path.text, path.blocks)));
  tell(share(path.links, path.text));
  tell(share(path.kept, path.text));
  tell(logOf(view.repeats(block)));
  tell(view.titleShare(block));
  tell(parent === undefined ? 0 : logOf(view.likes(parent)));
  tell(parent?.parent === undefined ? 0 : logOf(view.likes(parent.parent)));
}

function tellLevels(view: PageView, i: number, tell: Tell): void {
  const { block, container } = view.at(i);
  let level = container.parent;
  for (let up = 0; up < LEVELS; up++, level = level?.parent ?? level) {
    const element = level?.element ?? block.holder;
    const inside = view.text.in(element);
    tell(logOf(inside));
    tell(share(inside, view.total));
    tell(share(view.links.in(element), inside));
    tell(share(view.kept.in(element), inside));
    tell(share(view.sentences.in(element), inside) * 100);
    tell(logOf(Math.min(view.size, element.endBlock) - element.firstBlock));
    tell(level?.far ?? 0);
  }
}

function tellNeighbour(
  view: PageView,
  { i, other }: { i: number; other: number },
  tell: Tell,
): void {
  if (other < 0 || other >= view.size) {
    for (let k = 0; k < PER_NEIGHBOUR; k++) tell(0);
    return;
  }
  const { block, text, length, container } = view.at(other);
  tell(logOf(length));
  tell(block.linkDensity);
  tell(1 + KINDS[block.kind]);
  tell(1 + (view.keeps[other] as number));
  tell(container.sum);
  tell(text.sentences);
  tell(container.likeness === view.containers[i]?.likeness ? 1 : 0);
}

function tellPage(view: PageView, tell: Tell): void {
  const kept = view.kept.between(0, view.size);
  tell(logOf(view.size));
  tell(logOf(view.total));
  tell(share(view.links.between(0, view.size), view.total));
  tell(logOf(kept));
  tell(share(kept, view.total));
  tell(logOf(view.prose));
}
