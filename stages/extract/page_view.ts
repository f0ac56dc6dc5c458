/**
 * A page as the judge of its blocks sees it: sums over blocks, distances between them, and what is
 * alike.
 *
 * @module
 */
import type { Block } from "./block.ts";
import { countText, type TextCounts } from "./block_text_features.ts";
import { type Container, Containers, type NameWeights } from "./containers.ts";
import { slotsOfOne, wordSlots } from "./names.ts";
import type { PlacedBlock } from "./ruled_blocks.ts";
import { Running } from "./running.ts";

/** A page whose blocks are to be judged. */
export interface JudgedPage {
  readonly blocks: readonly PlacedBlock[];
  /** Those that the rules keep. */
  readonly ruled: ReadonlySet<Block>;
  readonly title: string;
}

/** A block and what is known of it alone. */
export interface SeenBlock {
  readonly block: PlacedBlock;
  readonly text: TextCounts;
  readonly length: number;
  readonly container: Container;
  /** What the words of a short text score. */
  readonly words: number;
}

/** Blocks whose holders are alike, and their characters. */
export interface Path {
  blocks: number;
  text: number;
  links: number;
  kept: number;
}

/** Blocks further away than this are as far. */
const FAR = 99;
/** Longer blocks of few links are prose. */
const PROSE_LENGTH = 100;
const PROSE_LINKS = 1 / 3;

/** One number by another; nothing of nothing. */
export const share = (part: number, whole: number): number => whole > 0 ? part / whole : 0;

/** Sees a page. */
export class PageView {
  readonly size: number;
  readonly containers: readonly Container[];
  /** Sums of characters, of those in links and of those that the rules keep, and of sentences. */
  readonly text: Running;
  readonly links: Running;
  readonly kept: Running;
  readonly sentences: Running;
  /** All characters, and blocks of prose. */
  readonly total: number;
  readonly prose: number;
  /** 1 where the rules keep the block, and the blocks between it and the next such before and after. */
  readonly keeps: Float64Array;
  readonly sinceKept: Float64Array;
  readonly untilKept: Float64Array;
  /** The first block that is a heading of the first level; -1 where there is none. */
  readonly firstHeading: number;
  readonly sinceHeading: Float64Array;
  readonly headingLevel: Float64Array;
  /** What the words of the last heading score. */
  readonly headingWords: Float64Array;
  readonly #blocks: readonly SeenBlock[];
  readonly #known: Containers;
  readonly #repeats = new Map<string, number>();
  readonly #paths = new Map<number, Path>();
  readonly #titled: ReadonlySet<number>;

