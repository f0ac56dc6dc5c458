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
import { TitleWords } from "./title_words.ts";

/** A page whose blocks are to be judged. */
export interface JudgedPage {
  readonly blocks: readonly PlacedBlock[];
  /** Those that the rules keep. */
  readonly ruled: ReadonlySet<Block>;
  readonly title: string;
}

/** Blocks further away than this are as far. */
const FAR = 99;
/** Longer blocks of few links are prose. */
const PROSE_LENGTH = 100;
const PROSE_LINKS = 1 / 3;

/** One number by another; nothing of nothing. */
export const share = (part: number, whole: number): number => whole > 0 ? part / whole : 0;

/** Sees a page. Lists have an entry for each block. */
export class PageView {
  readonly size: number;
  readonly blocks: readonly PlacedBlock[];
  readonly counts: readonly TextCounts[];
  readonly containers: readonly Container[];
  /** How many containers there are. */
  readonly known: number;
  /** What the words of a short text score, and those of the last heading before it. */
  readonly words: Float64Array;
  readonly headingWords: Float64Array;
  /** Sums of characters, of those in links and of those that the rules keep, and of sentences. */
  readonly text: Running;
  readonly links: Running;
  readonly kept: Running;
  readonly sentences: Running;
  /** Characters in all, and blocks of prose. */
  readonly total: number;
  readonly prose: number;
  /** 1 where the rules keep the block, and the blocks between it and the next such before and after. */
  readonly keeps: Uint8Array;
  readonly sinceKept: Uint8Array;
  readonly untilKept: Uint8Array;
  /** The first block that is a heading of the first level; -1 where there is none. */
  readonly firstHeading: number;
  readonly sinceHeading: Uint32Array;
  readonly headingLevel: Uint8Array;
  readonly titled: TitleWords;

  /** Sees `page`, its names by `weights`. */
  constructor({ blocks, ruled, title }: JudgedPage, weights: NameWeights) {
    const size = blocks.length;
    this.size = size;
    this.blocks = blocks;
    this.titled = new TitleWords(title);
    this.words = new Float64Array(size);
    this.headingWords = new Float64Array(size);
    this.keeps = new Uint8Array(size);
    this.sinceHeading = new Uint32Array(size);
    this.headingLevel = new Uint8Array(size);
    this.text = new Running(size);
    this.links = new Running(size);
    this.kept = new Running(size);
    this.sentences = new Running(size);
    const counts: TextCounts[] = [], containers: Container[] = [];
    const known = new Containers(weights, elementsIn(blocks));
    let prose = 0, firstHeading = -1, since = 0, level = 0, words = 0;
    for (let i = 0; i < size; i++) {
      const block = blocks[i] as PlacedBlock;
      const { text, linkDensity, kind } = block;
      const { length } = text;
      const count = countText(text), container = known.of(block.holder);
      const isKept = ruled.has(block) ? 1 : 0, linked = length * linkDensity;
      counts.push(count);
      containers.push(container);
      this.keeps[i] = isKept;
      this.words[i] = scoreOfWords(text, weights.words);
      this.text.add(i, length);
      this.links.add(i, linked);
      this.kept.add(i, length * isKept);
      this.sentences.add(i, count.sentences);
      if (length > PROSE_LENGTH && linkDensity < PROSE_LINKS) prose++;
      this.sinceHeading[i] = since++;
      this.headingLevel[i] = level;
      this.headingWords[i] = words;
      if (kind === "heading") {
        since = 0;
        level = block.level;
        words = this.words[i] as number;
        if (level === 1 && firstHeading < 0) firstHeading = i;
      }
      const { like } = container;
      like.blocks++;
      like.text += length;
      like.links += linked;
      like.kept += length * isKept;
    }
    this.counts = counts;
    this.containers = containers;
    this.known = known.count;
    this.total = this.text.between(0, size);
    this.prose = prose;
    this.firstHeading = firstHeading;
    this.sinceKept = distances(this.keeps, false);
    this.untilKept = distances(this.keeps, true);
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
}

/** How many elements began before the end of the last block. */
function elementsIn(blocks: readonly PlacedBlock[]): number {
  let last = -1;
  for (const { holder } of blocks) last = Math.max(last, holder.number);
  return last + 1;
}

/** For each block how many are between it and the next one before, or after, that is marked. */
function distances(marks: Uint8Array, isAfter: boolean): Uint8Array {
  const out = new Uint8Array(marks.length);
  const last = marks.length - 1;
  for (let n = 0, since = FAR; n <= last; n++) {
    const i = isAfter ? last - n : n;
    out[i] = since;
    since = marks[i] === 1 ? 0 : Math.min(FAR, since + 1);
  }
  return out;
}

const SLOTS = slotsOfOne();

function scoreOfWords(text: string, weights: Float32Array): number {
  const count = wordSlots(text, SLOTS);
  let score = 0;
  for (let i = 0; i < count; i++) score += weights[SLOTS[i] as number] as number;
  return score;
}