  /** Sees `page`, its names by `weights`. */
  constructor({ blocks, ruled, title }: JudgedPage, weights: NameWeights) {
    this.size = blocks.length;
    this.#known = new Containers(weights);
    this.#blocks = blocks.map((block) => ({
      block,
      text: countText(block),
      length: block.text.length,
      container: this.#known.of(block.holder),
      words: scoreOfWords(block, weights.words),
    }));
    this.containers = this.#blocks.map(({ container }) => container);
    this.keeps = Float64Array.from(blocks, (block) => ruled.has(block) ? 1 : 0);
    const linked = ({ text, linkDensity }: Block) => text.length * linkDensity;
    this.text = new Running(blocks.map(({ text }) => text.length));
    this.links = new Running(blocks.map(linked));
    this.kept = new Running(blocks.map(({ text }, i) => text.length * (this.keeps[i] as number)));
    this.sentences = new Running(this.#blocks.map(({ text }) => text.sentences));
    this.total = this.text.between(0, this.size);
    this.prose =
      blocks.filter(({ text, linkDensity }) =>
        text.length > PROSE_LENGTH && linkDensity < PROSE_LINKS
      ).length;
    this.sinceKept = distances(this.keeps, FAR);
    this.untilKept = distances(this.keeps.toReversed(), FAR).reverse();
    this.firstHeading = blocks.findIndex(({ kind, level }) => kind === "heading" && level === 1);
    this.sinceHeading = new Float64Array(this.size);
    this.headingLevel = new Float64Array(this.size);
    this.headingWords = new Float64Array(this.size);
    this.#followHeadings(blocks);
    for (const { text } of blocks) this.#repeats.set(text, (this.#repeats.get(text) ?? 0) + 1);
    for (const [i, { container, block, length }] of this.#blocks.entries()) {
      const path = this.pathOf(container);
      path.blocks++;
      path.text += length;
      path.links += linked(block);
      path.kept += length * (this.keeps[i] as number);
    }
    this.#titled = wordsOf(title);
  }

  /** A block. */
  at(i: number): SeenBlock {
    return this.#blocks[i] as SeenBlock;
  }

  /** All blocks in elements like this one. */
  pathOf({ likeness }: Container): Path {
    const known = this.#paths.get(likeness);
    if (known !== undefined) return known;
    const path = { blocks: 0, text: 0, links: 0, kept: 0 };
    this.#paths.set(likeness, path);
    return path;
  }

  /** How many elements around blocks are like this one. */
  likes(container: Container): number {
    return this.#known.likes(container);
  }

  /** How many blocks have this one's text. */
  repeats({ text }: Block): number {
    return this.#repeats.get(text) ?? 0;
  }

  /** The share of a block's words that the title has. */
  titleShare({ text }: Block): number {
    if (this.#titled.size === 0 || text.length > MAX_TITLE_LENGTH) return 0;
    const words = wordsOf(text);
    let common = 0;
    for (const word of words) if (this.#titled.has(word)) common++;
    return share(common, words.size);
  }

  /** How surely the rules leave a block out for the elements around it: 0 not, 1 perhaps, 2 surely. */
  suspicionOf({ suspect }: PlacedBlock): number {
    let doubt = 0;
    for (let at = suspect; at !== undefined; at = at.parent?.suspect) {
      if (at.suspicion === "surrounding") return 2;
      if (at.suspicion === "doubtful") doubt = 1;
    }
    return doubt;
  }

  #followHeadings(blocks: readonly Block[]): void {
    let since = 0, last = 0, words = 0;
    for (const [i, { kind, level }] of blocks.entries()) {
      this.sinceHeading[i] = since;
      this.headingLevel[i] = last;
      this.headingWords[i] = words;
      since = kind === "heading" ? 0 : since + 1;
      if (kind === "heading") [last, words] = [level, this.at(i).words];
    }
  }
}

/** For each block how many are between it and the last one before that is marked. */
function distances(marks: Float64Array, far: number): Float64Array {
  let since = far;
  return marks.map((mark) => {
    const distance = since;
    since = mark === 1 ? 0 : Math.min(far, since + 1);
    return distance;
  });
}

const SLOTS = slotsOfOne();

function scoreOfWords({ text }: Block, weights: Float32Array): number {
  const count = wordSlots(text, SLOTS);
  let score = 0;
  for (let i = 0; i < count; i++) score += weights[SLOTS[i] as number] as number;
  return score;
}

const MAX_TITLE_WORDS = 40;
const MIN_WORD = 3;
/** Longer blocks are no titles. */
const MAX_TITLE_LENGTH = 400;

/** The hashes of the first words of a text, in small letters (FNV-1a). */
function wordsOf(text: string): Set<number> {
  const words = new Set<number>();
  let hash = 0x811c9dc5, size = 0;
  for (let at = 0; at <= text.length && words.size < MAX_TITLE_WORDS; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0;
    const isLetter = code >= 0xc0 || (code >= 0x30 && code <= 0x39) ||
      ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
    if (isLetter) {
      hash = Math.imul(hash ^ (code < 0x80 ? code | 0x20 : code), 0x01000193);
      size++;
    } else {
      if (size >= MIN_WORD) words.add(hash);
      hash = 0x811c9dc5;
      size = 0;
    }
  }
  return words;
}
